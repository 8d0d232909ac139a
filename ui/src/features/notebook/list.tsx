// Runs of notebooks, their schedules, and notebooks that were shared.
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker, studio } from "../../api/client";
import { type Action, ended } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { bytes, duration, time } from "../../shared/format";
import { ContextMenu } from "../../shared/menu";
import { ActionsButton, Empty, Failure, Link, Status } from "../../shared/parts";
import { useRows } from "../../shared/rows";
import { RunDialog } from "./dialog";
import { useShare } from "./share";
import type { Run, Schedule, Snapshot } from "./types";

const VIEWER = "Viewers can't run things in this project.";
const values = (given: Record<string, string> | undefined) =>
  Object.entries(given ?? {})
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ") || "–";

interface Listed<T> {
  title: string;
  items: T[];
  loading: boolean;
  columns: TableProps.ColumnDefinition<T>[];
  nameOf: (one: T) => string;
  actionsOf: (one: T) => Action[];
  open: (one: T) => void;
  empty: React.ReactNode;
  more?: () => void;
}

function Listing<T>({ title, items, loading, columns, nameOf, actionsOf, open, empty, more }: Listed<T>) {
  const { menu, close, handlers } = useRows({ items, nameOf, actionsOf, open, look: () => undefined });
  return (
    <div {...handlers}>
      <Table
        contentDensity="compact"
        loading={loading}
        loadingText="Looking"
        items={items}
        trackBy={nameOf}
        ariaLabels={{ tableLabel: title }}
        columnDefinitions={[...columns, { id: "do", header: "Do", minWidth: 140, cell: (one) => <ActionsButton actions={actionsOf(one)} /> }]}
        empty={empty}
        footer={more && <Button onClick={more}>Older</Button>}
      />
      {menu && <ContextMenu at={menu} close={close} />}
    </div>
  );
}

