import { progressOf } from "../../api/events";
import type { Job, JobSummary } from "../../api/types";
import { duration, time } from "../../shared/format";
import { JobStatus, Link } from "../../shared/parts";
import type { ListConfig } from "../../shared/table";

export const jobList: ListConfig<JobSummary> = {
  kind: "TrainingJob",
  title: "Training jobs",
  description: "A job runs your script, or a built-in algorithm, on data and keeps the model.",
  operation: "ListTrainingJobs",
  member: "TrainingJobSummaries",
  nameOf: (job) => job.TrainingJobName,
  statuses: ["InProgress", "Completed", "Failed", "Stopping", "Stopped"],
  columns: [
    {
      id: "name",
      header: "Name",
      sortingField: "Name",
      isRowHeader: true,
      cell: (job) => (
        <span data-row={job.TrainingJobName}>
          <Link to={`/jobs/${job.TrainingJobName}`}>{job.TrainingJobName}</Link>
        </span>
      ),
    },
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
    { id: "created", header: "Created", sortingField: "CreationTime", cell: (job) => time(job.CreationTime) },
    {
      id: "took",
      header: "Duration",
      cell: (job) => duration((job.TrainingEndTime ?? Date.now() / 1000) - job.CreationTime),
    },
  ],
  empty: {
    title: "No training jobs yet",
    text: "Create one here, or run any boto3 or sagemaker SDK script after eval \"$(studiolo env)\".",
  },
};

const python = (value: unknown, indent = 0): string => {
  const pad = " ".repeat(indent + 4);
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return value.length ? `[\n${value.map((one) => pad + python(one, indent + 4)).join(",\n")},\n${" ".repeat(indent)}]` : "[]";
  if (value !== null && typeof value === "object")
    return `{\n${Object.entries(value)
      .map(([key, one]) => `${pad}${JSON.stringify(key)}: ${python(one, indent + 4)}`)
      .join(",\n")},\n${" ".repeat(indent)}}`;
  return JSON.stringify(value);
};

/** The request that makes a job like this one. */
export function requestOf(job: Job, name: string): Record<string, unknown> {
  const { MetricDefinitions, TrainingImage, TrainingInputMode, ContainerEntrypoint, ContainerArguments } = job.AlgorithmSpecification;
  return {
    TrainingJobName: name,
    RoleArn: job.RoleArn,
    AlgorithmSpecification: { TrainingImage, TrainingInputMode: TrainingInputMode ?? "File", MetricDefinitions, ContainerEntrypoint, ContainerArguments },
    HyperParameters: job.HyperParameters,
    Environment: job.Environment,
    InputDataConfig: job.InputDataConfig,
    OutputDataConfig: { S3OutputPath: job.OutputDataConfig.S3OutputPath },
    ResourceConfig: job.ResourceConfig,
    StoppingCondition: job.StoppingCondition,
  };
}

const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

export const asPython = (request: Record<string, unknown>): string => {
  const members = Object.entries(clean(request) as Record<string, unknown>)
    .map(([key, value]) => `    ${key}=${python(value, 4)},`)
    .join("\n");
  return `import boto3\n\nsagemaker = boto3.client("sagemaker")\nsagemaker.create_training_job(\n${members}\n)`;
};

export const asCli = (request: Record<string, unknown>): string =>
  `aws sagemaker create-training-job --cli-input-json '${JSON.stringify(clean(request), null, 2)}'`;
