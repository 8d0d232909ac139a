// One environment: its versions at the left, the chosen one at the right with its log while it is built.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker, studio } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { ActionsButton, Code, Copy, Failure, Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { useTitle } from "../../shared/title";
import { VersionDialog } from "./dialog";
import { differences, type Image, packagesOf, type Told, type Version, type VersionDetail } from "./types";

const WORDS: Record<Version["ImageVersionStatus"], [StatusIndicatorProps.Type, string]> = {
  CREATING: ["in-progress", "Building"],
  CREATED: ["success", "Ready"],
  CREATE_FAILED: ["error", "Failed"],
  DELETING: ["in-progress", "Deleting"],
  DELETE_FAILED: ["error", "Deletion failed"],
};
const Word = ({ word }: { word: Version["ImageVersionStatus"] }) => <StatusIndicator type={WORDS[word][0]}>{WORDS[word][1]}</StatusIndicator>;
const PAGES: Record<string, string> = { TrainingJob: "/jobs", ProcessingJob: "/processing", Model: "/models" };
const KINDS: Record<string, string> = { TrainingJob: "Training job", ProcessingJob: "Processing job", Model: "Model" };

function Log({ told }: { told: Told }) {
  return (
    <div className="code">
      <pre tabIndex={0} role="log" aria-label="How the building went">
        {told.Log.map((one) => `${new Date(one.Time * 1000).toLocaleTimeString()}  ${one.Text}`).join("\n") || "Waits for its turn."}
      </pre>
    </div>
  );
}

function Packages({ name, version, told }: { name: string; version: number; told: Told }) {
  const before = useQuery({
    queryKey: ["EnvironmentVersion", name, version - 1],
    queryFn: () => studio<Told>("DescribeEnvironmentVersion", { ImageName: name, Version: version - 1 }),
    enabled: version > 1,
    retry: false,
  });
  const changed = new Map(before.data ? differences(before.data.Lock, told.Lock).map((one) => [one.name, one.before]) : []);
  return (
    <Table
      contentDensity="compact"
      variant="borderless"
      items={packagesOf(told.Lock)}
      columnDefinitions={[
        { id: "name", header: "Package", isRowHeader: true, cell: (one) => one.name },
        { id: "version", header: "Version", cell: (one) => <span className="mono">{one.version}</span> },
        ...(before.data
          ? [{ id: "before", header: `In version ${version - 1}`, cell: (one: { name: string }) => (changed.has(one.name) ? (changed.get(one.name) ?? "not there") : "the same") }]
          : []),
      ]}
      empty="Not chosen yet."
    />
  );
}

function UsedBy({ told }: { told: Told }) {
  return (
    <Table
      contentDensity="compact"
      variant="borderless"
      items={told.UsedBy}
      columnDefinitions={[
        { id: "name", header: "Name", isRowHeader: true, cell: (one) => <Link to={`${PAGES[one.Kind] ?? ""}/${one.Name}`}>{one.Name}</Link> },
        { id: "kind", header: "Kind", cell: (one) => KINDS[one.Kind] ?? one.Kind },
        { id: "created", header: "Created", cell: (one) => time(one.CreationTime) },
      ]}
      empty="Nothing uses this version yet. Choose it as the image of a job, or name its address in a script."
    />
  );
}

function Chosen({ name, version }: { name: string; version: number }) {
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const building = (word?: string) => word === "CREATING" || word === "DELETING";
  const detail = useQuery({
    queryKey: ["ImageVersion", name, version],
    queryFn: () => sagemaker<VersionDetail>("DescribeImageVersion", { ImageName: name, Version: version }),
    refetchInterval: (found) => (building(found.state.data?.ImageVersionStatus) ? 1000 : false),
  });
  const word = detail.data?.ImageVersionStatus;
  const told = useQuery({
    queryKey: ["EnvironmentVersion", name, version, word],
    queryFn: () => studio<Told>("DescribeEnvironmentVersion", { ImageName: name, Version: version }),
    refetchInterval: building(word) ? 1000 : false,
    placeholderData: (old) => old,
  });
  if (detail.isError) return <Failure error={detail.error} retry={() => void detail.refetch()} />;
  if (!detail.data || !told.data) return <Skeleton rows={6} />;
  const one = detail.data;
  const first = word === "CREATED" ? "packages" : "log";
  return (
    <SpaceBetween size="m">
      {one.FailureReason && (
        <Alert type="error" header="This version could not be made">
          <pre className="reason">{one.FailureReason}</pre>
        </Alert>
      )}
      <Container header={<Header variant="h2">Version {version}</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Status", value: <Word word={one.ImageVersionStatus} /> },
            { label: "Made", value: `${time(one.CreationTime)}${told.data.CreatedBy ? ` by ${told.data.CreatedBy}` : ""}` },
            { label: "Image address", value: one.ContainerImage ? <Copy text={one.ContainerImage} /> : "When it is ready" },
          ]}
        />
      </Container>
      <Tabs
        activeTabId={tab ?? first}
        onChange={({ detail: to }) => void navigate({ to: ".", search: ((old: object) => ({ ...old, tab: to.activeTabId })) as never, replace: true })}
        tabs={[
          { id: "packages", label: "Packages", content: <Packages name={name} version={version} told={told.data} /> },
          { id: "file", label: "File", content: <Code text={told.data.Requirements || `As the image ${one.BaseImage} was`} /> },
          { id: "log", label: "Log", content: <Log told={told.data} /> },
          { id: "users", label: "Used by", content: <UsedBy told={told.data} /> },
        ]}
      />
    </SpaceBetween>
  );
}

