// An address in S3, chosen: a file or folder of the project's buckets, a file uploaded from here, or a version of a data set.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { studio } from "../api/client";
import { listBuckets, listObjects, upload } from "../api/s3";
import { describe, useStudio } from "./context";
import { bytes, whenIso } from "./format";
import { Empty, Failure } from "./parts";

interface Props {
  title: string;
  /** Only a file will do; else folders as well. */
  file?: boolean;
  /** With data sets, too. */
  data?: boolean;
  accept?: string;
  close: () => void;
  take: (uri: string) => void;
}

interface Entry {
  key: string;
  name: string;
  folder: boolean;
  size: number;
  modified: string;
}

function Files({ file, accept, take }: Props) {
  const { session, canWrite, can } = useStudio();
  const client = useQueryClient();
  const own = `sagemaker-us-east-1-${session.project?.account ?? ""}`;
  const [bucket, setBucket] = useState(own);
  const [prefix, setPrefix] = useState("");
  const [sending, setSending] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const input = useRef<HTMLInputElement>(null);
  const buckets = useQuery({ queryKey: ["buckets"], queryFn: listBuckets });
  const query = useInfiniteQuery({
    queryKey: ["objects", bucket, prefix],
    queryFn: ({ pageParam }) => listObjects(bucket, prefix, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });
  const pages = query.data?.pages ?? [];
  const entries: Entry[] = [
    ...pages.flatMap((page) => page.folders).map((key) => ({ key, name: key.slice(prefix.length), folder: true, size: 0, modified: "" })),
    ...pages.flatMap((page) => page.objects).map((one) => ({ key: one.key, name: one.key.slice(prefix.length), folder: false, size: one.size, modified: one.modified })),
  ];
  const send = async (chosen: File) => {
    setSending(true);
    setRefused(undefined);
    try {
      const key = `${prefix || (file ? "scripts/" : "data/")}${chosen.name}`;
      await upload(bucket, key, chosen, () => undefined, new AbortController().signal);
      await client.invalidateQueries({ queryKey: ["objects", bucket] });
      take(`s3://${bucket}/${key}`);
    } catch (error) {
      setRefused(error);
    } finally {
      setSending(false);
    }
  };
  const parts = prefix.split("/").filter(Boolean);
  const crumbs = [{ text: bucket, href: "#" }, ...parts.map((text, at) => ({ text, href: `#${parts.slice(0, at + 1).join("/")}/` }))];
  const options = (buckets.data ?? [{ name: bucket }]).map((one) => ({ value: one.name, label: one.name }));
  return (
    <SpaceBetween size="s">
      {refused !== undefined && (
        <Alert type="error" header="The file was not uploaded">
          {describe(refused)}
        </Alert>
      )}
      <div className="filters">
        <Select
          ariaLabel="Bucket"
          filteringType="auto"
          options={options}
          selectedOption={{ value: bucket, label: bucket }}
          onChange={({ detail }) => {
            setBucket(detail.selectedOption.value!);
            setPrefix("");
          }}
        />
        <Button iconName="upload" loading={sending} disabled={!canWrite || !can("s3:PutObject")} disabledReason="Viewers can't upload." onClick={() => input.current?.click()}>
          Upload a file…
        </Button>
        {!file && <Button onClick={() => take(`s3://${bucket}/${prefix}`)}>Choose this folder</Button>}
        <input
          ref={input}
          type="file"
          accept={accept}
          aria-label="File to upload"
          hidden
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            if (chosen) void send(chosen);
            event.target.value = "";
          }}
        />
      </div>
      <BreadcrumbGroup
        ariaLabel="Folders"
        items={crumbs}
        onFollow={(event) => {
          event.preventDefault();
          setPrefix(event.detail.href.slice(1));
        }}
      />
      {query.isError ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Table
          variant="borderless"
          contentDensity="compact"
          loading={query.isPending}
          loadingText="Loading files"
          items={entries}
          trackBy="key"
          ariaLabels={{ tableLabel: "Files" }}
          columnDefinitions={[
            {
              id: "name",
              header: "Name",
              isRowHeader: true,
              cell: (one) => (
                <Button variant="inline-link" iconName={one.folder ? "folder" : "file"} onClick={() => (one.folder ? setPrefix(one.key) : take(`s3://${bucket}/${one.key}`))}>
                  {one.name}
                </Button>
              ),
            },
            { id: "size", header: "Size", cell: (one) => (one.folder ? "–" : bytes(one.size)) },
            { id: "modified", header: "Changed", cell: (one) => (one.folder ? "–" : whenIso(one.modified)) },
          ]}
          footer={
            query.hasNextPage && (
              <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                More
              </Button>
            )
          }
          empty={<Empty title="Nothing here yet" text="Upload a file, and it is chosen." />}
        />
      )}
    </SpaceBetween>
  );
}

