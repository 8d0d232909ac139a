// The one list of resources: filter, status, order and page stand in the URL; rows have a context menu and keys.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type KeyboardEvent, type MouseEvent, type ReactNode, useCallback, useEffect, useState } from "react";

import { sagemaker } from "../api/client";
import type { Action } from "./actions";
import { ContextMenu, type MenuAt } from "./menu";
import { Empty, Failure } from "./parts";

export interface ListSearch {
  name?: string;
  status?: string;
  sort?: string;
  desc?: boolean;
  page?: number;
}
export interface ListConfig<T> {
  kind: string;
  title: string;
  description: string;
  operation: string;
  /** The member that holds the entries. */
  member: string;
  nameOf: (item: T) => string;
  columns: TableProps.ColumnDefinition<T>[];
  statuses?: string[];
  empty: { title: string; text: string };
}

const SIZE = 30;

/** The page of a list; NextTokens are followed from the first page, since a token can't be guessed. */
async function fetchPage<T>(config: ListConfig<T>, search: ListSearch): Promise<{ items: T[]; more: boolean }> {
  let token: string | undefined;
  for (let page = 1; ; page++) {
    const answer = await sagemaker<Record<string, unknown>>(config.operation, {
      MaxResults: SIZE,
      NameContains: search.name || undefined,
      StatusEquals: search.status || undefined,
      SortBy: search.sort ?? "CreationTime",
      SortOrder: (search.desc ?? true) ? "Descending" : "Ascending",
      NextToken: token,
    });
    token = answer.NextToken as string | undefined;
    if (page >= (search.page ?? 1) || !token) return { items: answer[config.member] as T[], more: Boolean(token) };
  }
}

