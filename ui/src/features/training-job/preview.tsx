import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";

import { progressOf } from "../../api/events";
import { ended } from "../../shared/actions";
import { Cost } from "../../shared/cost";
import { duration, number, time } from "../../shared/format";
import { Failure, JobStatus, Link, S3Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { useJob } from "./query";

export function JobPreview({ name }: { name: string }) {
  const query = useJob(name);
  if (query.isError) return <Failure error={query.error} />;
  const job = query.data;
  if (!job) return <Skeleton rows={5} />;
  return (
    <KeyValuePairs
      columns={1}
      items={[
        { label: "Status", value: <JobStatus status={job.TrainingJobStatus} secondary={job.SecondaryStatus} progress={progressOf("TrainingJob", name)} /> },
        ...(job.FailureReason ? [{ label: "Reason", value: job.FailureReason.slice(0, 400) }] : []),
        { label: "Created", value: time(job.CreationTime) },
        { label: "Training time", value: duration(job.TrainingTimeInSeconds) },
        { label: "Used", value: <Cost kind="TrainingJob" name={name} since={job.CreationTime} live={!ended(job.TrainingJobStatus)} /> },
        { label: "Compute", value: `${job.ResourceConfig.InstanceCount ?? 1} × ${job.ResourceConfig.InstanceType ?? "groups"}` },
        ...(job.FinalMetricDataList ?? []).slice(0, 6).map((one) => ({ label: one.MetricName, value: number(one.Value) })),
        { label: "Model", value: job.ModelArtifacts ? <S3Link uri={job.ModelArtifacts.S3ModelArtifacts} /> : "–" },
        { label: "All of it", value: <Link to={`/jobs/${name}`}>Open the job</Link> },
      ]}
    />
  );
}
