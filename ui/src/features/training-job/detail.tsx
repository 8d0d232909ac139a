import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { progressOf } from "../../api/events";
import type { Job } from "../../api/types";
import { ended } from "../../shared/actions";
import { Cost } from "../../shared/cost";
import { duration, number, time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { ActionsButton, Code, Copy, Failure, JobStatus, Link, S3Link } from "../../shared/parts";
import { useJobActions } from "./actions";
import { MetricCharts, SystemCharts } from "./charts";
import { Skeleton } from "../../shared/skeleton";
import { Comments } from "../../shared/comments";
import { Tags } from "../../shared/tags";
import { useTitle } from "../../shared/title";
import { componentOf, Lineage } from "../lineage/view";
import { asCli, asPython, requestOf } from "./code";
import { useJob } from "./query";

function Steps({ job }: { job: Job }) {
  return (
    <ol className="steps">
      {job.SecondaryStatusTransitions.map((step) => (
        <li key={`${step.Status}${step.StartTime}`}>
          <b>{step.Status}</b> <span>{duration((step.EndTime ?? Date.now() / 1000) - step.StartTime)}</span>
          <div>{step.StatusMessage}</div>
        </li>
      ))}
    </ol>
  );
}

function Registered({ arn }: { arn: string }) {
  const [group = "", version = ""] = arn.split("/").slice(1);
  return <Link to={`/registry/${group}/${version}`}>{`${group}, version ${version}`}</Link>;
}

function Overview({ job }: { job: Job }) {
  const clamped = job.SecondaryStatusTransitions.map((step) => step.StatusMessage ?? "").find((text) => text.includes("smaller than"));
  return (
    <SpaceBetween size="l">
      {clamped && <Alert type="warning">{clamped.slice(clamped.indexOf("This machine"))}</Alert>}
      <Container header={<Header variant="h2">Summary</Header>}>
        <KeyValuePairs
          columns={4}
          items={[
            {
              label: "Status",
              value: (
                <JobStatus status={job.TrainingJobStatus} secondary={job.SecondaryStatus} progress={progressOf("TrainingJob", job.TrainingJobName)} />
              ),
            },
            { label: "Created", value: time(job.CreationTime) },
            {
              label: "Training time",
              value: duration(job.TrainingTimeInSeconds ?? (job.TrainingStartTime ? Date.now() / 1000 - job.TrainingStartTime : undefined)),
            },
            { label: "Used", value: <Cost kind="TrainingJob" name={job.TrainingJobName} since={job.CreationTime} live={!ended(job.TrainingJobStatus)} /> },
            { label: "Compute", value: `${job.ResourceConfig.InstanceCount ?? 1} × ${job.ResourceConfig.InstanceType ?? "groups"}` },
            { label: "Time limit", value: duration(job.StoppingCondition.MaxRuntimeInSeconds) },
            { label: "Image", value: <span className="mono">{job.AlgorithmSpecification.TrainingImage?.split("/").pop()}</span> },
            ...(job.OutputModelPackageArn ? [{ label: "Registered as", value: <Registered arn={job.OutputModelPackageArn} /> }] : []),
            { label: "ARN", value: <Copy text={job.TrainingJobArn} /> },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2">Steps</Header>}>
        <Steps job={job} />
      </Container>
      {(job.FinalMetricDataList?.length ?? 0) > 0 && (
        <Container header={<Header variant="h2">Final metrics</Header>}>
          <KeyValuePairs columns={4} items={job.FinalMetricDataList!.map((one) => ({ label: one.MetricName, value: number(one.Value) }))} />
        </Container>
      )}
      <Tags arn={job.TrainingJobArn} />
    </SpaceBetween>
  );
}

const pairs = (title: string, record: Record<string, string> | undefined) => (
  <Table
    variant="embedded"
    contentDensity="compact"
    header={<Header variant="h3">{title}</Header>}
    items={Object.entries(record ?? {}).map(([name, value]) => ({ name, value }))}
    columnDefinitions={[
      { id: "name", header: "Name", cell: (one) => <span className="mono">{one.name}</span>, isRowHeader: true },
      { id: "value", header: "Value", cell: (one) => <span className="mono">{one.value}</span> },
    ]}
    empty={<Box color="text-body-secondary">None</Box>}
  />
);

function Inputs({ job }: { job: Job }) {
  return (
    <SpaceBetween size="l">
      <Table
        variant="embedded"
        contentDensity="compact"
        header={<Header variant="h3">Channels</Header>}
        items={job.InputDataConfig ?? []}
        columnDefinitions={[
          { id: "name", header: "Channel", cell: (one) => one.ChannelName, isRowHeader: true },
          { id: "uri", header: "Data", cell: (one) => (one.DataSource.S3DataSource ? <S3Link uri={one.DataSource.S3DataSource.S3Uri} /> : "–") },
          { id: "type", header: "Content type", cell: (one) => one.ContentType ?? "–" },
          { id: "spread", header: "Distribution", cell: (one) => one.DataSource.S3DataSource?.S3DataDistributionType ?? "FullyReplicated" },
        ]}
        empty={<Box color="text-body-secondary">None</Box>}
      />
      <Container header={<Header variant="h3">Outputs</Header>}>
        <KeyValuePairs
          columns={1}
          items={[
            { label: "Model", value: job.ModelArtifacts ? <S3Link uri={job.ModelArtifacts.S3ModelArtifacts} /> : "–" },
            { label: "Output path", value: <S3Link uri={job.OutputDataConfig.S3OutputPath} /> },
          ]}
        />
      </Container>
      {pairs("Hyperparameters", job.HyperParameters)}
      {pairs("Environment", job.Environment)}
    </SpaceBetween>
  );
}

export function JobPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const query = useJob(name);
  useTitle(name, query.data && !ended(query.data.TrainingJobStatus) ? progressOf("TrainingJob", name) : undefined);
  const actions = useJobActions();
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={10} />;
  const job = query.data;
  const live = !ended(job.TrainingJobStatus);
  const all = actions(name, job.TrainingJobStatus);
  const deploy = all.find((one) => one.id === "deploy")!;
  const register = all.find((one) => one.id === "register");
  const request = requestOf(job, name);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <ActionsButton actions={all.filter((one) => one.id !== "deploy" && one.id !== "open" && one.id !== "register")} />
              {register && (
                <Button disabled={Boolean(register.disabledReason)} disabledReason={register.disabledReason} onClick={register.run}>
                  {register.text}
                </Button>
              )}
              <Button variant="primary" disabled={Boolean(deploy.disabledReason)} disabledReason={deploy.disabledReason} onClick={deploy.run}>
                Deploy…
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {job.FailureReason && (
          <Alert type="error" header="The job failed">
            <pre className="reason">{job.FailureReason}</pre>
          </Alert>
        )}
        <Tabs
          activeTabId={tab ?? "overview"}
          onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
          tabs={[
            { id: "overview", label: "Overview", content: <Overview job={job} /> },
            { id: "metrics", label: "Metrics", content: <MetricCharts name={name} live={live} /> },
            { id: "log", label: "Log", content: <LogView group="/aws/sagemaker/TrainingJobs" prefix={`${name}/`} live={live} /> },
            { id: "system", label: "System", content: <SystemCharts kind="TrainingJob" name={name} live={live} /> },
            { id: "inputs", label: "Inputs and outputs", content: <Inputs job={job} /> },
            { id: "lineage", label: "Lineage", content: <Lineage start={componentOf(job.TrainingJobArn, "training")} waits="The studio notes what a job was made of and what it made as soon as it has ended." /> },
            { id: "comments", label: "Comments", content: <Comments arn={job.TrainingJobArn} /> },
            {
              id: "code",
              label: "Code",
              content: (
                <Tabs
                  variant="container"
                  tabs={[
                    { id: "python", label: "Python", content: <Code text={asPython(request)} /> },
                    { id: "cli", label: "AWS CLI", content: <Code text={asCli(request)} /> },
                    { id: "json", label: "JSON", content: <Code text={JSON.stringify(job, null, 2)} /> },
                  ]}
                />
              ),
            },
          ]}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
