import Button from "@cloudscape-design/components/button";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { ContextMenu } from "../../shared/menu";
import { ActionsButton, Empty, Failure, Link } from "../../shared/parts";
import { useRows } from "../../shared/rows";
import { LastRun, Switched, TargetLink } from "../../shared/started";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { spoken } from "../schedule/words";
import { useRuleActions } from "./actions";
import { spokenTrigger, triggerOf } from "./triggers";
import type { RuleState } from "./types";

export const whenOf = (one: Pick<RuleState, "EventPattern" | "ScheduleExpression">): string => (one.EventPattern ? spokenTrigger(triggerOf(one.EventPattern)) : spoken(one.ScheduleExpression ?? ""));

type Column = TableProps.ColumnDefinition<RuleState>;
const NAME: Column = {
  id: "name",
  header: "Name",
  isRowHeader: true,
  cell: (one) => (
    <span data-row={one.Name}>
      <Link to={`/rules/${one.Name}`}>{one.Name}</Link>
    </span>
  ),
};
const WHEN: Column = { id: "when", header: "When", cell: whenOf };
const WHAT: Column = {
  id: "what",
  header: "Starts",
  cell: (one) =>
    one.Targets.length === 0
      ? "nothing yet"
      : one.Targets.map((each, at) => (
          <div key={at}>
            <TargetLink target={each} />
          </div>
        )),
};
const LAST: Column = { id: "last", header: "Last event", cell: (one) => <LastRun run={one.Last?.Run} at={one.Last?.Time} /> };
const STATE: Column = { id: "state", header: "State", cell: (one) => <Switched state={one.State} /> };

const ruleList: ListConfig<RuleState> = {
  kind: "EventRule",
  title: "Event rules",
  description: "What starts by itself when something happens: a pipeline or a function, for the person who made the rule.",
  service: "studio",
  operation: "ListRuleStates",
  member: "Rules",
  statuses: ["ENABLED", "DISABLED"],
  ask: (search) => ({
    NameContains: search.name || undefined,
    StatusEquals: search.status || undefined,
    SortBy: search.sort ?? "CreationTime",
    SortOrder: (search.desc ?? true) ? "Descending" : "Ascending",
  }),
  nameOf: (one) => one.Name,
  columns: [
    { ...NAME, sortingField: "Name" },
    WHEN,
    WHAT,
    LAST,
    { ...STATE, sortingField: "State" },
    { id: "user", header: "Made by", cell: (one) => one.User ?? "–" },
    { id: "description", header: "Description", cell: (one) => one.Description ?? "–" },
  ],
  quiet: ["user", "description"],
  empty: {
    title: "No rules yet",
    text: "A rule starts a pipeline when new data arrives, when a model version is approved, or when a job fails; and hands it what the event says.",
  },
};

export function RulesPage() {
  const navigate = useNavigate();
  const { canWrite } = useStudio();
  const actionsOf = useRuleActions();
  const create = (
    <Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't make rules in this project." onClick={() => void navigate({ to: "/rules/create" })}>
      Create rule
    </Button>
  );
  return <ResourceTable<RuleState> config={ruleList} actionsOf={actionsOf} open={(one) => void navigate({ to: `/rules/${one.Name}` })} create={create} />;
}

/** Of one pipeline or function, on its page. */
export function RulesOf({ kind, name, header }: { kind: "Pipeline" | "Function"; name: string; header: React.ReactNode }) {
  const navigate = useNavigate();
  const query = useQuery({
    queryKey: ["list", "EventRule", "of", kind, name],
    queryFn: () => studio<{ Rules: RuleState[] }>("ListRuleStates", { TargetKind: kind, TargetName: name, MaxResults: 100 }),
    select: (answer) => answer.Rules,
    refetchInterval: 30_000,
  });
  const actionsOf = useRuleActions();
  const items = query.data ?? [];
  const { menu, close, handlers } = useRows({ items, nameOf: (one) => one.Name, actionsOf, open: (one) => void navigate({ to: `/rules/${one.Name}` }), look: () => undefined });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <div {...handlers}>
      <Table
        variant="embedded"
        contentDensity="compact"
        header={header}
        loading={query.isPending}
        loadingText="Loading rules"
        items={items}
        trackBy="Name"
        ariaLabels={{ tableLabel: "Event rules" }}
        columnDefinitions={[NAME, WHEN, LAST, STATE, { id: "actions", header: "", cell: (one) => <ActionsButton actions={actionsOf(one)} /> }]}
        empty={<Empty title="No rule starts it" text="With one it starts when something happens: new data, an approved model, a job that fails." />}
      />
      {menu && <ContextMenu at={menu} close={close} />}
    </div>
  );
}
