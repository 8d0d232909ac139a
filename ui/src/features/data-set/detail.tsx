import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";

import { studio } from "../../api/client";
import { VIEWER } from "../../shared/actions";
import { Comments } from "../../shared/comments";
import { useStudio } from "../../shared/context";
import { bytes, time } from "../../shared/format";
import { ContextMenu } from "../../shared/menu";
import { ActionsButton, Empty, Failure, Link, Status } from "../../shared/parts";
import { useRows } from "../../shared/rows";
import { Skeleton } from "../../shared/skeleton";
import { useTitle } from "../../shared/title";
import { About } from "./about";
import { useDataSetActions, useVersionActions } from "./actions";
import { RegisterDialog } from "./register";
import type { DataSet, Version } from "./types";
import { VersionView } from "./version";

function Versions({ versions, shown }: { versions: Version[]; shown: number | undefined }) {
  const navigate = useNavigate();
  const actionsOf = useVersionActions(versions);
  const open = (one: Version) => void navigate({ to: ".", search: { version: one.Version } as never });
  const { menu, close, handlers } = useRows({ items: versions, nameOf: (one) => `version ${one.Version}`, actionsOf, open, look: (one) => one && open(one) });
  return (
    <div {...handlers}>
      <Table
        contentDensity="compact"
        header={
          <Header variant="h2" counter={`(${versions.length})`}>
            Versions
          </Header>
        }
        items={versions}
        trackBy={(one) => String(one.Version)}
        ariaLabels={{ tableLabel: "Versions" }}
        columnDefinitions={[
          {
            id: "version",
            header: "Version",
            isRowHeader: true,
            cell: (one) => (
              <span data-row={`version ${one.Version}`}>
                <Link to={`/data/sets/${one.DataSetName}?version=${one.Version}`}>v{one.Version}</Link> {one.Version === shown && "· shown below"}
              </span>
            ),
          },
          { id: "status", header: "Status", cell: (one) => <Status word={one.VersionStatus} /> },
          { id: "rows", header: "Rows", cell: (one) => one.RowCount?.toLocaleString("en") ?? "–" },
          { id: "size", header: "Size", cell: (one) => bytes(one.Size) },
          { id: "by", header: "By", cell: (one) => one.CreatedBy },
          { id: "made", header: "Made", cell: (one) => time(one.CreationTime) },
          { id: "new", header: "What is new", cell: (one) => one.Description || "–" },
          { id: "actions", header: "", cell: (one) => <ActionsButton label={`Version ${one.Version}`} actions={actionsOf(one)} /> },
        ]}
        empty={<Empty title="No versions" text="Upload files or name a folder in S3: that makes the first one." />}
      />
      {menu && <ContextMenu at={menu} close={close} />}
    </div>
  );
}

interface Search {
  version?: number;
  tab?: string;
  base?: number;
  making?: boolean;
}

export function DataSetPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const { canWrite, session } = useStudio();
  const actionsOf = useDataSetActions();
  const set = useQuery({ queryKey: ["DataSet", name, "itself"], queryFn: () => studio<DataSet>("DescribeDataSet", { DataSetName: name }) });
  const list = useQuery({
    queryKey: ["DataSet", name, "versions"],
    queryFn: () => studio<{ Versions: Version[] }>("ListDataSetVersions", { DataSetName: name }),
    select: (answer) => answer.Versions,
    refetchInterval: (found) => (found.state.data?.Versions.some((one) => one.VersionStatus === "InProgress") ? 1000 : false),
  });
  const versions = list.data ?? [];
  const making = versions.find((one) => one.VersionStatus === "InProgress");
  useTitle(name, making?.Progress);
  if (set.isError) return <Failure error={set.error} retry={() => void set.refetch()} />;
  if (list.isError) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (!set.data || !list.data) return <Skeleton rows={8} />;
  const shown = versions.find((one) => one.Version === search.version)?.Version ?? versions[0]?.Version;
  const make = (on: boolean) => void navigate({ to: ".", search: { ...search, making: on || undefined } as never, replace: true });
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <ActionsButton actions={actionsOf(set.data).filter((one) => one.id === "remove")} />
              <Button variant="primary" disabled={!canWrite} disabledReason={VIEWER} onClick={() => make(true)}>
                New version
              </Button>
            </SpaceBetween>
          }
        >
          {set.data.DataSetName}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {search.making && <RegisterDialog name={set.data.DataSetName} close={() => make(false)} />}
        <About set={set.data} />
        <Versions versions={versions} shown={shown} />
        {shown !== undefined && (
          <Container>
            <VersionView name={set.data.DataSetName} number={shown} versions={versions} tab={search.tab} base={search.base} />
          </Container>
        )}
        <Comments arn={`arn:aws:studio:us-east-1:${session.project?.account ?? ""}:data-set/${set.data.DataSetName}`} />
      </SpaceBetween>
    </ContentLayout>
  );
}
