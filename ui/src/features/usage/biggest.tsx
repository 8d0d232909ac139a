import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import Toggle from "@cloudscape-design/components/toggle";
import { useState } from "react";

import { amount, span } from "../../shared/format";
import { Link } from "../../shared/parts";
import { kindWord, pathOf } from "./series";
import type { UsageRow } from "./types";

const FIRST = 15;

/** `projectOf`: the rows come from all projects; what is not of this one has no page here. */
export function Biggest({ rows, currency, projectOf }: { rows: UsageRow[]; currency: string; projectOf?: (account: string) => string }) {
  const [all, setAll] = useState(false);
  const sorted = [...rows].sort((one, other) => other.Cost - one.Cost || other.Seconds - one.Seconds);
  const split = (row: UsageRow): [string, string] => {
    const text = row.Keys.Resource ?? "";
    const cut = text.indexOf("/");
    return [text.slice(0, cut), text.slice(cut + 1)];
  };
  const named = (row: UsageRow) => {
    const [kind, name] = split(row);
    const path = projectOf ? undefined : pathOf(kind, name);
    return path ? <Link to={path}>{name}</Link> : name;
  };
  return (
    <Table
      variant="container"
      contentDensity="compact"
      header={
        <Header variant="h2" counter={`(${sorted.length})`} actions={sorted.length > FIRST && <Toggle checked={all} onChange={({ detail }) => setAll(detail.checked)}>Show all</Toggle>}>
          What cost most
        </Header>
      }
      items={all ? sorted.slice(0, 500) : sorted.slice(0, FIRST)}
      columnDefinitions={[
        { id: "name", header: "Name", isRowHeader: true, cell: named },
        ...(projectOf ? [{ id: "project", header: "Project", cell: (row: UsageRow) => projectOf(row.Keys.Project ?? "") }] : []),
        { id: "kind", header: "Kind", cell: (row) => kindWord(split(row)[0]) },
        { id: "user", header: "Person", cell: (row) => row.Keys.User || "–" },
        { id: "type", header: "Instance type", cell: (row) => <span className="mono">{row.Keys.InstanceType}</span> },
        { id: "time", header: "Time", cell: (row) => span(row.Seconds) },
        { id: "cost", header: "Cost", cell: (row) => amount(row.Cost, currency) },
      ]}
    />
  );
}
