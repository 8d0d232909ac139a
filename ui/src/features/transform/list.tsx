import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useNavigate } from "@tanstack/react-router";

import { progressOf } from "../../api/events";
import type { TransformSummary } from "../../api/types";
import { createdColumn, nameColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { duration } from "../../shared/format";
import { Code, Failure, JobStatus, Link, S3Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { useTransformActions } from "./actions";
import { useTransform } from "./query";

function TransformPreview({ name }: { name: string }) {
  const query = useTransform(name);
  if (query.isError) return <Failure error={query.error} />;
  const job = query.data;
  if (!job) return <Skeleton rows={4} />;
  return (
    <KeyValuePairs
      columns={1}
      items={[
        { label: "Status", value: <JobStatus status={job.TransformJobStatus} progress={progressOf("TransformJob", name)} /> },
        ...(job.FailureReason ? [{ label: "Reason", value: job.FailureReason.slice(0, 400) }] : []),
        { label: "Model", value: <Link to={`/models/${job.ModelName}`}>{job.ModelName}</Link> },
        { label: "Input", value: <S3Link uri={job.TransformInput.DataSource.S3DataSource.S3Uri} /> },
        { label: "Output", value: <S3Link uri={job.TransformOutput.S3OutputPath} /> },
        { label: "All of it", value: <Link to={`/batch/${name}`}>Open the job</Link> },
      ]}
    />
  );
}

const transformList: ListConfig<TransformSummary> = {
  kind: "TransformJob",
  title: "Batch transform jobs",
  description: "A job scores every record of a data set with a model, once, and leaves the answers in a bucket.",
  operation: "ListTransformJobs",
  member: "TransformJobSummaries",
  nameOf: (job) => job.TransformJobName,
  statuses: ["InProgress", "Completed", "Failed", "Stopping", "Stopped"],
  columns: [
    nameColumn("Name", "/batch", (job) => job.TransformJobName),
    {
      id: "status",
      header: "Status",
      sortingField: "Status",
      minWidth: 180,
      cell: (job) => <JobStatus status={job.TransformJobStatus} progress={progressOf("TransformJob", job.TransformJobName)} />,
    },
    createdColumn(),
    { id: "took", header: "Duration", cell: (job) => duration((job.TransformEndTime ?? Date.now() / 1000) - job.CreationTime) },
  ],
  preview: (job) => <TransformPreview name={job.TransformJobName} />,
  empty: {
    title: "No batch transform jobs yet",
    text: "Choose a model and a file of records; no endpoint has to run for it. From the SDK:",
    more: <Code text={'model.transformer(1, "ml.m5.large").transform("s3://bucket/rows.csv", content_type="text/csv", split_type="Line")'} />,
  },
};

export function TransformJobsPage() {
  const navigate = useNavigate();
  const { canWrite } = useStudio();
  const actionsOf = useTransformActions();
  return (
    <ResourceTable<TransformSummary>
      config={transformList}
      actionsOf={(job) => actionsOf(job.TransformJobName, job.TransformJobStatus)}
      open={(job) => void navigate({ to: `/batch/${job.TransformJobName}` })}
      create={
        <Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't create jobs in this project." onClick={() => void navigate({ to: "/batch/create" })}>
          Create job
        </Button>
      }
    />
  );
}
