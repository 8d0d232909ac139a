import { useNavigate } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import { type Action, ended, VIEWER } from "../../shared/actions";
import { createdColumn, nameColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { duration } from "../../shared/format";
import { Code, Status } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";
import type { TuningSummary } from "./types";

const tuningList: ListConfig<TuningSummary> = {
  kind: "HyperParameterTuningJob",
  title: "Tuning jobs",
  description: "Many training jobs with other hyperparameters each, and the best of them.",
  operation: "ListHyperParameterTuningJobs",
  member: "HyperParameterTuningJobSummaries",
  nameOf: (one) => one.HyperParameterTuningJobName,
  statuses: ["InProgress", "Completed", "Failed", "Stopping", "Stopped"],
  columns: [
    nameColumn("Name", "/tuning", (one) => one.HyperParameterTuningJobName),
    { id: "status", header: "Status", sortingField: "Status", cell: (one) => <Status word={one.HyperParameterTuningJobStatus} /> },
    { id: "strategy", header: "Strategy", cell: (one) => one.Strategy },
    { id: "done", header: "Trials", cell: (one) => `${one.TrainingJobStatusCounters.Completed} of ${one.ResourceLimits?.MaxNumberOfTrainingJobs ?? "?"}` },
    createdColumn(),
    { id: "took", header: "Duration", cell: (one) => duration((one.HyperParameterTuningEndTime ?? Date.now() / 1000) - one.CreationTime) },
  ],
  empty: {
    title: "No tuning jobs yet",
    text: "From the SDK:",
    more: <Code text={'HyperparameterTuner(estimator, "validation:rmse", {"max_depth": IntegerParameter(2, 9)}, objective_type="Minimize", max_jobs=20, max_parallel_jobs=2).fit(inputs)'} />,
  },
};

export function useTuningActions(): (name: string, status: string) => Action[] {
  const navigate = useNavigate();
  const { canWrite, fail, confirm } = useStudio();
  const writing = canWrite ? undefined : VIEWER;
  return (name, status) => [
    { id: "open", text: "Open", keys: "Enter", run: () => void navigate({ to: `/tuning/${name}` }) },
    {
      id: "stop",
      text: "Stop",
      apart: true,
      disabledReason: writing ?? (ended(status) || status === "Stopping" ? "The tuning job does not run." : undefined),
      run: () => void sagemaker("StopHyperParameterTuningJob", { HyperParameterTuningJobName: name }).catch((error: unknown) => fail(`Stopping ${name}`, error)),
    },
    {
      id: "remove",
      text: "Delete…",
      disabledReason: writing ?? (ended(status) ? undefined : "Stop the tuning job first."),
      run: () =>
        confirm({
          title: `Delete ${name}?`,
          text: "Its training jobs and their models stay.",
          verb: "Delete",
          act: async () => {
            await sagemaker("DeleteHyperParameterTuningJob", { HyperParameterTuningJobName: name });
            await navigate({ to: "/tuning" });
          },
        }),
    },
  ];
}

export function TuningJobsPage() {
  const navigate = useNavigate();
  const actionsOf = useTuningActions();
  return (
    <ResourceTable<TuningSummary>
      config={tuningList}
      actionsOf={(one) => actionsOf(one.HyperParameterTuningJobName, one.HyperParameterTuningJobStatus)}
      open={(one) => void navigate({ to: `/tuning/${one.HyperParameterTuningJobName}` })}
    />
  );
}
