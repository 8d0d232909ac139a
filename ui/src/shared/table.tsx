// The one list of resources: filter, status, order and page stand in the URL; rows have a context menu and keys.
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useCallback, useEffect, useState } from "react";

import { sagemaker, studio } from "../api/client";
import type { Action } from "./actions";
import { useStudio } from "./context";
import { ContextMenu } from "./menu";
import { Empty, Failure } from "./parts";
import { useRows } from "./rows";
import { useStored } from "./stored";
import { Beside, Display, type Shown, SHOWN, Views } from "./views";

export interface ListSearch {
  name?: string;
  status?: string;
  sort?: string;
  desc?: boolean;
  page?: number;
}
export interface ListConfig<T> {
  kind: string;
  /** Of what the list is a part, where that is not the whole project: the group of versions. */
  scope?: string;
  title: string;
  description: string;
  operation: string;
  /** Where the operation is not SageMaker's. */
  service?: "studio";
  /** The member that holds the entries. */
  member: string;
  nameOf: (item: T) => string;
  columns: TableProps.ColumnDefinition<T>[];
  statuses?: string[];
  /** Columns that are shown only when asked for. */
  quiet?: string[];
  empty: { title: string; text: string; more?: ReactNode };
  /** What is shown of an entry beside the list. */
  preview?: (item: T) => ReactNode;
  /** What is asked for, where the operation's filters or words of order are not the common ones. */
  ask?: (search: ListSearch) => object;
  /** What the operation can't filter by, for lists that are never long. */
  keep?: (item: T, search: ListSearch) => boolean;
}

/** The page of a list; NextTokens are followed from the first page, since a token can't be guessed. */
async function fetchPage<T>(config: ListConfig<T>, search: ListSearch, size: number): Promise<{ items: T[]; more: boolean }> {
  let token: string | undefined;
  for (let page = 1; ; page++) {
    const answer = await (config.service === "studio" ? studio : sagemaker)<Record<string, unknown>>(config.operation, {
      MaxResults: size,
      SortBy: search.sort ?? "CreationTime",
      SortOrder: (search.desc ?? true) ? "Descending" : "Ascending",
      ...(config.ask?.(search) ?? { NameContains: search.name || undefined, StatusEquals: search.status || undefined }),
      NextToken: token,
    });
    token = answer.NextToken as string | undefined;
    if (page < (search.page ?? 1) && token) continue;
    const items = answer[config.member] as T[];
    return { items: config.keep ? items.filter((one) => config.keep?.(one, search)) : items, more: Boolean(token) };
  }
}

/** The text of the filter, put into the URL when typing pauses. */
function useTyped(search: ListSearch, set: (change: Partial<ListSearch>) => void): [string, (text: string) => void] {
  const [typed, setTyped] = useState(search.name ?? "");
  useEffect(() => {
    const timer = window.setTimeout(() => {
      if (typed !== (search.name ?? "")) set({ name: typed || undefined });
    }, 250);
    return () => window.clearTimeout(timer);
  }, [typed, search.name, set]);
  return [typed, setTyped];
}

/** What a row can be opened by stands first in its menu, and is written once. */
const opened = (actions: Action[], run: () => void): Action[] => (actions.some((one) => one.id === "open") ? actions : [{ id: "open", text: "Open", keys: "Enter", run }, ...actions.map((one, at) => (at === 0 ? { ...one, apart: true } : one))]);

interface Props<T> {
  config: ListConfig<T>;
  actionsOf: (item: T) => Action[];
  open: (item: T) => void;
  create?: ReactNode;
  bulk?: { text: string; min: number; max: number; run: (items: T[]) => void };
}

export function ResourceTable<T>({ config, actionsOf, open, create, bulk }: Props<T>) {
  const search = useSearch({ strict: false }) as ListSearch;
  const navigate = useNavigate();
  const { session } = useStudio();
  const mine = `${session.user}.${config.kind}`;
  const [shown, setShown] = useStored<Shown>(`studiolo.shown.${mine}`, { ...SHOWN, hidden: config.quiet ?? [] });
  const set = useCallback(
    (change: Partial<ListSearch>) =>
      void navigate({ to: ".", search: ((old: ListSearch) => ({ ...old, page: undefined, ...change })) as never, replace: true }),
    [navigate],
  );
  const query = useQuery({
    queryKey: ["list", config.kind, config.scope, search, shown.rows],
    queryFn: () => fetchPage(config, search, shown.rows),
    placeholderData: keepPreviousData,
  });
  const [selected, setSelected] = useState<T[]>([]);
  const [looked, setLooked] = useState<string>();
  const [typed, setTyped] = useTyped(search, set);
  const items = query.data?.items ?? [];
  const look = (item: T | null) => {
    if (!config.preview) return;
    setLooked(item ? config.nameOf(item) : undefined);
    if (item && !shown.beside) setShown({ ...shown, beside: true });
  };
  const { menu, close, handlers } = useRows({ items, nameOf: config.nameOf, actionsOf: (item) => opened(actionsOf(item), () => open(item)), open, look });
  const beside = shown.beside && config.preview ? items.find((one) => config.nameOf(one) === looked) : undefined;
  const options = [{ value: "", label: "Any status" }, ...(config.statuses ?? []).map((one) => ({ value: one, label: one }))];
  const show = (view: ListSearch) => {
    setTyped(view.name ?? "");
    void navigate({ to: ".", search: view as never, replace: true });
  };

  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const nothing =
    search.name || search.status ? (
      <Empty title="Nothing matches" text="No entry fits the filter." action={<Button onClick={() => show({})}>Clear filter</Button>} />
    ) : (
      <Empty title={config.empty.title} text={config.empty.text} action={create} more={config.empty.more} />
    );
  return (
    <div className={beside ? "list with-beside" : "list"}>
      <div {...handlers} className="list-table">
        <Table
          variant="full-page"
          contentDensity="compact"
          stickyHeader
          stickyHeaderVerticalOffset={52}
          trackBy={config.nameOf}
          items={items}
          loading={query.isPending}
          loadingText={`Loading ${config.title.toLowerCase()}`}
          columnDefinitions={config.columns.filter((one) => one.isRowHeader || !shown.hidden.includes(one.id ?? ""))}
          stickyColumns={{ first: bulk ? 2 : 1 }}
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
              variant="h1"
              description={config.description}
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button iconName="refresh" ariaLabel="Refresh" loading={query.isFetching} onClick={() => void query.refetch()} />
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
                filteringPlaceholder="Find by name  ( / )"
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
              <Views list={config.kind} statuses={config.statuses ?? []} now={search} show={show} />
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
          preferences={
            <Display
              columns={config.columns.map((one) => ({ id: one.id ?? "", header: String(one.header), fixed: Boolean(one.isRowHeader) }))}
              shown={shown}
              set={setShown}
              canPreview={Boolean(config.preview)}
            />
          }
          empty={nothing}
        />
        {items.length > 0 && (
          <p className="hint">
            Right-click a row, or <kbd>Shift F10</kbd>, for its actions{config.preview ? "; click it, or Space, for its details" : ""}.
          </p>
        )}
      </div>
      {beside && config.preview && (
        <Beside title={config.nameOf(beside)} close={() => setShown({ ...shown, beside: false })}>
          {config.preview(beside)}
        </Beside>
      )}
      {menu && <ContextMenu at={menu} close={close} />}
    </div>
  );
}
