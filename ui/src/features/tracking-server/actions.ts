// What can be done with a tracking server; every button and menu does it by these.
import { useQueryClient } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { addressOf, moving, OWN, type TrackingServer } from "./types";

export function useTrackingActions(): (one: TrackingServer) => Action[] {
  const { session, canWrite, fail, confirm } = useStudio();
  const client = useQueryClient();
  const look = () => client.invalidateQueries({ queryKey: ["list", "MlflowTrackingServer"] });
  const writing = canWrite ? undefined : VIEWER;
  return (one) => {
    const name = one.TrackingServerName;
    const ask = (verb: "Start" | "Stop") => () =>
      void sagemaker(`${verb}MlflowTrackingServer`, { TrackingServerName: name }).then(look, (error: unknown) => fail(`${verb} ${name}`, error));
    const wait = moving(one) ? `It is ${one.TrackingServerStatus.toLowerCase()}.` : undefined;
    const off = one.IsActive !== "Active";
    return [
      {
        id: "open",
        text: "Open MLflow",
        keys: "Enter",
        disabledReason: one.TrackingServerStatus === "Stopped" ? "Start it first." : undefined,
        run: () => void window.open(addressOf(session.project?.account ?? "", name), `mlflow-${name}`),
      },
      { id: "start", text: "Start", apart: true, disabledReason: writing ?? wait ?? (off ? undefined : "It answers whoever asks, and sleeps in between."), run: ask("Start") },
      { id: "stop", text: "Stop", disabledReason: writing ?? wait ?? (one.TrackingServerStatus === "Stopped" ? "It is stopped." : undefined), run: ask("Stop") },
      {
        id: "remove",
        text: "Delete…",
        apart: true,
        disabledReason: writing ?? (one.TrackingServerStatus === "Deleting" ? "It is being deleted." : undefined),
        run: () =>
          confirm({
            title: `Delete ${name}?`,
            text: `Everybody's experiments and runs in it go with it; their files stay in S3.${name === OWN ? " Notebooks and jobs then begin with an empty one." : ""}`,
            verb: "Delete",
            typed: name,
            act: async () => {
              await sagemaker("DeleteMlflowTrackingServer", { TrackingServerName: name });
              await look();
            },
          }),
      },
    ];
  };
}
