import Button from "@cloudscape-design/components/button";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { ContextMenu } from "../../shared/menu";
import { ActionsButton, Code, Empty, Failure, Link } from "../../shared/parts";
import { useRows } from "../../shared/rows";
import { LastRun, Switched, TargetLink } from "../../shared/started";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { useScheduleActions } from "./actions";
import type { ScheduleState } from "./types";
import { moment, spoken, until } from "./words";

const Next = ({ times }: { times: number[] }) => {
  const [first, ...rest] = times;
  if (first === undefined) return <>–</>;
  return (
    <span title={rest.length > 0 ? `Then ${rest.map(moment).join("; ")}` : "The last time"}>
      {moment(first)}
      <div className="quiet">{until(first - Date.now() / 1000)}</div>
    </span>
  );
};

const COLUMNS: Record<"name" | "what" | "when" | "next" | "last" | "state", TableProps.ColumnDefinition<ScheduleState>> = {
  name: {
    id: "name",
    header: "Name",
    sortingField: "Name",
    isRowHeader: true,
    cell: (one) => (
      <span data-row={one.Name}>
        <Link to={`/schedules/${one.Name}`}>{one.Name}</Link>
      </span>
    ),
  },
  what: { id: "what", header: "Starts", cell: (one) => <TargetLink target={one.Target} /> },
  when: { id: "when", header: "When", cell: (one) => <span title={one.ScheduleExpression}>{spoken(one.ScheduleExpression, one.ScheduleExpressionTimezone)}</span> },
  next: { id: "next", header: "Next", cell: (one) => (one.State === "ENABLED" ? <Next times={one.Next} /> : "paused") },
  last: { id: "last", header: "Last run", cell: (one) => <LastRun run={one.Last} /> },
  state: { id: "state", header: "State", sortingField: "State", cell: (one) => <Switched state={one.State} /> },
};

const plain = (one: TableProps.ColumnDefinition<ScheduleState>) => ({ ...one, sortingField: undefined });

const scheduleList: ListConfig<ScheduleState> = {
  kind: "Schedule",
  title: "Schedules",
  description: "What starts by itself at its time: a pipeline or a function, for the person who made the schedule.",
  service: "studio",
  operation: "ListScheduleStates",
  member: "Schedules",
  statuses: ["ENABLED", "DISABLED"],
  ask: (search) => ({
    NameContains: search.name || undefined,
    StatusEquals: search.status || undefined,
    SortBy: search.sort ?? "CreationTime",
    SortOrder: (search.desc ?? true) ? "Descending" : "Ascending",
  }),
  nameOf: (one) => one.Name,
  columns: [
    COLUMNS.name,
    COLUMNS.what,
    COLUMNS.when,
    COLUMNS.next,
    COLUMNS.last,
    COLUMNS.state,
    { id: "user", header: "Made by", cell: (one) => one.User ?? "–" },
    { id: "description", header: "Description", cell: (one) => one.Description ?? "–" },
  ],
  quiet: ["user", "description"],
  empty: {
    title: "Nothing starts by itself yet",
    text: "A schedule starts a pipeline every night, every quarter of an hour, or once at a time you choose. Make one here, or with the SDK:",
    more: <Code text={'pipeline.put_triggers(\n    [PipelineSchedule(name="nightly", cron="0 3 * * ? *")],\n    role_arn=role,\n)'} />,
  },
};

export function SchedulesPage() {
  const navigate = useNavigate();
  const { canWrite } = useStudio();
  const actionsOf = useScheduleActions();
  const create = (
    <Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't make schedules in this project." onClick={() => void navigate({ to: "/schedules/create" })}>
      Create schedule
    </Button>
  );
  return <ResourceTable<ScheduleState> config={scheduleList} actionsOf={actionsOf} open={(one) => void navigate({ to: `/schedules/${one.Name}` })} create={create} />;
}

export const useSchedulesOf = (kind: "Pipeline" | "Function", name: string) =>
  useQuery({
    queryKey: ["list", "Schedule", "of", kind, name],
    queryFn: () => studio<{ Schedules: ScheduleState[] }>("ListScheduleStates", { TargetKind: kind, TargetName: name, MaxResults: 100 }),
    select: (answer) => answer.Schedules,
    refetchInterval: 30_000,
  });

/** Of one pipeline or function, on its page. */
export function SchedulesOf({ kind, name, header }: { kind: "Pipeline" | "Function"; name: string; header: React.ReactNode }) {
  const navigate = useNavigate();
  const query = useSchedulesOf(kind, name);
  const actionsOf = useScheduleActions();
  const items = query.data ?? [];
  const { menu, close, handlers } = useRows({ items, nameOf: (one) => one.Name, actionsOf, open: (one) => void navigate({ to: `/schedules/${one.Name}` }), look: () => undefined });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <div {...handlers}>
      <Table
        variant="embedded"
        contentDensity="compact"
        header={header}
        loading={query.isPending}
        loadingText="Loading schedules"
        items={items}
        trackBy="Name"
        ariaLabels={{ tableLabel: "Schedules" }}
        columnDefinitions={[...[COLUMNS.name, COLUMNS.when, COLUMNS.next, COLUMNS.last, COLUMNS.state].map(plain), { id: "actions", header: "", cell: (one) => <ActionsButton actions={actionsOf(one)} /> }]}
        empty={<Empty title="No schedule starts it" text="With one it starts by itself: every night, every hour, or once at a time you choose." />}
      />
      {menu && <ContextMenu at={menu} close={close} />}
    </div>
  );
}
