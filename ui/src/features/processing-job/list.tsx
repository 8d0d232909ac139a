import { useNavigate } from "@tanstack/react-router";

import { duration, time } from "../../shared/format";
import { Code, Link, Status } from "../../shared/parts";
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
    {
      id: "name",
      header: "Name",
      sortingField: "Name",
      isRowHeader: true,
      cell: (job) => (
        <span data-row={job.ProcessingJobName}>
          <Link to={`/processing/${job.ProcessingJobName}`}>{job.ProcessingJobName}</Link>
        </span>
      ),
    },
    { id: "status", header: "Status", sortingField: "Status", minWidth: 160, cell: (job) => <Status word={job.ProcessingJobStatus} /> },
    { id: "created", header: "Created", sortingField: "CreationTime", cell: (job) => time(job.CreationTime) },
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
