// What can be done with a thing: one list for its context menu, its Actions button, the palette and its page's header.
export interface Action {
  id: string;
  text: string;
  /** Why it can't be done now. */
  disabledReason?: string;
  run: () => void;
}

export interface JobLike {
  name: string;
  status: string;
}

const ENDED = new Set(["Completed", "Failed", "Stopped"]);
export const ended = (status: string) => ENDED.has(status);

type Handlers = Record<"deploy" | "stop" | "clone" | "compare" | "remove", () => void>;
const viewer = "Viewers can't change things in this project.";

export function jobActions(job: JobLike, canWrite: boolean, on: Handlers): Action[] {
  const writing = canWrite ? undefined : viewer;
  return [
    {
      id: "deploy",
      text: "Deploy…",
      disabledReason: writing ?? (job.status === "Completed" || job.status === "Stopped" ? undefined : "The job has no model yet."),
      run: on.deploy,
    },
    { id: "clone", text: "Clone…", disabledReason: writing, run: on.clone },
    {
      id: "stop",
      text: "Stop",
      disabledReason: writing ?? (ended(job.status) || job.status === "Stopping" ? "The job does not run." : undefined),
      run: on.stop,
    },
    {
      id: "remove",
      text: "Delete…",
      disabledReason: writing ?? (ended(job.status) ? undefined : "Stop the job first."),
      run: on.remove,
    },
  ];
}

export function modelActions(canWrite: boolean, on: Pick<Handlers, "deploy" | "remove"> & { batch?: () => void }): Action[] {
  const writing = canWrite ? undefined : viewer;
  return [
    { id: "deploy", text: "Deploy…", disabledReason: writing, run: on.deploy },
    ...(on.batch ? [{ id: "batch", text: "Batch transform…", disabledReason: writing, run: on.batch }] : []),
    { id: "remove", text: "Delete…", disabledReason: writing, run: on.remove },
  ];
}

export function endpointActions(status: string, canWrite: boolean, on: Pick<Handlers, "remove"> & { test: () => void; update: () => void }): Action[] {
  const writing = canWrite ? undefined : viewer;
  return [
    { id: "test", text: "Test", disabledReason: status === "InService" ? undefined : `The endpoint is ${status}.`, run: on.test },
    {
      id: "update",
      text: "Update…",
      disabledReason: writing ?? (status === "InService" || status === "Failed" ? undefined : `The endpoint is ${status}.`),
      run: on.update,
    },
    { id: "remove", text: "Delete…", disabledReason: writing, run: on.remove },
  ];
}

export function transformActions(status: string, canWrite: boolean, on: Pick<Handlers, "stop" | "clone">): Action[] {
  const writing = canWrite ? undefined : viewer;
  return [
    { id: "clone", text: "Clone…", disabledReason: writing, run: on.clone },
    { id: "stop", text: "Stop", disabledReason: writing ?? (ended(status) || status === "Stopping" ? "The job does not run." : undefined), run: on.stop },
  ];
}
