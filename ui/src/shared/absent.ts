import { ApiError } from "../api/client";

const absent = (error: unknown) => error instanceof ApiError && /ValidationException|ResourceNotFound/.test(error.code);

/** The answer, or nothing where what was asked for is gone. */
export async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (absent(error)) return undefined;
    throw error;
  }
}