function Runs({ schedule, run }: { schedule?: string; run: React.ReactNode }) {
  const { canWrite, confirm } = useStudio();
  const navigate = useNavigate();
  const client = useQueryClient();
  const share = useShare();
  const query = useInfiniteQuery({
    // Under the kind's name, so that every change of a job shows.
    queryKey: ["list", "TrainingJob", "notebooks", schedule],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => studio<{ NotebookJobs: Run[]; NextToken?: string }>("ListNotebookJobs", { NotebookScheduleName: schedule, NextToken: pageParam }),
    getNextPageParam: (page) => page.NextToken,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const open = (one: Run) => void navigate({ to: `/notebook-jobs/${one.TrainingJobName}` });
  const actionsOf = (one: Run): Action[] => [
    { id: "open", text: "Open", keys: "Enter", run: () => open(one) },
    { id: "job", text: "Log and system use", run: () => void navigate({ to: `/jobs/${one.TrainingJobName}`, search: { tab: "log" } as never }) },
    { id: "share", text: "Share…", disabledReason: canWrite ? (ended(one.Status) ? undefined : "It still runs.") : VIEWER, run: () => void share({ TrainingJobName: one.TrainingJobName }) },
    {
      id: "stop",
      text: "Stop…",
      apart: true,
      disabledReason: canWrite ? (ended(one.Status) ? "It does not run." : undefined) : VIEWER,
      run: () =>
        confirm({
          title: `Stop ${one.TrainingJobName}?`,
          text: "What the notebook has done so far stays.",
          verb: "Stop",
          act: async () => {
            await sagemaker("StopTrainingJob", { TrainingJobName: one.TrainingJobName });
            await client.invalidateQueries({ queryKey: ["list", "TrainingJob"] });
          },
        }),
    },
  ];
  return (
    <Listing<Run>
      title="Runs"
      items={query.data?.pages.flatMap((page) => page.NotebookJobs) ?? []}
      loading={query.isPending}
      nameOf={(one) => one.TrainingJobName}
      actionsOf={actionsOf}
      open={open}
      more={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
      columns={[
        {
          id: "name",
          header: "Run",
          isRowHeader: true,
          cell: (one) => (
            <span data-row={one.TrainingJobName}>
              <Link to={`/notebook-jobs/${one.TrainingJobName}`}>{one.TrainingJobName}</Link>
            </span>
          ),
        },
        { id: "notebook", header: "Notebook", cell: (one) => one.NotebookName },
        { id: "status", header: "Status", minWidth: 130, cell: (one) => <Status word={one.Status} /> },
        { id: "values", header: "Parameters", cell: (one) => values(one.Parameters) },
        { id: "by", header: "By", cell: (one) => one.NotebookScheduleName ?? one.User ?? "–" },
        { id: "created", header: "Began", cell: (one) => time(one.CreationTime) },
        { id: "took", header: "Took", cell: (one) => duration((one.EndTime ?? Date.now() / 1000) - one.CreationTime) },
      ]}
      empty={<Empty title="No notebook has run yet" text="Run one from here, or by a right-click on it in a space's files." action={run} />}
    />
  );
}

function Schedules({ run }: { run: React.ReactNode }) {
  const { canWrite, confirm, fail } = useStudio();
  const navigate = useNavigate();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["notebook-schedules"], queryFn: () => studio<{ NotebookSchedules: Schedule[] }>("ListNotebookSchedules"), select: (answer) => answer.NotebookSchedules });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const open = (one: Schedule) => void navigate({ to: "/notebook-jobs", search: { schedule: one.NotebookScheduleName } as never });
  const runNow = async (one: Schedule) => {
    try {
      const made = await studio<{ TrainingJobName: string }>("RunNotebook", { NotebookScheduleName: one.NotebookScheduleName });
      await navigate({ to: `/notebook-jobs/${made.TrainingJobName}` });
    } catch (error) {
      fail("The notebook was not run", error);
    }
  };
  const setState = async (one: Schedule, State: string) => {
    try {
      await studio("UpdateNotebookSchedule", { NotebookScheduleName: one.NotebookScheduleName, State });
      await client.invalidateQueries({ queryKey: ["notebook-schedules"] });
    } catch (error) {
      fail("The schedule is as it was", error);
    }
  };
  const actionsOf = (one: Schedule): Action[] => [
    { id: "runs", text: "Its runs", keys: "Enter", run: () => open(one) },
    { id: "now", text: "Run now", disabledReason: canWrite ? undefined : VIEWER, run: () => void runNow(one) },
    {
      id: "pause",
      text: one.State === "DISABLED" ? "Resume" : "Pause",
      disabledReason: canWrite ? undefined : VIEWER,
      run: () => void setState(one, one.State === "DISABLED" ? "ENABLED" : "DISABLED"),
    },
    {
      id: "delete",
      text: "Delete…",
      apart: true,
      disabledReason: canWrite ? undefined : VIEWER,
      run: () =>
        confirm({
          title: `Delete the schedule ${one.NotebookScheduleName}?`,
          text: "What ran stays; nothing more is run.",
          verb: "Delete",
          act: async () => {
            await studio("DeleteNotebookSchedule", { NotebookScheduleName: one.NotebookScheduleName });
            await client.invalidateQueries({ queryKey: ["notebook-schedules"] });
          },
        }),
    },
  ];
  return (
    <Listing<Schedule>
      title="Schedules"
      items={query.data ?? []}
      loading={query.isPending}
      nameOf={(one) => one.NotebookScheduleName}
      actionsOf={actionsOf}
      open={open}
      columns={[
        {
          id: "name",
          header: "Schedule",
          isRowHeader: true,
          cell: (one) => (
            <span data-row={one.NotebookScheduleName}>
              <Link to={`/notebook-jobs?schedule=${one.NotebookScheduleName}`}>{one.NotebookScheduleName}</Link>
            </span>
          ),
        },
        { id: "notebook", header: "Notebook", cell: (one) => one.NotebookName },
        { id: "when", header: "When", cell: (one) => <span className="mono">{`${one.ScheduleExpression} ${one.ScheduleExpressionTimezone}`}</span> },
        { id: "state", header: "State", cell: (one) => (one.State === "DISABLED" ? "Paused" : "Active") },
        { id: "values", header: "Parameters", cell: (one) => values(one.Parameters) },
        { id: "by", header: "By", cell: (one) => one.User ?? "–" },
        { id: "last", header: "Last", cell: (one) => (one.LastError ? <span title={one.LastError}>{`Failed: ${one.LastError}`}</span> : time(one.LastTime)) },
      ]}
      empty={<Empty title="No schedules" text="A notebook that makes the morning's report need not be run by hand." action={run} />}
    />
  );
}

function Shared() {
  const { session, confirm } = useStudio();
  const navigate = useNavigate();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["list", "NotebookSnapshot"], queryFn: () => studio<{ NotebookSnapshots: Snapshot[] }>("ListNotebookSnapshots", { MaxResults: 200 }), select: (answer) => answer.NotebookSnapshots });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const open = (one: Snapshot) => void navigate({ to: `/shared-notebooks/${one.NotebookSnapshotId}` });
  const actionsOf = (one: Snapshot): Action[] => [
    { id: "open", text: "Open", keys: "Enter", run: () => open(one) },
    {
      id: "delete",
      text: "Take back…",
      apart: true,
      disabledReason: one.User === session.user || session.project?.role === "admin" ? undefined : `Only ${one.User} and admins take it back.`,
      run: () =>
        confirm({
          title: `Take back ${one.Title}?`,
          text: "The link no longer leads anywhere.",
          verb: "Take back",
          act: async () => {
            await studio("DeleteNotebookSnapshot", { NotebookSnapshotId: one.NotebookSnapshotId });
            await client.invalidateQueries({ queryKey: ["list", "NotebookSnapshot"] });
          },
        }),
    },
  ];
  return (
    <Listing<Snapshot>
      title="Shared notebooks"
      items={query.data ?? []}
      loading={query.isPending}
      nameOf={(one) => one.NotebookSnapshotId}
      actionsOf={actionsOf}
      open={open}
      columns={[
        {
          id: "title",
          header: "Title",
          isRowHeader: true,
          cell: (one) => (
            <span data-row={one.NotebookSnapshotId}>
              <Link to={`/shared-notebooks/${one.NotebookSnapshotId}`}>{one.Title}</Link>
            </span>
          ),
        },
        { id: "from", header: "From", cell: (one) => one.Source },
        { id: "by", header: "Shared by", cell: (one) => one.User },
        { id: "at", header: "As it was on", cell: (one) => time(one.CreationTime) },
        { id: "size", header: "Size", cell: (one) => bytes(one.Size) },
      ]}
      empty={<Empty title="Nothing shared yet" text="Right-click a notebook in a space's files, or open a run, and share it as it is." />}
    />
  );
}

export function NotebookJobsPage() {
  const { tab, schedule } = useSearch({ strict: false }) as { tab?: string; schedule?: string };
  const navigate = useNavigate();
  const { canWrite } = useStudio();
  const [running, setRunning] = useState(false);
  const run = (
    <Button variant="primary" disabled={!canWrite} disabledReason={VIEWER} onClick={() => setRunning(true)}>
      Run a notebook…
    </Button>
  );
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={schedule ? `Runs of the schedule ${schedule}` : "Notebooks run from top to bottom, now or on a schedule, and notebooks shared as they were."} actions={run}>
          Notebook jobs
        </Header>
      }
    >
      <Tabs
        activeTabId={tab ?? "runs"}
        onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
        tabs={[
          { id: "runs", label: "Runs", content: <Runs schedule={schedule} run={run} /> },
          { id: "schedules", label: "Schedules", content: <Schedules run={run} /> },
          { id: "shared", label: "Shared", content: <Shared /> },
        ]}
      />
      {running && <RunDialog source={{}} close={() => setRunning(false)} />}
    </ContentLayout>
  );
}
