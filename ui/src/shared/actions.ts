// What can be done with a thing: one list for its context menu, its Actions button, the palette and its page's header.
export interface Action {
  id: string;
  text: string;
  /** Why it can't be done now. */
  disabledReason?: string;
  /** The key that does it in a list, as written in the menu. */
  keys?: string;
  /** A line stands above it in the menu. */
  apart?: boolean;
  run: () => void;
}

export interface JobLike {
  name: string;
  status: string;
}

const ENDED = new Set(["Completed", "Failed", "Stopped"]);
export const ended = (status: string) => ENDED.has(status);

type Handlers = Record<"open" | "deploy" | "stop" | "clone" | "remove" | "copyPython" | "copyShell", () => void>;
/** Why a viewer can't. */
export const VIEWER = "Viewers can't change things in this project.";

/** `batch`: where the studio scores data sets. */
export function jobActions(job: JobLike, canWrite: boolean, on: Handlers & { batch?: () => void; register?: () => void }): Action[] {
  const writing = canWrite ? undefined : VIEWER;
  const unmade = job.status === "Completed" || job.status === "Stopped" ? undefined : "The job has no model yet.";
  return [
    { id: "open", text: "Open", keys: "Enter", run: on.open },
    { id: "deploy", text: "Deploy…", keys: "D", apart: true, disabledReason: writing ?? unmade, run: on.deploy },
    ...(on.batch ? [{ id: "batch", text: "Batch transform…", disabledReason: writing ?? unmade, run: on.batch }] : []),
    ...(on.register ? [{ id: "register", text: "Register…", disabledReason: writing ?? unmade, run: on.register }] : []),
    { id: "clone", text: "Clone and edit…", apart: true, disabledReason: writing, run: on.clone },
    { id: "copyPython", text: "Copy as Python", run: on.copyPython },
    { id: "copyShell", text: "Copy as AWS CLI", run: on.copyShell },
    {
      id: "stop",
      text: "Stop",
      apart: true,
      disabledReason: writing ?? (ended(job.status) || job.status === "Stopping" ? "The job does not run." : undefined),
      run: on.stop,
    },
    { id: "remove", text: "Delete…", disabledReason: writing ?? (ended(job.status) ? undefined : "Stop the job first."), run: on.remove },
  ];
}

export function modelActions(canWrite: boolean, on: Pick<Handlers, "deploy" | "remove"> & { batch?: () => void }): Action[] {
  const writing = canWrite ? undefined : VIEWER;
  return [
    { id: "deploy", text: "Deploy…", keys: "D", disabledReason: writing, run: on.deploy },
    ...(on.batch ? [{ id: "batch", text: "Batch transform…", disabledReason: writing, run: on.batch }] : []),
    { id: "remove", text: "Delete…", disabledReason: writing, run: on.remove },
  ];
}

export function endpointActions(status: string, canWrite: boolean, on: Pick<Handlers, "remove"> & { test: () => void; update: () => void; rollBack?: () => void }): Action[] {
  const writing = canWrite ? undefined : VIEWER;
  return [
    { id: "test", text: "Test", disabledReason: status === "InService" ? undefined : `The endpoint is ${status}.`, run: on.test },
    {
      id: "update",
      text: "Update…",
      disabledReason: writing ?? (status === "InService" || status === "Failed" ? undefined : `The endpoint is ${status}.`),
      run: on.update,
    },
    ...(on.rollBack ? [{ id: "rollBack", text: "Roll back…", disabledReason: writing, run: on.rollBack }] : []),
    { id: "remove", text: "Delete…", disabledReason: writing, run: on.remove },
  ];
}

export function transformActions(status: string, canWrite: boolean, on: Pick<Handlers, "stop" | "clone">): Action[] {
  const writing = canWrite ? undefined : VIEWER;
  return [
    { id: "clone", text: "Clone…", disabledReason: writing, run: on.clone },
    { id: "stop", text: "Stop", disabledReason: writing ?? (ended(status) || status === "Stopping" ? "The job does not run." : undefined), run: on.stop },
  ];
}
