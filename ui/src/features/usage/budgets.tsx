// Budgets of the project: how far each is spent, what was told, what happens when it is gone.
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { studio } from "../../api/client";
import type { Action } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { amount, time } from "../../shared/format";
import { ContextMenu, type MenuAt } from "../../shared/menu";
import { ActionsButton, Empty, Failure } from "../../shared/parts";
import { wordOf } from "../../shared/where";
import { BudgetDialog } from "./budget-dialog";
import { useBudgets } from "./query";
import type { Budget } from "./types";

const DEEDS = { None: "Nothing more", Refuse: "New work is refused", Stop: "Jobs and spaces are stopped, new work refused", StopAll: "Everything is stopped, endpoints are deleted, new work refused" };

export function Spent({ budget, currency }: { budget: Budget; currency: string }) {
  const percent = (budget.Spent / budget.Amount) * 100;
  const sums = `${amount(budget.Spent, currency)} of ${amount(budget.Amount, currency)}`;
  return (
    <ProgressBar
      value={Math.min(100, percent)}
      additionalInfo={budget.Exceeded ? <StatusIndicator type="error">{`${sums}: it is spent`}</StatusIndicator> : sums}
      ariaLabel={`Spent of ${budget.Name}`}
    />
  );
}

function Deed({ budget }: { budget: Budget }) {
  const stopped = budget.Stopped ?? [];
  return (
    <>
      {DEEDS[budget.Action]}
      {stopped.length > 0 && (
        <ExpandableSection headerText={`Stopped this month: ${stopped.length}`}>
          <ul aria-label="What was stopped">
            {stopped.map((one) => (
              <li key={`${one.Kind}/${one.Name}/${one.Time}`}>{`${wordOf(one.Kind)} ${one.Name}${one.User ? ` of ${one.User}` : ""}, ${time(one.Time)}`}</li>
            ))}
          </ul>
        </ExpandableSection>
      )}
    </>
  );
}

export function Budgets() {
  const { session, confirm } = useStudio();
  const client = useQueryClient();
  const query = useBudgets();
  const [edited, setEdited] = useState<Budget | "new">();
  const [menu, setMenu] = useState<MenuAt>();
  const admin = session.project?.role === "admin";
  const why = admin ? undefined : "Only an admin of the project keeps its budgets.";
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const currency = query.data?.Currency ?? "USD";
  const actions = (budget: Budget): Action[] => [
    { id: "edit", text: "Edit…", disabledReason: why, run: () => setEdited(budget) },
    {
      id: "remove",
      text: "Delete…",
      disabledReason: why,
      run: () =>
        confirm({
          title: `Delete the budget ${budget.Name}?`,
          text: "Nobody is told of what is spent any more, and what it refuses is allowed again.",
          verb: "Delete",
          act: async () => {
            await studio("DeleteBudget", { Name: budget.Name });
            await client.invalidateQueries({ queryKey: ["budgets"] });
          },
        }),
    },
  ];
  const create = (
    <Button variant="primary" disabled={!admin} disabledReason={why} onClick={() => setEdited("new")}>
      Create budget
    </Button>
  );
  const budgets = query.data?.Budgets ?? [];
  return (
    <div
      onContextMenu={(event) => {
        const row = (event.target as Element).closest("tr");
        const budget = budgets.find((one) => row?.querySelector(`[data-budget="${one.Name}"]`));
        if (!budget || event.shiftKey) return;
        event.preventDefault();
        setMenu({ x: event.clientX, y: event.clientY, label: `Actions of ${budget.Name}`, actions: actions(budget) });
      }}
    >
      <Table
        variant="container"
        contentDensity="compact"
        loading={query.isPending}
        loadingText="Loading"
        items={budgets}
        trackBy="Name"
        header={
          <Header variant="h2" description="An amount a month for the project, or for one person in it." actions={budgets.length > 0 && create}>
            Budgets
          </Header>
        }
        columnDefinitions={[
          { id: "name", header: "Name", isRowHeader: true, cell: (one) => <span data-budget={one.Name}>{one.Name}</span> },
          { id: "whose", header: "For", cell: (one) => one.User ?? "The project" },
          { id: "spent", header: "This month", minWidth: 260, cell: (one) => <Spent budget={one} currency={currency} /> },
          {
            id: "alerts",
            header: "Alerts",
            // Where more than telling is done, that is told, too, whatever was asked for.
            cell: (one) => [...new Set([...one.Thresholds, ...one.Alerts.map((alert) => alert.Threshold)])].sort((a, b) => a - b).map((percent) => {
              const told = one.Alerts.find((alert) => alert.Threshold === percent);
              return <div key={percent}>{told ? `${percent} %: told ${time(told.Time)}` : `at ${percent} %`}</div>;
            }),
          },
          { id: "deed", header: "When it is spent", cell: (one) => <Deed budget={one} /> },
          { id: "actions", header: "Actions", cell: (one) => <ActionsButton label={`Actions`} actions={actions(one)} /> },
        ]}
        empty={<Empty title="No budgets" text="A budget tells you when a part of it is spent and, if you wish, refuses new work or stops jobs when it is gone." action={create} />}
      />
      {menu && <ContextMenu at={menu} close={() => setMenu(undefined)} />}
      {edited && <BudgetDialog budget={edited === "new" ? undefined : edited} currency={currency} close={() => setEdited(undefined)} />}
    </div>
  );
}
