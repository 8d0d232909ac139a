// What starts by itself: EventBridge Scheduler and Lambda speak REST with JSON, EventBridge's rules are calls like SageMaker's.
import { call, headers, send } from "./client";

async function rest<T>(service: "scheduler" | "lambda", method: string, path: string, input?: object): Promise<T> {
  const answer = await send(`/api/${service}${path}`, {
    method,
    headers: headers(input ? { "Content-Type": "application/json" } : {}),
    body: input && JSON.stringify(input),
  });
  const text = await answer.text();
  return (text ? JSON.parse(text) : {}) as T;
}

export const events = <T>(operation: string, input: object = {}) => call<T>("events", operation, input);

export const getSchedule = <T>(name: string) => rest<T>("scheduler", "GET", `/schedules/${encodeURIComponent(name)}`);
export const putSchedule = (name: string, input: object, fresh: boolean) => rest("scheduler", fresh ? "POST" : "PUT", `/schedules/${encodeURIComponent(name)}`, input);
export const deleteSchedule = (name: string) => rest("scheduler", "DELETE", `/schedules/${encodeURIComponent(name)}`);

const FUNCTIONS = "/2015-03-31/functions";
const of = (name: string) => `${FUNCTIONS}/${encodeURIComponent(name)}`;

export interface FunctionConfiguration {
  FunctionName: string;
  FunctionArn: string;
  Runtime: string;
  Role: string;
  Handler: string;
  Description: string;
  Timeout: number;
  MemorySize: number;
  CodeSize: number;
  LastModified: string;
  RevisionId: string;
  Environment?: { Variables?: Record<string, string> };
}

/** All of them: the list has pages of fifty. */
export async function listFunctions(): Promise<FunctionConfiguration[]> {
  const found: FunctionConfiguration[] = [];
  let marker: string | undefined;
  do {
    const page = await rest<{ Functions: FunctionConfiguration[]; NextMarker?: string }>("lambda", "GET", `${FUNCTIONS}/${marker ? `?Marker=${encodeURIComponent(marker)}` : ""}`);
    found.push(...page.Functions);
    marker = page.NextMarker ?? undefined;
  } while (marker);
  return found;
}
export const getFunction = (name: string) => rest<FunctionConfiguration>("lambda", "GET", `${of(name)}/configuration`);
export const createFunction = (input: object) => rest<FunctionConfiguration>("lambda", "POST", FUNCTIONS, input);
export const updateConfiguration = (name: string, input: object) => rest<FunctionConfiguration>("lambda", "PUT", `${of(name)}/configuration`, input);
export const updateCode = (name: string, input: object) => rest<FunctionConfiguration>("lambda", "PUT", `${of(name)}/code`, input);
export const deleteFunction = (name: string) => rest("lambda", "DELETE", of(name));

export interface Answered {
  payload: string;
  /** "Unhandled" where it failed. */
  error?: string;
  /** The end of what it printed. */
  log: string;
}
export async function invoke(name: string, payload: string): Promise<Answered> {
  const answer = await send(`/api/lambda${of(name)}/invocations`, { method: "POST", headers: headers({ "X-Amz-Log-Type": "Tail" }), body: payload });
  const log = answer.headers.get("x-amz-log-result");
  const bytes = log ? Uint8Array.from(atob(log), (one) => one.charCodeAt(0)) : new Uint8Array();
  return { payload: await answer.text(), error: answer.headers.get("x-amz-function-error") ?? undefined, log: new TextDecoder().decode(bytes) };
}
