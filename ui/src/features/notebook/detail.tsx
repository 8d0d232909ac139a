// One run of a notebook, and a shared notebook: read, never run here.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { studio } from "../../api/client";
import { ended } from "../../shared/actions";
import { Comments } from "../../shared/comments";
import { useStudio } from "../../shared/context";
import { duration, parseS3, time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { Copy, Empty, Failure, Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { useShare } from "./share";
import type { Run, Snapshot } from "./types";

const NotebookView = lazy(() => import("../../shared/notebook").then((all) => ({ default: all.NotebookView })));

const download = (name: string, document: string) => {
  const address = URL.createObjectURL(new Blob([document], { type: "application/x-ipynb+json" }));
  const link = window.document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 1000);
};

const Read = ({ document }: { document: string }) => (
  <Suspense fallback={<Skeleton rows={10} />}>
    <NotebookView document={document} />
  </Suspense>
);

const OutputLink = ({ uri }: { uri: string }) => {
  const { bucket, key } = parseS3(uri);
  const cut = key.lastIndexOf("/") + 1;
  return <Link to={`/data/${bucket}?prefix=${encodeURIComponent(key.slice(0, cut))}`}>{key.slice(cut)}</Link>;
};

export function NotebookJobPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const { canWrite } = useStudio();
  const share = useShare();
  const query = useQuery({ queryKey: ["TrainingJob", name, "notebook"], queryFn: () => studio<Run>("DescribeNotebookJob", { TrainingJobName: name }) });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={10} />;
  const run = query.data;
  const live = !ended(run.Status);
  const output = run.Notebook;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={run.NotebookName}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={!output} disabledReason="There is no output yet." onClick={() => output && download(run.NotebookName, output)}>
                Download
              </Button>
              <Button disabled={!output || !canWrite} disabledReason={canWrite ? "There is no output yet." : "Viewers can't share."} onClick={() => void share({ TrainingJobName: name })}>
                Share…
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {run.FailureReason && (
          <Alert type="error" header="The notebook failed">
            <pre className="reason">{run.FailureReason}</pre>
          </Alert>
        )}
        <KeyValuePairs
          columns={4}
          items={[
            { label: "Status", value: <Status word={run.Status} /> },
            { label: "Began", value: time(run.CreationTime) },
            { label: "Took", value: duration((run.EndTime ?? Date.now() / 1000) - run.CreationTime) },
            { label: "By", value: run.NotebookScheduleName ? <Link to={`/notebook-jobs?schedule=${run.NotebookScheduleName}`}>{`Schedule ${run.NotebookScheduleName}`}</Link> : (run.User ?? "–") },
            { label: "Job", value: <Link to={`/jobs/${name}`}>Cost, system use, lineage</Link> },
            { label: "Environment", value: <span className="mono">{run.Image.split("/").pop()}</span> },
            { label: "Output", value: live ? "–" : <OutputLink uri={run.OutputUri} /> },
            ...Object.entries(run.Parameters ?? {}).map(([label, value]) => ({ label: `Parameter ${label}`, value })),
          ]}
        />
        <Tabs
          activeTabId={tab ?? (live ? "log" : "notebook")}
          onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
          tabs={[
            {
              id: "notebook",
              label: "Notebook",
              content: output ? <Read document={output} /> : <Empty title={live ? "It still runs" : "It has left no notebook"} text={live ? "The notebook is shown with its outputs as soon as the run has ended; its log is live." : "The reason above and the log say why."} />,
            },
            { id: "log", label: "Log", content: <LogView group="/aws/sagemaker/TrainingJobs" prefix={`${name}/`} live={live} /> },
            { id: "comments", label: "Comments", content: <Comments arn={run.TrainingJobArn} /> },
          ]}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}

export function SharedNotebookPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery({ queryKey: ["NotebookSnapshot", id], queryFn: () => studio<Snapshot>("GetNotebookSnapshot", { NotebookSnapshotId: id }) });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={10} />;
  const it = query.data;
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={`Shared by ${it.User}, as it was on ${time(it.CreationTime)}. ${it.Source}`} actions={<Button onClick={() => download(it.NotebookName, it.Notebook ?? "")}>Download</Button>}>
          {it.Title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <span>
          Link for members of this project: <Copy text={window.location.href} />
        </span>
        <Container>
          <Read document={it.Notebook ?? ""} />
        </Container>
      </SpaceBetween>
    </ContentLayout>
  );
}
