import { useNavigate } from "@tanstack/react-router";

import { createdColumn, nameColumn } from "../../shared/columns";
import { duration } from "../../shared/format";
import { Code, Status } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { useProcessingActions } from "./actions";
import type { ProcessingSummary } from "./types";

const processingList: ListConfig<ProcessingSummary> = {
  kind: "ProcessingJob",
  title: "Processing jobs",
  description: "A script that prepares data or evaluates a model: files in, files out.",
  operation: "ListProcessingJobs",
  member: "ProcessingJobSummaries",
  nameOf: (job) => job.ProcessingJobName,
  statuses: ["InProgress", "Completed", "Failed", "Stopping", "Stopped"],
  columns: [
    nameColumn("Name", "/processing", (job) => job.ProcessingJobName),
    { id: "status", header: "Status", sortingField: "Status", minWidth: 160, cell: (job) => <Status word={job.ProcessingJobStatus} /> },
    createdColumn(),
    { id: "took", header: "Duration", cell: (job) => duration((job.ProcessingEndTime ?? Date.now() / 1000) - job.CreationTime) },
  ],
  empty: {
    title: "No processing jobs yet",
    text: "From the SDK:",
    more: <Code text={'SKLearnProcessor("1.2-1", role, "ml.m5.large", 1).run(code="prepare.py", inputs=[…], outputs=[…])'} />,
  },
};

export function ProcessingJobsPage() {
  const navigate = useNavigate();
  const actionsOf = useProcessingActions();
  return (
    <ResourceTable<ProcessingSummary>
      config={processingList}
      actionsOf={(job) => actionsOf(job.ProcessingJobName, job.ProcessingJobStatus)}
      open={(job) => void navigate({ to: `/processing/${job.ProcessingJobName}` })}
    />
  );
}
