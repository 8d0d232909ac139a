import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { deleteFunction, type FunctionConfiguration, listFunctions } from "../../api/automation";
import type { Action } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { bytes, whenIso } from "../../shared/format";
import { ContextMenu } from "../../shared/menu";
import { Code, Empty, Failure, Link } from "../../shared/parts";
import { useRows } from "../../shared/rows";

export function useFunctionActions(): (name: string) => Action[] {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, confirm } = useStudio();
  const writing = canWrite ? undefined : "Viewers can't change things in this project.";
  return (name) => [
    { id: "open", text: "Open", keys: "Enter", run: () => void navigate({ to: `/functions/${name}` }) },
    { id: "test", text: "Test…", disabledReason: writing, run: () => void navigate({ to: `/functions/${name}`, search: { tab: "test" } as never }) },
    { id: "schedule", text: "Schedule…", apart: true, disabledReason: writing, run: () => void navigate({ to: "/schedules/create", search: { function: name } as never }) },
    { id: "rule", text: "Call on an event…", disabledReason: writing, run: () => void navigate({ to: "/rules/create", search: { function: name } as never }) },
    {
      id: "remove",
      text: "Delete…",
      apart: true,
      disabledReason: writing,
      run: () =>
        confirm({
          title: `Delete the function ${name}?`,
          text: "Pipelines, schedules and rules that call it fail from then on. Calls that have begun go on to their end.",
          verb: "Delete",
          act: async () => {
            await deleteFunction(name);
            await client.invalidateQueries({ queryKey: ["list", "Function"] });
            if (window.location.pathname.startsWith("/functions/")) await navigate({ to: "/functions" });
          },
        }),
    },
  ];
}

export function FunctionsPage() {
  const navigate = useNavigate();
  const { name = "" } = useSearch({ strict: false }) as { name?: string };
  const { canWrite } = useStudio();
  const query = useQuery({ queryKey: ["list", "Function", "all"], queryFn: listFunctions });
  const actions = useFunctionActions();
  const items = (query.data ?? []).filter((one) => one.FunctionName.toLowerCase().includes(name.toLowerCase()));
  const open = (one: FunctionConfiguration) => void navigate({ to: `/functions/${one.FunctionName}` });
  const { menu, close, handlers } = useRows({ items, nameOf: (one) => one.FunctionName, actionsOf: (one) => actions(one.FunctionName), open, look: () => undefined });
  const create = (
    <Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't make functions in this project." onClick={() => void navigate({ to: "/functions/create" })}>
      Create function
    </Button>
  );
  const find = (text: string) => void navigate({ to: ".", search: { name: text || undefined } as never, replace: true });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <div {...handlers}>
      <Table
        variant="full-page"
        contentDensity="compact"
        stickyHeader
        stickyHeaderVerticalOffset={52}
        loading={query.isPending}
        loadingText="Loading functions"
        items={items}
        trackBy="FunctionName"
        ariaLabels={{ tableLabel: "Functions" }}
        header={
          <Header variant="h1" counter={query.data ? `(${query.data.length})` : undefined} description="Python that is called by name: by a step of a pipeline, by a schedule, when something happens, or from your code." actions={create}>
            Functions
          </Header>
        }
        filter={<TextFilter filteringText={name} filteringPlaceholder="Find by name  ( / )" filteringAriaLabel="Find functions by name" onChange={({ detail }) => find(detail.filteringText)} />}
        columnDefinitions={[
          {
            id: "name",
            header: "Name",
            isRowHeader: true,
            cell: (one) => (
              <span data-row={one.FunctionName}>
                <Link to={`/functions/${one.FunctionName}`}>{one.FunctionName}</Link>
              </span>
            ),
          },
          { id: "description", header: "Description", cell: (one) => one.Description || "–" },
          { id: "handler", header: "Handler", cell: (one) => <span className="mono">{one.Handler}</span> },
          { id: "memory", header: "Memory", cell: (one) => `${one.MemorySize} MB` },
          { id: "timeout", header: "Timeout", cell: (one) => `${one.Timeout} s` },
          { id: "size", header: "Code", cell: (one) => bytes(one.CodeSize) },
          { id: "modified", header: "Changed", cell: (one) => whenIso(one.LastModified) },
        ]}
        empty={
          name ? (
            <Empty title="Nothing matches" text="No function fits the filter." action={<Button onClick={() => find("")}>Clear filter</Button>} />
          ) : (
            <Empty title="No functions yet" text="Write a few lines that decide, notify or clean up; a pipeline's step “Call a function” runs them in some 50 milliseconds." action={create} more={<Code text={"def handler(event, context):\n    return {\"decision\": \"deploy\" if event[\"auc\"] > 0.8 else \"keep\"}"} />} />
          )
        }
      />
      {items.length > 0 && (
        <p className="hint">
          Right-click a row, or <kbd>Shift F10</kbd>, for its actions.
        </p>
      )}
      {menu && <ContextMenu at={menu} close={close} />}
    </div>
  );
}
