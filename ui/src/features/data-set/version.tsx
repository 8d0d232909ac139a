// One version of a data set, in tabs: columns, rows, where it is used, how it differs, how code reads it.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { studio } from "../../api/client";
import { listObjects } from "../../api/s3";
import type { Preview } from "../../api/types";
import { bytes, parseS3, time } from "../../shared/format";
import { Code, Copy, Empty, Failure, Link, S3Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { PreviewBody } from "../bucket/preview";
import { Lineage } from "../lineage/view";
import { Compare } from "./compare";
import { Columns } from "./profile";
import { type Column, snippets, type Use, USE_PAGES, type Version } from "./types";

/** The names of the first objects of a version. */
function useFiles(version: Version) {
  const { bucket, key } = parseS3(version.S3Uri ?? "");
  return useQuery({
    queryKey: ["DataSet", version.DataSetName, "files", version.Version],
    queryFn: () => listObjects(bucket, key, undefined, ""),
    select: (page) => page.objects.map((one) => one.key.slice(key.length)),
    enabled: version.VersionStatus === "Ready",
  });
}

function Rows({ version }: { version: Version }) {
  const files = useFiles(version);
  const [chosen, setChosen] = useState<string>();
  const { bucket, key } = parseS3(version.S3Uri ?? "");
  const file = chosen ?? files.data?.[0];
  const query = useQuery({
    queryKey: ["preview", bucket, `${key}${file ?? ""}`],
    queryFn: () => studio<Preview>("PreviewObject", { Bucket: bucket, Key: `${key}${file ?? ""}`, MaxRows: 50 }),
    enabled: file !== undefined,
    retry: false,
  });
  if (files.isError) return <Failure error={files.error} />;
  const options = (files.data ?? []).map((one) => ({ value: one, label: one }));
  return (
    <SpaceBetween size="s">
      {options.length > 1 && <Select ariaLabel="File" filteringType="auto" options={options} selectedOption={options.find((one) => one.value === file) ?? null} onChange={({ detail }) => setChosen(detail.selectedOption.value)} />}
      {query.isError ? <Failure error={query.error} /> : query.data ? <PreviewBody bucket={bucket} name={`${key}${file ?? ""}`} preview={query.data} /> : <Skeleton rows={5} />}
    </SpaceBetween>
  );
}

function Uses({ version }: { version: Version }) {
  const query = useQuery({
    queryKey: ["DataSet", version.DataSetName, "uses", version.Version],
    queryFn: () => studio<{ Jobs: Use[] }>("ListDataSetUses", { DataSetName: version.DataSetName, Version: version.Version }),
    refetchInterval: 10_000,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <SpaceBetween size="l">
      <Table
        variant="embedded"
        contentDensity="compact"
        loading={query.isPending}
        items={query.data?.Jobs ?? []}
        ariaLabels={{ tableLabel: "Uses" }}
        columnDefinitions={[
          { id: "how", header: "How", cell: (one) => (one.How === "Wrote" ? "Made by" : "Read by") },
          { id: "kind", header: "What", cell: (one) => USE_PAGES[one.Kind].word },
          { id: "name", header: "Name", isRowHeader: true, cell: (one) => <Link to={`${USE_PAGES[one.Kind].path}/${one.Name}`}>{one.Name}</Link> },
          { id: "status", header: "Status", cell: (one) => <Status word={one.Status} /> },
          { id: "created", header: "Created", cell: (one) => time(one.CreationTime) },
        ]}
        empty="No job has read this version yet: give a job its address."
      />
      {version.S3Uri && <Lineage start={version.S3Uri} waits="The studio notes it as soon as the version is ready." />}
    </SpaceBetween>
  );
}

function Snippets({ version }: { version: Version }) {
  const files = useFiles(version);
  return (
    <SpaceBetween size="m">
      {snippets(version, files.data?.[0]).map((one) => (
        <div key={one.id}>
          <Box variant="h4" tagOverride="h3">
            {one.label}
          </Box>
          <Code text={one.text} />
        </div>
      ))}
    </SpaceBetween>
  );
}

function Making({ version }: { version: Version }) {
  const share = Math.round(100 * version.Progress);
  return (
    <ProgressBar
      label={version.S3Uri ? "Profiling the columns" : "Taking the files over"}
      value={share}
      additionalInfo={version.S3Uri ? `${version.FileCount ?? 0} files, ${bytes(version.Size)}` : "From the source into the studio's own bucket"}
      description="You may leave this page; it goes on."
    />
  );
}

export function VersionView({ name, number, versions, tab, base }: { name: string; number: number; versions: Version[]; tab: string | undefined; base: number | undefined }) {
  const navigate = useNavigate();
  const query = useQuery({
    queryKey: ["DataSet", name, "version", number],
    queryFn: () => studio<Version & { Columns: Column[] }>("DescribeDataSetVersion", { DataSetName: name, Version: number }),
    refetchInterval: (found) => (found.state.data?.VersionStatus === "InProgress" ? 700 : false),
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={6} />;
  const version = query.data;
  const ready = version.VersionStatus === "Ready";
  return (
    <SpaceBetween size="m">
      <Header variant="h2" description={version.Description || undefined}>
        Version {version.Version}
      </Header>
      {version.VersionStatus === "InProgress" && <Making version={version} />}
      {version.FailureReason && (
        <Alert type="error" header="The version could not be made">
          <pre className="reason">{version.FailureReason}</pre>
        </Alert>
      )}
      <KeyValuePairs
        columns={4}
        items={[
          { label: "Rows", value: version.RowCount?.toLocaleString("en") ?? "–" },
          { label: "Size", value: `${bytes(version.Size)} in ${version.FileCount ?? 0} files, ${version.Format ?? "–"}` },
          { label: "Made", value: `${time(version.CreationTime)} by ${version.CreatedBy}` },
          { label: "Digest of the content", value: version.Digest ? <Copy text={version.Digest} /> : "–" },
          { label: "Made of", value: <S3Link uri={version.SourceS3Uri} /> },
          ...(ready && version.S3Uri ? [{ label: "Address", value: <S3Link uri={version.S3Uri} /> }] : []),
        ]}
      />
      {ready && (
        <Tabs
          activeTabId={tab ?? "columns"}
          onChange={({ detail }) => void navigate({ to: ".", search: { version: number, tab: detail.activeTabId } as never, replace: true })}
          tabs={[
            { id: "columns", label: "Columns", content: version.Format === "files" ? <Empty title="No profile" text="Only CSV, JSON Lines and Parquet files, all of one format, have columns." /> : <Columns columns={version.Columns} rows={version.RowCount ?? 0} /> },
            { id: "rows", label: "Rows", content: <Rows key={number} version={version} /> },
            { id: "uses", label: "Uses and lineage", content: <Uses version={version} /> },
            { id: "compare", label: "Compare", content: <Compare version={version} versions={versions} base={base} /> },
            { id: "code", label: "Use it", content: <Snippets version={version} /> },
          ]}
        />
      )}
    </SpaceBetween>
  );
}
