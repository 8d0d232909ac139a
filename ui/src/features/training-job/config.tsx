import { lazy } from "react";

import { progressOf } from "../../api/events";
import type { JobSummary } from "../../api/types";
import { createdColumn, nameColumn } from "../../shared/columns";
import { duration } from "../../shared/format";
import { Code, JobStatus } from "../../shared/parts";
import type { ListConfig } from "../../shared/table";

const JobPreview = lazy(() => import("./preview").then((all) => ({ default: all.JobPreview })));

export const jobList: ListConfig<JobSummary> = {
  kind: "TrainingJob",
  title: "Training jobs",
  description: "A job runs your script, or a built-in algorithm, on data and keeps the model.",
  operation: "ListTrainingJobs",
  member: "TrainingJobSummaries",
  nameOf: (job) => job.TrainingJobName,
  statuses: ["InProgress", "Completed", "Failed", "Stopping", "Stopped"],
  columns: [
    nameColumn("Name", "/jobs", (job) => job.TrainingJobName),
    {
      id: "status",
      header: "Status",
      sortingField: "Status",
      minWidth: 180,
      cell: (job) => (
        <JobStatus
          status={job.TrainingJobStatus}
          secondary={job.SecondaryStatus}
          progress={progressOf("TrainingJob", job.TrainingJobName)}
        />
      ),
    },
    createdColumn(),
    {
      id: "took",
      header: "Duration",
      cell: (job) => duration((job.TrainingEndTime ?? Date.now() / 1000) - job.CreationTime),
    },
  ],
  preview: (job) => <JobPreview name={job.TrainingJobName} />,
  empty: {
    title: "No training jobs yet",
    text: "A job runs your script on data and keeps the model. Create one here, or from any shell:",
    more: <Code text={'eval "$(studiolo env)"\npython your_script_with_boto3_or_sagemaker.py'} />,
  },
};
