import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import { ended } from "../../shared/actions";
import { Cost } from "../../shared/cost";
import { duration, time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { ActionsButton, Code, Copy, Failure, S3Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Comments } from "../../shared/comments";
import { Tags } from "../../shared/tags";
import { useTitle } from "../../shared/title";
import { componentOf, Lineage } from "../lineage/view";
import { useProcessingActions } from "./actions";
import type { ProcessingJob } from "./types";

interface Place {
  name: string;
  uri: string;
  path: string;
}

const Places = ({ title, places }: { title: string; places: Place[] }) => (
  <Table
    contentDensity="compact"
    header={<Header variant="h2">{title}</Header>}
    items={places}
    columnDefinitions={[
      { id: "name", header: "Name", isRowHeader: true, cell: (one) => one.name },
      { id: "uri", header: "In S3", cell: (one) => (one.uri ? <S3Link uri={one.uri} /> : "–") },
      { id: "path", header: "In the job", cell: (one) => <span className="mono">{one.path}</span> },
    ]}
    empty={`No ${title.toLowerCase()}.`}
  />
);

function Overview({ job }: { job: ProcessingJob }) {
  const cluster = job.ProcessingResources.ClusterConfig;
  const command = [...(job.AppSpecification.ContainerEntrypoint ?? []), ...(job.AppSpecification.ContainerArguments ?? [])].join(" ");
  const inputs = (job.ProcessingInputs ?? []).map((one) => ({ name: one.InputName, uri: one.S3Input?.S3Uri ?? "", path: one.S3Input?.LocalPath ?? "" }));
  const outputs = (job.ProcessingOutputConfig?.Outputs ?? []).map((one) => ({ name: one.OutputName, uri: one.S3Output?.S3Uri ?? "", path: one.S3Output?.LocalPath ?? "" }));
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Summary</Header>}>
        <KeyValuePairs
          columns={4}
          items={[
            { label: "Status", value: <Status word={job.ProcessingJobStatus} /> },
            { label: "Created", value: time(job.CreationTime) },
            { label: "Took", value: duration(job.ProcessingStartTime ? (job.ProcessingEndTime ?? Date.now() / 1000) - job.ProcessingStartTime : undefined) },
            { label: "Compute", value: `${cluster.InstanceCount} × ${cluster.InstanceType}` },
            { label: "Used", value: <Cost kind="ProcessingJob" name={job.ProcessingJobName} since={job.CreationTime} live={!ended(job.ProcessingJobStatus)} /> },
            { label: "Command", value: <span className="mono">{command}</span> },
            { label: "Image", value: <Copy text={job.AppSpecification.ImageUri} /> },
            { label: "ARN", value: <Copy text={job.ProcessingJobArn} /> },
            ...(job.ExitMessage ? [{ label: "Exit message", value: job.ExitMessage }] : []),
          ]}
        />
      </Container>
      <Places title="Inputs" places={inputs} />
      <Places title="Outputs" places={outputs} />
      <Tags arn={job.ProcessingJobArn} />
      <Comments arn={job.ProcessingJobArn} />
    </SpaceBetween>
  );
}

export function ProcessingJobPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const actionsOf = useProcessingActions();
  useTitle(name, undefined);
  const query = useQuery({
    queryKey: ["ProcessingJob", name],
    queryFn: () => sagemaker<ProcessingJob>("DescribeProcessingJob", { ProcessingJobName: name }),
    refetchInterval: (found) => (found.state.data && ended(found.state.data.ProcessingJobStatus) ? false : 2000),
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  const job = query.data;
  const live = !ended(job.ProcessingJobStatus);
  return (
    <ContentLayout header={<Header variant="h1" actions={<ActionsButton actions={actionsOf(name, job.ProcessingJobStatus).filter((one) => one.id !== "open")} />}>{job.ProcessingJobName}</Header>}>
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
            { id: "log", label: "Log", content: <LogView group="/aws/sagemaker/ProcessingJobs" prefix={`${job.ProcessingJobName}/`} live={live} /> },
            { id: "lineage", label: "Lineage", content: <Lineage start={componentOf(job.ProcessingJobArn, "processing")} waits="The studio notes what a job was made of and what it made as soon as it has ended." /> },
            { id: "json", label: "JSON", content: <Code text={JSON.stringify(job, null, 2)} /> },
          ]}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
