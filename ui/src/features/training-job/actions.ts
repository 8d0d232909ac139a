import { useNavigate } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import { type Action, jobActions } from "../../shared/actions";
import { useStudio } from "../../shared/context";

export function useJobActions(): (name: string, status: string) => Action[] {
  const studio = useStudio();
  const navigate = useNavigate();
  return (name, status) =>
    jobActions({ name, status }, studio.canWrite, {
      deploy: () => studio.deploy({ job: name }),
      clone: () => void navigate({ to: "/jobs/create", search: { from: name } as never }),
      compare: () => undefined,
      stop: () => void sagemaker("StopTrainingJob", { TrainingJobName: name }).catch((error: unknown) => studio.fail(`Stopping ${name}`, error)),
      remove: () =>
        studio.confirm({
          title: `Delete ${name}?`,
          text: "The job, its log and its metrics go. The model and the output in the bucket stay.",
          verb: "Delete",
          act: () => sagemaker("DeleteTrainingJob", { TrainingJobName: name }),
        }),
    });
}
