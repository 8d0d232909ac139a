import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import { type Action, ended, VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";

export function useProcessingActions(): (name: string, status: string) => Action[] {
  const { canWrite, fail, confirm } = useStudio();
  const client = useQueryClient();
  const navigate = useNavigate();
  const writing = canWrite ? undefined : VIEWER;
  return (name, status) => [
    { id: "open", text: "Open", keys: "Enter", run: () => void navigate({ to: `/processing/${name}` }) },
    {
      id: "stop",
      text: "Stop",
      apart: true,
      disabledReason: writing ?? (ended(status) || status === "Stopping" ? "The job does not run." : undefined),
      run: () => void sagemaker("StopProcessingJob", { ProcessingJobName: name }).catch((error: unknown) => fail(`Stopping ${name}`, error)),
    },
    {
      id: "remove",
      text: "Delete…",
      disabledReason: writing ?? (ended(status) ? undefined : "Stop the job first."),
      run: () =>
        confirm({
          title: `Delete ${name}?`,
          text: "Its log goes with it; what it stored in buckets stays.",
          verb: "Delete",
          act: async () => {
            await sagemaker("DeleteProcessingJob", { ProcessingJobName: name });
            await client.invalidateQueries({ queryKey: ["list", "ProcessingJob"] });
            await navigate({ to: "/processing" });
          },
        }),
    },
  ];
}
