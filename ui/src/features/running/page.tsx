// Everything that takes room on the machines now, whose it is and what it costs: where one looks for what was forgotten.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import Toggle from "@cloudscape-design/components/toggle";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type MouseEvent, useState } from "react";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { amount, bytes, number, span, time } from "../../shared/format";
import { ContextMenu, type MenuAt } from "../../shared/menu";
import { Empty, Failure, Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { pageOf, wordOf } from "../../shared/where";
import { useRunningActions } from "./actions";
import { keyOf, matches, type RunningItem } from "./items";

const LOOK = 3000;

export function RunningPage() {
  const { session } = useStudio();
  const [everywhere, setEverywhere] = useState(false);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState<RunningItem[]>([]);
  const [menu, setMenu] = useState<MenuAt>();
  const navigate = useNavigate();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["running", everywhere],
    queryFn: () => studio<{ Items: RunningItem[]; Currency: string }>("ListRunning", { AllProjects: everywhere || undefined }),
    refetchInterval: LOOK,
  });
  const actionsOf = useRunningActions(everywhere, () => void client.invalidateQueries({ queryKey: ["running"] }));
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <Skeleton rows={6} />;
  const { Items, Currency } = query.data;
  const items = Items.filter((one) => matches(one, typed));
  const hour = items.reduce((sum, one) => sum + (one.Phase === "Running" ? one.CostPerHour : 0), 0);
  const marked = items.find((one) => chosen.some((other) => keyOf(other) === keyOf(one)));
  const show = (event: MouseEvent<HTMLElement>) => {
    const key = (event.target as HTMLElement).closest("tr")?.querySelector("[data-row]")?.getAttribute("data-row");
    const item = items.find((one) => keyOf(one) === key);
    if (!item || event.shiftKey) return;
    event.preventDefault();
    setChosen([item]);
    setMenu({ x: event.clientX, y: event.clientY, label: `Actions for ${item.Name}`, actions: actionsOf(item) });
  };
  const path = (item: RunningItem) => (everywhere && item.Project !== session.project?.account ? undefined : pageOf(item.Kind === "App" ? "Space" : item.Kind, item.Name));
  return (
    <div onContextMenu={show}>
      <Table
        variant="full-page"
        stickyHeader
        wrapLines
        selectionType="single"
        trackBy={keyOf}
        items={items}
        selectedItems={marked ? [marked] : []}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
        ariaLabels={{ selectionGroupLabel: "Choose one", itemSelectionLabel: (_, item) => `Choose ${item.Name}` }}
        header={
          <Header
            variant="h1"
            counter={`(${items.length})`}
            description={items.length ? `${amount(hour, Currency)} an hour as it is now. Jobs end by themselves; endpoints and spaces go on until somebody stops them or they are idle.` : "Jobs, endpoints and spaces that take room on the machines."}
            actions={
              <SpaceBetween direction="horizontal" size="xs" alignItems="center">
                {session.studioAdmin && (
                  <Toggle checked={everywhere} onChange={({ detail }) => setEverywhere(detail.checked)}>
                    All projects
                  </Toggle>
                )}
                <Button onClick={() => void navigate({ to: "/usage" })}>Usage and cost</Button>
                {(marked ? actionsOf(marked).filter((one) => one.id === "stop") : []).map((one) => (
                  <Button key={one.id} disabled={Boolean(one.disabledReason)} disabledReason={one.disabledReason} onClick={one.run}>
                    {one.text}
                  </Button>
                ))}
              </SpaceBetween>
            }
          >
            Running now
          </Header>
        }
        filter={<TextFilter filteringText={typed} filteringPlaceholder="Name, person, kind or instance type" filteringAriaLabel="Filter" onChange={({ detail }) => setTyped(detail.filteringText)} />}
        columnDefinitions={[
          {
            id: "name",
            header: "Name",
            isRowHeader: true,
            cell: (item) => {
              const to = path(item);
              return <span data-row={keyOf(item)}>{to ? <Link to={to}>{item.Name}</Link> : item.Name}</span>;
            },
          },
          { id: "kind", header: "Kind", cell: (item) => wordOf(item.Kind) },
          {
            id: "phase",
            header: "Status",
            cell: (item) =>
              item.Phase === "Waiting" ? (
                <span title={item.Reason}>
                  <StatusIndicator type="pending">Waiting</StatusIndicator>
                </span>
              ) : (
                <StatusIndicator type="in-progress" colorOverride="green">
                  Running
                </StatusIndicator>
              ),
          },
          { id: "user", header: "Person", cell: (item) => item.User || "–" },
          ...(everywhere ? [{ id: "project", header: "Project", cell: (item: RunningItem) => item.Project }] : []),
          { id: "type", header: "Instances", cell: (item) => <span className="mono">{`${number(item.Instances)} × ${item.InstanceType}`}</span> },
          { id: "memory", header: "Memory", cell: (item) => (item.Phase === "Running" ? bytes(item.Memory) : "–") },
          { id: "since", header: "For", cell: (item) => (item.Since ? <span title={time(item.Since)}>{span(Date.now() / 1000 - item.Since)}</span> : <Box color="text-body-secondary">{item.Reason || "–"}</Box>) },
          { id: "cost", header: "Cost so far", cell: (item) => amount(item.Cost, Currency) },
        ]}
        empty={
          typed ? (
            <Empty title="Nothing matches" text="Try another word." />
          ) : (
            <Empty title="Nothing runs" text="Create a training job, deploy a model or start a space: what takes room on the machine appears here, with what it costs." />
          )
        }
      />
      {menu && <ContextMenu at={menu} close={() => setMenu(undefined)} />}
    </div>
  );
}
