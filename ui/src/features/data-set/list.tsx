import Button from "@cloudscape-design/components/button";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { VIEWER } from "../../shared/actions";
import { createdColumn, nameColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { bytes, time } from "../../shared/format";
import { Link, Status } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { useDataSetActions } from "./actions";
import { RegisterDialog } from "./register";
import { type DataSet, filterOf } from "./types";

const dataSetList: ListConfig<DataSet> = {
  kind: "DataSet",
  title: "Data sets",
  description: "Named data with versions that never change. Find them by name, owner:ann or tag:team=risk.",
  service: "studio",
  operation: "ListDataSets",
  member: "DataSets",
  ask: (search) => ({ ...filterOf(search.name), SortBy: search.sort ?? "CreationTime" }),
  nameOf: (one) => one.DataSetName,
  columns: [
    nameColumn("Name", "/data/sets", (one) => one.DataSetName),
    { id: "version", header: "Version", cell: (one) => (one.VersionStatus ? `v${one.LatestVersion}` : "–") },
    { id: "status", header: "Status", cell: (one) => (one.VersionStatus ? <Status word={one.VersionStatus} /> : "No version") },
    { id: "rows", header: "Rows", cell: (one) => one.RowCount?.toLocaleString("en") ?? "–" },
    { id: "size", header: "Size", cell: (one) => bytes(one.Size) },
    { id: "owner", header: "Owner", cell: (one) => <Link to={`/data/sets?name=${encodeURIComponent(`owner:${one.Owner}`)}`}>{one.Owner}</Link> },
    {
      id: "tags",
      header: "Tags",
      cell: (one) =>
        one.Tags.length === 0 ? (
          "–"
        ) : (
          <ul className="tags">
            {one.Tags.map((tag) => (
              <li key={tag.Key}>
                <b>{tag.Key}</b> {tag.Value}
              </li>
            ))}
          </ul>
        ),
    },
    { id: "description", header: "Description", cell: (one) => one.Description || "–" },
    createdColumn(),
    { id: "modified", header: "Changed", sortingField: "LastModifiedTime", cell: (one) => time(one.LastModifiedTime) },
  ],
  quiet: ["modified"],
  empty: {
    title: "No data sets yet",
    text: "Give data a name: upload files, or name a folder in S3. Each version keeps its bytes and a profile of its columns, jobs read it by name and number, and two versions can be compared.",
  },
};

export function DataSetsPage() {
  const navigate = useNavigate();
  const { canWrite } = useStudio();
  const actionsOf = useDataSetActions();
  const [making, setMaking] = useState(false);
  const create = (
    <Button variant="primary" disabled={!canWrite} disabledReason={VIEWER} onClick={() => setMaking(true)}>
      New data set
    </Button>
  );
  return (
    <>
      {making && <RegisterDialog close={() => setMaking(false)} />}
      <ResourceTable<DataSet> config={dataSetList} actionsOf={actionsOf} open={(one) => void navigate({ to: `/data/sets/${one.DataSetName}` })} create={create} />
    </>
  );
}
