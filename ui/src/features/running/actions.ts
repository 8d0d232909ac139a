// How each kind of thing that runs is stopped; what nothing but its own page can end says so.
import { useNavigate } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import type { Action } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { pageOf } from "../../shared/where";
import { stop as stopSpace } from "../space/actions";
import type { RunningItem } from "./items";

const JOBS = new Set(["TrainingJob", "ProcessingJob", "TransformJob"]);

function stopOf(item: RunningItem): (() => Promise<unknown>) | undefined {
  if (JOBS.has(item.Kind)) return () => sagemaker(`Stop${item.Kind}`, { [`${item.Kind}Name`]: item.Name });
  if (item.Kind === "App") return () => stopSpace(item.Name);
  if (item.Kind === "MlflowTrackingServer") return () => sagemaker("StopMlflowTrackingServer", { TrackingServerName: item.Name });
  if (item.Kind === "Endpoint") return () => sagemaker("DeleteEndpoint", { EndpointName: item.Name });
  return undefined;
}

export function useRunningActions(everywhere: boolean, look: () => void): (item: RunningItem) => Action[] {
  const { session, canWrite, fail, confirm } = useStudio();
  const navigate = useNavigate();
  return (item) => {
    const foreign = everywhere && item.Project !== session.project?.account ? "It is another project's: change to that project first." : undefined;
    const page = pageOf(item.Kind === "App" ? "Space" : item.Kind, item.Name);
    const stop = stopOf(item);
    const act = () => stop?.().then(look, (error: unknown) => fail(`Stopping ${item.Name}`, error)) ?? Promise.resolve();
    const endpoint = item.Kind === "Endpoint";
    return [
      { id: "open", text: "Open", disabledReason: foreign ?? (page ? undefined : "It has no page."), run: () => void (page && navigate({ to: page })) },
      {
        id: "stop",
        text: endpoint ? "Delete endpoint…" : "Stop",
        apart: true,
        disabledReason: foreign ?? (canWrite ? undefined : "Viewers stop nothing in this project.") ?? (stop ? undefined : "It ends by itself."),
        run: () =>
          endpoint
            ? confirm({ title: `Delete ${item.Name}?`, text: "Requests to it fail from then on. Its models and its configuration stay.", verb: "Delete", act })
            : void act(),
      },
    ];
  };
}
