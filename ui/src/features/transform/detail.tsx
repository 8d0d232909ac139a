import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { progressOf } from "../../api/events";
import { type S3Object, textOf } from "../../api/s3";
import type { TransformJob } from "../../api/types";
import { ended } from "../../shared/actions";
import { pythonOf, shellOf } from "../../shared/code";
import { Cost } from "../../shared/cost";
import { bytes, duration, time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { ActionsButton, Code, Copy, Empty, Failure, Link, S3Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Comments } from "../../shared/comments";
import { Tags } from "../../shared/tags";
import { useTitle } from "../../shared/title";
import { transformRequest } from "../deploy/request";
import { componentOf, Lineage } from "../lineage/view";
import { useTransformActions } from "./actions";
import { batchOf } from "./clone";
import { useFiles, useTransform } from "./query";

const LINES = 60;
const LETTERS = 8000;
/** Bytes of a file that are fetched. */
const LOOK = 2 ** 16;

function Answers({ job }: { job: TransformJob }) {
  const files = useFiles(job);
  const [chosen, setChosen] = useState<string>();
  const answers = files.data?.answers ?? [];
  const shown: (S3Object & { bucket: string }) | undefined = answers.find((one) => one.key === chosen) ?? answers[0];
  const text = useQuery({
    queryKey: ["answer", shown?.key, shown?.modified],
    // Of nothing there is no part.
    enabled: Boolean(shown?.size),
    queryFn: () => textOf(shown!.bucket, shown!.key, LOOK),
  });
  if (files.isError) return <Failure error={files.error} retry={() => void files.refetch()} />;
  const lines = text.data?.split("\n") ?? [];
  const part = lines.slice(0, LINES).join("\n").slice(0, LETTERS);
  return (
    <SpaceBetween size="m">
      <Table
        variant="embedded"
        contentDensity="compact"
        items={answers}
        trackBy="key"
        selectionType="single"
        selectedItems={shown ? [shown] : []}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems[0]?.key)}
        ariaLabels={{ tableLabel: "Results", selectionGroupLabel: "Result", itemSelectionLabel: (_, one) => `Show ${one.key}` }}
        loading={files.isPending}
        loadingText="Loading results"
        columnDefinitions={[
          { id: "key", header: "Result", cell: (one) => <S3Link uri={`s3://${one.bucket}/${one.key}`} />, isRowHeader: true },
          { id: "size", header: "Size", cell: (one) => bytes(one.size) },
          { id: "time", header: "Written", cell: (one) => time(Date.parse(one.modified) / 1000) },
        ]}
        empty={<Empty title="No results yet" text="The answers of a file appear when all of it has been scored." />}
      />
      {shown && text.data !== undefined && (
        <SpaceBetween size="xs">
          <Box variant="small">{part.length < text.data.length || shown.size > LOOK ? "The beginning" : "All of it"}</Box>
          <Code text={part} />
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}

function Overview({ job }: { job: TransformJob }) {
  const files = useFiles(job);
  const live = !ended(job.TransformJobStatus);
  const told = progressOf("TransformJob", job.TransformJobName);
  const counted = files.data ? files.data.answers.length / files.data.inputs : undefined;
  const share = job.TransformJobStatus === "Completed" ? 1 : (told ?? counted ?? 0);
  const { inputFilter, outputFilter, join } = batchOf(job, "");
  const shaped = [inputFilter && `input ${inputFilter}`, join && "joined with the input", outputFilter && `output ${outputFilter}`].filter(Boolean).join(", ");
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Summary</Header>}>
        <SpaceBetween size="m">
          {live && <ProgressBar label="Scored" value={Math.round(100 * share)} additionalInfo={files.data ? `${files.data.answers.length} of ${files.data.inputs} files` : undefined} />}
          <KeyValuePairs
            columns={4}
            items={[
              { label: "Status", value: <Status word={job.TransformJobStatus} /> },
              { label: "Created", value: time(job.CreationTime) },
              { label: "Took", value: duration(job.TransformStartTime ? (job.TransformEndTime ?? Date.now() / 1000) - job.TransformStartTime : undefined) },
              { label: "Model", value: <Link to={`/models/${job.ModelName}`}>{job.ModelName}</Link> },
              { label: "Input", value: <S3Link uri={job.TransformInput.DataSource.S3DataSource.S3Uri} /> },
              { label: "Output", value: <S3Link uri={job.TransformOutput.S3OutputPath} /> },
              { label: "Compute", value: `${job.TransformResources.InstanceCount} × ${job.TransformResources.InstanceType}` },
              { label: "Used", value: <Cost kind="TransformJob" name={job.TransformJobName} since={job.CreationTime} live={!ended(job.TransformJobStatus)} /> },
              { label: "Records", value: `${job.TransformInput.ContentType ?? "any"}, split by ${(job.TransformInput.SplitType ?? "None").toLowerCase()}, ${job.BatchStrategy ?? "MultiRecord"}` },
              ...(shaped ? [{ label: "Shaped", value: shaped }] : []),
              { label: "ARN", value: <Copy text={job.TransformJobArn} /> },
            ]}
          />
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">Results</Header>}>
        <Answers job={job} />
      </Container>
      <Tags arn={job.TransformJobArn} />
      <Comments arn={job.TransformJobArn} />
    </SpaceBetween>
  );
}

export function TransformJobPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const query = useTransform(name);
  useTitle(name, query.data && !ended(query.data.TransformJobStatus) ? progressOf("TransformJob", name) : undefined);
  const actionsOf = useTransformActions();
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  const job = query.data;
  const actions = actionsOf(name, job.TransformJobStatus);
  const clone = actions.find((one) => one.id === "clone")!;
  const request = [{ operation: "CreateTransformJob", input: transformRequest(name, job.ModelName, job.TransformResources.InstanceType, job.TransformResources.InstanceCount, batchOf(job, "")) }];
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <ActionsButton actions={actions} />
              <Button variant="primary" disabled={Boolean(clone.disabledReason)} disabledReason={clone.disabledReason} onClick={clone.run}>
                Run again…
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
            { id: "log", label: "Log", content: <LogView group="/aws/sagemaker/TransformJobs" prefix={`${name}/`} live={!ended(job.TransformJobStatus)} /> },
            { id: "lineage", label: "Lineage", content: <Lineage start={componentOf(job.TransformJobArn, "transform")} waits="The studio notes what a job was made of and what it made as soon as it has ended." /> },
            {
              id: "code",
              label: "Code",
              content: (
                <Tabs
                  variant="container"
                  tabs={[
                    { id: "python", label: "Python", content: <Code text={pythonOf(request)} /> },
                    { id: "cli", label: "AWS CLI", content: <Code text={shellOf(request)} /> },
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