export function EnvironmentPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { version } = useSearch({ strict: false }) as { version?: number };
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, confirm } = useStudio();
  const [making, setMaking] = useState<string>();
  useTitle(name, undefined);
  const image = useQuery({ queryKey: ["Image", name, "self"], queryFn: () => sagemaker<Image>("DescribeImage", { ImageName: name }) });
  const versions = useQuery({
    queryKey: ["Image", name, "versions"],
    queryFn: () => sagemaker<{ ImageVersions: Version[] }>("ListImageVersions", { ImageName: name, MaxResults: 100, SortBy: "VERSION", SortOrder: "DESCENDING" }),
    refetchInterval: (found) => (found.state.data?.ImageVersions.some((one) => one.ImageVersionStatus === "CREATING" || one.ImageVersionStatus === "DELETING") ? 1000 : false),
  });
  if (image.isError) return <Failure error={image.error} retry={() => void image.refetch()} />;
  if (!image.data || !versions.data) return <Skeleton rows={8} />;
  const all = versions.data.ImageVersions;
  const chosen = version ?? all[0]?.Version;
  const writing = canWrite ? undefined : VIEWER;
  const again = async () => {
    const told = chosen ? await studio<Told>("DescribeEnvironmentVersion", { ImageName: name, Version: chosen }) : undefined;
    setMaking(told?.Requirements ?? "");
  };
  const actions: Action[] = [
    {
      id: "remove",
      text: `Delete version ${chosen ?? ""}…`,
      disabledReason: writing ?? (chosen ? undefined : "There is no version."),
      run: () =>
        confirm({
          title: `Delete version ${chosen} of ${name}?`,
          text: "Jobs and endpoints that run from it go on; new ones can't use it.",
          verb: "Delete",
          act: async () => {
            await sagemaker("DeleteImageVersion", { ImageName: name, Version: chosen });
            await client.invalidateQueries({ queryKey: ["Image", name] });
            await navigate({ to: ".", search: {} as never });
          },
        }),
    },
  ];
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={image.data.Description}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <ActionsButton actions={actions} />
              <Button variant="primary" disabled={!canWrite} disabledReason={writing} onClick={() => void again()}>
                New version
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      {making !== undefined && <VersionDialog name={name} text={making || undefined} close={() => setMaking(undefined)} />}
      <div className="environment">
        <Table
          contentDensity="compact"
          variant="embedded"
          items={all}
          selectionType="single"
          trackBy="ImageVersionArn"
          selectedItems={all.filter((one) => one.Version === chosen)}
          onSelectionChange={({ detail }) => void navigate({ to: ".", search: { version: detail.selectedItems[0]?.Version } as never, replace: true })}
          ariaLabels={{ selectionGroupLabel: "Versions", itemSelectionLabel: (_, one) => `Version ${one.Version}` }}
          columnDefinitions={[
            { id: "version", header: "Version", isRowHeader: true, cell: (one) => one.Version },
            { id: "status", header: "Status", cell: (one) => <Word word={one.ImageVersionStatus} /> },
            { id: "made", header: "Made", cell: (one) => time(one.CreationTime) },
          ]}
          empty={<Box padding="m">No version yet: make one from a list of packages.</Box>}
        />
        <div>{chosen ? <Chosen key={chosen} name={name} version={chosen} /> : null}</div>
      </div>
    </ContentLayout>
  );
}
