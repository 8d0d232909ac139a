// Who is signed in, messages at the top of the page, and the dialogs any page may open.
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, useContext } from "react";

import { ApiError } from "../api/client";
import type { Session } from "../api/types";

export interface DeployRequest {
  /** A finished job, or a model. */
  job?: string;
  model?: string;
  /** A version of the registry: a model is made of it when it is deployed. */
  version?: { arn: string; name: string };
  mode?: "realtime" | "serverless" | "async" | "batch";
}
export interface Question {
  title: string;
  text: string;
  verb: string;
  /** What must be typed before it is done. */
  typed?: string;
  act: () => Promise<unknown>;
}
export interface Studio {
  session: Session;
  canWrite: boolean;
  /** Whether the studio does an operation, such as "sagemaker:CreateTransformJob". */
  can: (operation: string) => boolean;
  notify: (message: FlashbarProps.MessageDefinition & { id: string }) => void;
  fail: (what: string, error: unknown) => void;
  deploy: (request: DeployRequest) => void;
  confirm: (question: Question) => void;
  /** Opens the dialog that registers what a finished job left. */
  register: (job: string) => void;
  reload: () => void;
}

export const StudioContext = createContext<Studio | null>(null);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error("outside of the studio");
  return studio;
}

export const describe = (error: unknown): string =>
  error instanceof ApiError
    ? `${error.message}${error.requestId ? ` (${error.code}, request ${error.requestId})` : ` (${error.code})`}`
    : error instanceof Error
      ? error.message
      : String(error);