function DataSets({ take }: Props) {
  const [chosen, setChosen] = useState("");
  const [version, setVersion] = useState("");
  const sets = useQuery({
    queryKey: ["list", "DataSet", "names"],
    queryFn: () => studio<{ DataSets: { DataSetName: string; Description?: string }[] }>("ListDataSets", { MaxResults: 100 }),
    select: (answer) => answer.DataSets,
  });
  const versions = useQuery({
    queryKey: ["DataSet", chosen, "versions"],
    enabled: chosen !== "",
    queryFn: () => studio<{ Versions: { Version: number; S3Uri?: string; RowCount?: number; Size?: number }[] }>("ListDataSetVersions", { DataSetName: chosen }),
    select: (answer) => answer.Versions.filter((one) => one.S3Uri).sort((a, b) => b.Version - a.Version),
  });
  if (sets.isError) return <Failure error={sets.error} retry={() => void sets.refetch()} />;
  if (sets.data?.length === 0) return <Empty title="No data sets yet" text="A data set has versions that never change, so a pipeline that reads one can be run again on just the same data." />;
  const found = versions.data ?? [];
  const one = found.find((each) => String(each.Version) === version) ?? found[0];
  const options = found.map((each) => ({ value: String(each.Version), label: `Version ${each.Version}`, description: `${each.RowCount?.toLocaleString("en") ?? "?"} rows, ${bytes(each.Size)}` }));
  return (
    <SpaceBetween size="s">
      <Select
        ariaLabel="Data set"
        filteringType="auto"
        placeholder="Choose a data set"
        statusType={sets.isPending ? "loading" : "finished"}
        options={(sets.data ?? []).map((each) => ({ value: each.DataSetName, label: each.DataSetName, description: each.Description }))}
        selectedOption={chosen ? { value: chosen, label: chosen } : null}
        onChange={({ detail }) => {
          setChosen(detail.selectedOption.value!);
          setVersion("");
        }}
      />
      {chosen && versions.isError && <Failure error={versions.error} />}
      {chosen && !versions.isError && <Select ariaLabel="Version" placeholder="No version is ready" statusType={versions.isPending ? "loading" : "finished"} options={options} selectedOption={options.find((each) => each.value === String(one?.Version)) ?? null} onChange={({ detail }) => setVersion(detail.selectedOption.value!)} />}
      {one?.S3Uri && (
        <SpaceBetween size="xs">
          <span className="mono">{one.S3Uri}</span>
          <Button variant="primary" onClick={() => take(one.S3Uri!)}>
            {`Take version ${one.Version} of ${chosen}`}
          </Button>
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}

export function PickDialog(props: Props) {
  const { can } = useStudio();
  return (
    <Modal visible size="large" header={props.title} closeAriaLabel="Close" onDismiss={props.close} footer={<Box float="right"><Button onClick={props.close}>Cancel</Button></Box>}>
      {props.data && can("studio:ListDataSets") ? (
        <Tabs
          tabs={[
            { id: "files", label: "Files", content: <Files {...props} /> },
            { id: "sets", label: "Data sets", content: <DataSets {...props} /> },
          ]}
        />
      ) : (
        <Files {...props} />
      )}
    </Modal>
  );
}
