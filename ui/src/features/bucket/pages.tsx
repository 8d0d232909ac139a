import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type DragEvent, useRef, useState } from "react";

import { studio } from "../../api/client";
import { createBucket, deleteFolder, deleteObject, listBuckets, listObjects, objectUrl, upload } from "../../api/s3";
import type { Preview } from "../../api/types";
import type { Action } from "../../shared/actions";
import { AskName } from "../../shared/ask-name";
import { describe, useStudio } from "../../shared/context";
import { bytes } from "../../shared/format";
import { ContextMenu } from "../../shared/menu";
import { Code, Copy, Empty, Failure, Link } from "../../shared/parts";
import { useRows } from "../../shared/rows";
import { Skeleton } from "../../shared/skeleton";

const when = (iso: string) => (iso ? new Date(iso).toLocaleString("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }) : "–");

export function BucketsPage() {
  const { canWrite } = useStudio();
  const client = useQueryClient();
  const [name, setName] = useState<string>();
  const [refused, setRefused] = useState<unknown>();
  const query = useQuery({ queryKey: ["buckets"], queryFn: listBuckets });
  const create = async () => {
    try {
      await createBucket(name ?? "");
      setName(undefined);
      await client.invalidateQueries({ queryKey: ["buckets"] });
    } catch (error) {
      setRefused(error);
    }
  };
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      <Table
        variant="full-page"
        contentDensity="compact"
        loading={query.isPending}
        loadingText="Loading buckets"
        items={query.data ?? []}
        header={
          <Header
            variant="h1"
            description="Buckets hold data, models and outputs; they answer to S3's API."
            actions={
              <Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't create buckets." onClick={() => setName("")}>
                Create bucket
              </Button>
            }
          >
            Data
          </Header>
        }
        columnDefinitions={[
          { id: "name", header: "Bucket", isRowHeader: true, cell: (one) => <Link to={`/data/${one.name}`}>{one.name}</Link> },
          { id: "created", header: "Created", cell: (one) => when(one.created) },
          { id: "uri", header: "Address", cell: (one) => <Copy text={`s3://${one.name}/`} /> },
        ]}
        empty={<Empty title="No buckets" text="Create one to upload data." />}
      />
      <Modal
        visible={name !== undefined}
        header="Create bucket"
        closeAriaLabel="Close"
        onDismiss={() => setName(undefined)}
        footer={
          <Box float="right">
            <Button variant="primary" onClick={() => void create()}>
              Create bucket
            </Button>
          </Box>
        }
      >
        <FormField label="Name" description="Lower-case letters, digits, dots and dashes; unique in the whole studio." errorText={refused ? describe(refused) : undefined}>
          <Input value={name ?? ""} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      </Modal>
    </>
  );
}

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

/** Files of a drop, folders included, with their paths. */
async function filesOf(items: DataTransferItemList): Promise<{ path: string; file: File }[]> {
  const found: { path: string; file: File }[] = [];
  const walk = async (entry: FileSystemEntry, base: string): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path: base + entry.name, file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (batch.length === 0) return;
      for (const one of batch) await walk(one, `${base}${entry.name}/`);
    }
  };
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((one) => one !== null);
  for (const entry of entries) await walk(entry, "");
  return found;
}

export function BucketPage() {
  const { bucket } = useParams({ strict: false }) as { bucket: string };
  const { prefix = "", object } = useSearch({ strict: false }) as { prefix?: string; object?: string };
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, can, confirm, fail } = useStudio();
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
  const newFolder = (name: string) => {
    setNaming(false);
    upload(bucket, `${prefix}${name.replace(/\/+$/, "")}/`, new Blob([]), () => undefined, new AbortController().signal)
      .then(reload)
      .catch((error: unknown) => fail(`Making ${name}`, error));
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
                  { text: "Data", href: "/data" },
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
          { id: "modified", header: "Modified", cell: (one) => (one.folder ? "–" : when(one.modified)) },
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

function PreviewBody({ bucket, name, preview }: { bucket: string; name: string; preview: Preview }) {
  if (preview.Format === "image") return <img className="preview" src={objectUrl(bucket, name)} alt={name} />;
  if (preview.Columns)
    return (
      <div className="scroll" tabIndex={0} role="region" aria-label="Rows">
        <Table
          variant="embedded"
          contentDensity="compact"
          items={preview.Rows ?? []}
          columnDefinitions={preview.Columns.map((column, index) => ({
            id: `${index}`,
            header: (
              <>
                {column.Name} <Box variant="small">{column.Type}</Box>
              </>
            ),
            cell: (row: (string | null)[]) => row[index] ?? "∅",
          }))}
          empty="No rows."
        />
      </div>
    );
  if (preview.Entries)
    return (
      <Table
        variant="embedded"
        contentDensity="compact"
        items={preview.Entries}
        columnDefinitions={[
          { id: "name", header: "Name", cell: (one) => one.Name, isRowHeader: true },
          { id: "size", header: "Size", cell: (one) => bytes(one.Size) },
        ]}
      />
    );
  if (preview.Format === "notebook" && preview.Text) {
    try {
      const notebook = JSON.parse(preview.Text) as { cells: { cell_type: string; source: string[] | string }[] };
      return (
        <SpaceBetween size="s">
          {notebook.cells.map((cell, index) => (
            <div key={index} className={`cell ${cell.cell_type}`}>
              <pre>{Array.isArray(cell.source) ? cell.source.join("") : cell.source}</pre>
            </div>
          ))}
        </SpaceBetween>
      );
    } catch {
      return <Code text={preview.Text} />;
    }
  }
  if (preview.Text !== undefined) return <Code text={preview.Text} />;
  return <Empty title="No preview" text="This object is binary; download it instead." />;
}

function PreviewDialog({ bucket, name, close }: { bucket: string; name: string; close: () => void }) {
  const query = useQuery({
    queryKey: ["preview", bucket, name],
    queryFn: () => studio<Preview>("PreviewObject", { Bucket: bucket, Key: name, MaxRows: 100 }),
    retry: false,
  });
  return (
    <Modal
      visible
      size="max"
      onDismiss={close}
      closeAriaLabel="Close"
      header={name.split("/").pop()}
      footer={
        <Box float="right">
          <Button iconName="download" href={objectUrl(bucket, name)} download={name.split("/").pop() ?? true}>
            Download
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="s">
        <Copy text={`s3://${bucket}/${name}`} />
        {query.isError ? (
          <Failure error={query.error} />
        ) : query.data ? (
          <>
            <Box variant="small">
              {bytes(query.data.Size)}
              {query.data.TotalRows !== undefined ? `, ${query.data.TotalRows} rows` : ""}
            </Box>
            {query.data.Truncated && <Alert type="info">Only the beginning is shown.</Alert>}
            <PreviewBody bucket={bucket} name={name} preview={query.data} />
          </>
        ) : (
          <Skeleton />
        )}
      </SpaceBetween>
    </Modal>
  );
}