export function ResourceTable<T>({
  config,
  actionsOf,
  open,
  create,
  bulk,
}: {
  config: ListConfig<T>;
  actionsOf: (item: T) => Action[];
  open: (item: T) => void;
  create?: ReactNode;
  bulk?: { text: string; min: number; max: number; run: (items: T[]) => void };
}) {
  const search = useSearch({ strict: false }) as ListSearch;
  const navigate = useNavigate();
  const set = useCallback(
    (change: Partial<ListSearch>) =>
      void navigate({ to: ".", search: ((old: ListSearch) => ({ ...old, page: undefined, ...change })) as never, replace: true }),
    [navigate],
  );
  const query = useQuery({
    queryKey: ["list", config.kind, search],
    queryFn: () => fetchPage(config, search),
    placeholderData: keepPreviousData,
  });
  const [selected, setSelected] = useState<T[]>([]);
  const [menu, setMenu] = useState<MenuAt | null>(null);
  const [typed, setTyped] = useState(search.name ?? "");
  useEffect(() => {
    const timer = window.setTimeout(() => {
      if (typed !== (search.name ?? "")) set({ name: typed || undefined });
    }, 250);
    return () => window.clearTimeout(timer);
  }, [typed, search.name, set]);
  const items = query.data?.items ?? [];

  const rowOf = (target: EventTarget | null): T | undefined => {
    const name = (target as HTMLElement | null)?.closest("tr")?.querySelector<HTMLElement>("[data-row]")?.dataset.row;
    return items.find((one) => config.nameOf(one) === name);
  };
  const openMenu = (item: T, x: number, y: number) =>
    setMenu({ x, y, label: `Actions for ${config.nameOf(item)}`, actions: actionsOf(item) });
  const onContextMenu = (event: MouseEvent) => {
    const item = rowOf(event.target);
    if (!item || event.shiftKey) return;
    event.preventDefault();
    openMenu(item, event.clientX, event.clientY);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const item = rowOf(target);
    if (!item) return;
    if ((event.key === "F10" && event.shiftKey) || event.key === "ContextMenu") {
      const place = target.getBoundingClientRect();
      event.preventDefault();
      openMenu(item, place.left + 8, place.bottom);
    } else if (event.key.toLowerCase() === "d" && !event.ctrlKey && !event.metaKey && target.tagName !== "INPUT") {
      const deploy = actionsOf(item).find((one) => one.id === "deploy" && !one.disabledReason);
      if (deploy) deploy.run();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const row = target.closest("tr");
      const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
      const link = next?.querySelector<HTMLElement>("a");
      if (link) {
        event.preventDefault();
        link.focus();
      }
    } else if (event.key === "Enter" && target.tagName === "TD") open(item);
  };
  const close = useCallback(() => setMenu(null), []);
  const filtered = Boolean(search.name || search.status);
  const options = [{ value: "", label: "Any status" }, ...(config.statuses ?? []).map((one) => ({ value: one, label: one }))];

  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <div onContextMenu={onContextMenu} onKeyDown={onKeyDown}>
      <Table
        variant="full-page"
        contentDensity="compact"
        stickyHeader
        trackBy={config.nameOf}
        items={items}
        loading={query.isPending}
        loadingText={`Loading ${config.title.toLowerCase()}`}
        columnDefinitions={config.columns}
        selectionType={bulk ? "multi" : undefined}
        selectedItems={selected}
        onSelectionChange={({ detail }) => setSelected(detail.selectedItems)}
        ariaLabels={{
          tableLabel: config.title,
          selectionGroupLabel: `Selection of ${config.title.toLowerCase()}`,
          allItemsSelectionLabel: () => "Select all on this page",
          itemSelectionLabel: (_, item) => `Select ${config.nameOf(item)}`,
        }}
        sortingColumn={{ sortingField: search.sort ?? "CreationTime" }}
        sortingDescending={search.desc ?? true}
        onSortingChange={({ detail }) => set({ sort: detail.sortingColumn.sortingField, desc: detail.isDescending ?? false })}
        header={
          <Header
            variant="awsui-h1-sticky"
            description={config.description}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                {bulk && (
                  <Button
                    disabled={selected.length < bulk.min || selected.length > bulk.max}
                    disabledReason={`Select ${bulk.min} to ${bulk.max} of them.`}
                    onClick={() => bulk.run(selected)}
                  >
                    {bulk.text}
                  </Button>
                )}
                {create}
              </SpaceBetween>
            }
          >
            {config.title}
          </Header>
        }
        filter={
          <div className="filters">
            <TextFilter
              filteringText={typed}
              filteringPlaceholder="Find by name"
              filteringAriaLabel={`Find ${config.title.toLowerCase()} by name`}
              onChange={({ detail }) => setTyped(detail.filteringText)}
            />
            {config.statuses && (
              <Select
                ariaLabel="Status"
                options={options}
                selectedOption={options.find((one) => one.value === (search.status ?? "")) ?? null}
                onChange={({ detail }) => set({ status: detail.selectedOption.value || undefined })}
              />
            )}
          </div>
        }
        pagination={
          <Pagination
            currentPageIndex={search.page ?? 1}
            pagesCount={(search.page ?? 1) + (query.data?.more ? 1 : 0)}
            openEnd={query.data?.more}
            onChange={({ detail }) => set({ page: detail.currentPageIndex })}
            ariaLabels={{ nextPageLabel: "Next page", previousPageLabel: "Previous page", pageLabel: (page) => `Page ${page}` }}
          />
        }
        empty={
          filtered ? (
            <Empty
              title="Nothing matches"
              text="No entry fits the filter."
              action={
                <Button
                  onClick={() => {
                    setTyped("");
                    set({ name: undefined, status: undefined });
                  }}
                >
                  Clear filter
                </Button>
              }
            />
          ) : (
            <Empty title={config.empty.title} text={config.empty.text} action={create} />
          )
        }
      />
      {menu && <ContextMenu at={menu} close={close} />}
      <Box variant="small" color="text-body-secondary">
        Right-click a row, or press Shift+F10 on it, for its actions.
      </Box>
    </div>
  );
}
