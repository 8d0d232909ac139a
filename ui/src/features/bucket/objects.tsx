import Box from "@cloudscape-design/components/box";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type DragEvent, useRef, useState } from "react";

import { deleteFolder, deleteObject, listObjects, upload } from "../../api/s3";
import type { Action } from "../../shared/actions";
import { AskName } from "../../shared/ask-name";
import { describe, useStudio } from "../../shared/context";
import { filesOf } from "../../shared/drop";
import { bytes, whenIso } from "../../shared/format";
import { ContextMenu } from "../../shared/menu";
import { Copy, Empty, Failure, Link } from "../../shared/parts";
import { useRows } from "../../shared/rows";
import { PreviewDialog } from "./preview";

interface Sending {
  name: string;
  size: number;
  sent: number;
  error?: string;
  stop: AbortController;
}

interface Entry {
  name: string;
  key: string;
  folder: boolean;
  size: number;
  modified: string;
}

export function BucketPage() {
  const { bucket } = useParams({ strict: false }) as { bucket: string };
  const { prefix = "", object } = useSearch({ strict: false }) as { prefix?: string; object?: string };
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, can, confirm } = useStudio();
  const picker = useRef<HTMLInputElement>(null);
  const [sending, setSending] = useState<Sending[]>([]);
  const [over, setOver] = useState(false);
  const [naming, setNaming] = useState(false);
  const [selected, setSelected] = useState<Entry[]>([]);
  const query = useInfiniteQuery({
    queryKey: ["objects", bucket, prefix],
    queryFn: ({ pageParam }) => listObjects(bucket, prefix, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });
  const reload = () => client.invalidateQueries({ queryKey: ["objects", bucket] });
  const pages = query.data?.pages ?? [];
  const entries: Entry[] = [
    ...pages.flatMap((page) => page.folders).map((key) => ({ name: key.slice(prefix.length), key, folder: true, size: 0, modified: "" })),
    ...pages.flatMap((page) => page.objects).map((one) => ({ name: one.key.slice(prefix.length), key: one.key, folder: false, size: one.size, modified: one.modified })),
  ];

  const start = async (files: { path: string; file: File }[]) => {
    for (const { path, file } of files) {
      const item: Sending = { name: path, size: file.size, sent: 0, stop: new AbortController() };
      const change = (part: Partial<Sending>) => setSending((all) => all.map((one) => (one.stop === item.stop ? { ...one, ...part } : one)));
      setSending((all) => [...all, item]);
      try {
        await upload(bucket, prefix + path, file, (sent) => change({ sent }), item.stop.signal);
        setSending((all) => all.filter((one) => one.stop !== item.stop));
      } catch (error) {
        change({ error: describe(error) });
      }
    }
    await reload();
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (canWrite) void filesOf(event.dataTransfer.items).then(start);
  };
  const remove = (these: Entry[]) =>
    confirm({
      title: `Delete ${these.length === 1 ? these[0]!.name : `${these.length} entries`}?`,
      text: "Objects are removed for good; a folder goes with everything below it.",
      verb: "Delete",
      act: async () => {
        for (const one of these) await (one.folder ? deleteFolder(bucket, one.key) : deleteObject(bucket, one.key));
        setSelected([]);
        await reload();
      },
    });
  const newFolder = async (name: string) => {
    await upload(bucket, `${prefix}${name.replace(/\/+$/, "")}/`, new Blob([]), () => undefined, new AbortController().signal);
    await reload();
  };
  const writing = canWrite ? undefined : "Viewers can't change data.";
  const addressOf = (one: Entry) => `s3://${bucket}/${one.key}`;
  const open = (one: Entry) => void navigate({ to: ".", search: (one.folder ? { prefix: one.key } : { prefix, object: one.key }) as never });
  const actionsOf = (one: Entry): Action[] => [
    { id: "open", text: "Open", keys: "Enter", run: () => open(one) },
    { id: "copy", text: "Copy address", run: () => void navigator.clipboard.writeText(addressOf(one)) },
    {
      id: "train",
      text: "Use as training input…",
      apart: true,
      disabledReason: writing,
      run: () => void navigate({ to: "/jobs/create", search: { input: addressOf(one) } as never }),
    },
    ...(can("sagemaker:CreateTransformJob")
      ? [{ id: "batch", text: "Score with a model…", disabledReason: writing, run: () => void navigate({ to: "/batch/create", search: { input: addressOf(one) } as never }) }]
      : []),
    ...(can("studio:ListRuleStates") && one.folder
      ? [{ id: "rule", text: "Start something when a file arrives…", disabledReason: writing, run: () => void navigate({ to: "/rules/create", search: { place: addressOf(one) } as never }) }]
      : []),
    { id: "remove", text: "Delete…", apart: true, disabledReason: writing, run: () => remove([one]) },
  ];
  const { menu, close, handlers } = useRows({ items: entries, nameOf: (one) => one.key, actionsOf, open, look: () => undefined });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const parts = prefix.split("/").filter(Boolean);
  return (
    <div
      {...handlers}
      className={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          void start([...(event.target.files ?? [])].map((file) => ({ path: file.name, file })));
          event.target.value = "";
        }}
      />
      <Table
        variant="full-page"
        contentDensity="compact"
        stickyHeader
        stickyHeaderVerticalOffset={52}
        items={entries}
        trackBy="key"
        loading={query.isPending}
        loadingText="Loading objects"
        selectionType="multi"
        selectedItems={selected}
        onSelectionChange={({ detail }) => setSelected(detail.selectedItems)}
        ariaLabels={{
          tableLabel: "Objects",
          selectionGroupLabel: "Selection of objects",
          allItemsSelectionLabel: () => "Select all",
          itemSelectionLabel: (_, item) => `Select ${item.name}`,
        }}
        header={
          <Header
            variant="h1"
            description={
              <BreadcrumbGroup
                ariaLabel="Folders"
                items={[
                  { text: "Files", href: "/data" },
                  { text: bucket, href: `/data/${bucket}` },
                  ...parts.map((text, index) => ({ text, href: `/data/${bucket}?prefix=${encodeURIComponent(`${parts.slice(0, index + 1).join("/")}/`)}` })),
                ]}
                onFollow={(event) => {
                  event.preventDefault();
                  void navigate({ href: event.detail.href } as never);
                }}
              />
            }
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={selected.length === 0 || !canWrite} disabledReason={writing ?? "Select something first."} onClick={() => remove(selected)}>
                  Delete
                </Button>
                <Button disabled={!canWrite} disabledReason={writing} onClick={() => setNaming(true)}>
                  New folder
                </Button>
                <Button
                  disabled={!canWrite}
                  disabledReason={writing}
                  onClick={() => void navigate({ to: "/jobs/create", search: { input: `s3://${bucket}/${selected[0]?.key ?? prefix}` } as never })}
                >
                  Use as training input
                </Button>
                <Button variant="primary" iconName="upload" disabled={!canWrite} disabledReason={writing} onClick={() => picker.current?.click()}>
                  Upload
                </Button>
              </SpaceBetween>
            }
          >
            {parts.at(-1) ?? bucket}
          </Header>
        }
        filter={
          sending.length > 0 && (
            <SpaceBetween size="xs">
              {sending.map((one) => (
                <div key={one.name} className="sending">
                  <ProgressBar
                    label={one.name}
                    value={Math.round((100 * one.sent) / (one.size || 1))}
                    status={one.error ? "error" : "in-progress"}
                    resultText={one.error}
                    additionalInfo={`${bytes(one.sent)} of ${bytes(one.size)}`}
                  />
                  <Button
                    iconName="close"
                    variant="icon"
                    ariaLabel={`Cancel ${one.name}`}
                    onClick={() => {
                      one.stop.abort();
                      setSending((all) => all.filter((other) => other.stop !== one.stop));
                    }}
                  />
                </div>
              ))}
            </SpaceBetween>
          )
        }
        columnDefinitions={[
          {
            id: "name",
            header: "Name",
            isRowHeader: true,
            cell: (one) => (
              <span data-row={one.key}>
                <Link
                  to={
                    one.folder
                      ? `/data/${bucket}?prefix=${encodeURIComponent(one.key)}`
                      : `/data/${bucket}?prefix=${encodeURIComponent(prefix)}&object=${encodeURIComponent(one.key)}`
                  }
                >
                  {one.name}
                </Link>
              </span>
            ),
          },
          { id: "size", header: "Size", cell: (one) => (one.folder ? "folder" : bytes(one.size)) },
          { id: "modified", header: "Modified", cell: (one) => (one.folder ? "–" : whenIso(one.modified)) },
          { id: "uri", header: "Address", cell: (one) => <Copy text={`s3://${bucket}/${one.key}`} /> },
        ]}
        empty={<Empty title="Nothing here yet" text="Drop files or folders anywhere on this page, or choose Upload." />}
        footer={
          query.hasNextPage && (
            <Box textAlign="center">
              <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                Show more
              </Button>
            </Box>
          )
        }
      />
      {menu && <ContextMenu at={menu} close={close} />}
      {naming && <AskName title="New folder" text={`Below ${addressOf({ key: prefix } as Entry)}`} verb="Make folder" close={() => setNaming(false)} save={newFolder} />}
      {object && <PreviewDialog bucket={bucket} name={object} close={() => void navigate({ to: ".", search: { prefix } as never })} />}
    </div>
  );
}
