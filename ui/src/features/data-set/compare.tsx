// What changed from one version to another.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { studio } from "../../api/client";
import { number } from "../../shared/format";
import { Empty, Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Spread } from "./profile";
import { type Change, type Column, type Comparison, moved, type Version } from "./types";

type Profiled = Version & { Columns: Column[] };
const WORDS = { Same: "", Added: "new", Removed: "gone", Retyped: "another type" };

const profiled = (name: string, version: number) => ({
  queryKey: ["DataSet", name, "version", version],
  queryFn: () => studio<Profiled>("DescribeDataSetVersion", { DataSetName: name, Version: version }),
});

function Moved({ change }: { change: Change }) {
  if (change.Change !== "Same") return <StatusIndicator type="warning">{WORDS[change.Change]}</StatusIndicator>;
  if (change.Psi === undefined) return <>–</>;
  return <StatusIndicator type={change.Psi < 0.1 ? "success" : change.Psi < 0.25 ? "info" : "warning"}>{moved(change.Psi)}</StatusIndicator>;
}

export function Compare({ version, versions, base: asked }: { version: Version; versions: Version[]; base: number | undefined }) {
  const navigate = useNavigate();
  const name = version.DataSetName;
  const others = versions.filter((one) => one.Version !== version.Version && one.VersionStatus === "Ready");
  const base = (others.find((one) => one.Version === asked) ?? others.find((one) => one.Version < version.Version) ?? others[0])?.Version ?? 0;
  const told = useQuery({
    queryKey: ["DataSet", name, "compare", base, version.Version],
    queryFn: () => studio<Comparison>("CompareDataSetVersions", { DataSetName: name, BaseVersion: base, OtherVersion: version.Version }),
    enabled: base > 0 && version.VersionStatus === "Ready",
  });
  const before = useQuery({ ...profiled(name, base), enabled: base > 0 });
  const after = useQuery(profiled(name, version.Version));
  if (base === 0) return <Empty title="Nothing to compare with" text="Make another version of this data set; then this page says which columns came and went, and how far each one's values moved." />;
  if (version.VersionStatus !== "Ready") return <Empty title="Not ready yet" text="Only versions that are ready are compared." />;
  if (told.isError) return <Failure error={told.error} retry={() => void told.refetch()} />;
  if (!told.data) return <Skeleton rows={5} />;
  const options = others.map((one) => ({ value: String(one.Version), label: `Version ${one.Version}` }));
  const of = (side: Profiled | undefined, column: string) => side?.Columns.find((one) => one.Name === column);
  const rows = (told.data.OtherRows ?? 0) - (told.data.BaseRows ?? 0);
  return (
    <SpaceBetween size="m">
      <SpaceBetween direction="horizontal" size="m" alignItems="end">
        <FormField label={`Version ${version.Version} against`}>
          <Select
            selectedOption={options.find((one) => one.value === String(base)) ?? null}
            options={options}
            ariaLabel="Compared with"
            onChange={({ detail }) => void navigate({ to: ".", search: { version: version.Version, tab: "compare", base: Number(detail.selectedOption.value) } as never, replace: true })}
          />
        </FormField>
        {told.data.OtherRows !== undefined && (
          <Box>
            {told.data.BaseRows?.toLocaleString("en")} → {told.data.OtherRows.toLocaleString("en")} rows ({rows > 0 ? "+" : ""}
            {rows.toLocaleString("en")})
          </Box>
        )}
      </SpaceBetween>
      {told.data.SameBytes && <Alert type="info">Both versions have the same bytes.</Alert>}
      <Table
        variant="embedded"
        contentDensity="compact"
        items={told.data.Columns}
        trackBy="Name"
        ariaLabels={{ tableLabel: "Changes" }}
        columnDefinitions={[
          { id: "name", header: "Column", isRowHeader: true, cell: (one) => one.Name },
          { id: "change", header: "Change", minWidth: 150, cell: (one) => <Moved change={one} /> },
          { id: "type", header: "Type", cell: (one) => <span className="mono">{one.BaseType === one.OtherType ? one.BaseType : [one.BaseType ?? "–", one.OtherType ?? "–"].join(" → ")}</span> },
          { id: "base", header: `Version ${base}`, cell: (one) => <Side column={of(before.data, one.Name)} /> },
          { id: "other", header: `Version ${version.Version}`, cell: (one) => <Side column={of(after.data, one.Name)} /> },
          { id: "nulls", header: "Missing", cell: (one) => (one.BaseNulls === undefined ? "–" : `${one.BaseNulls} → ${one.OtherNulls ?? "–"}`) },
          { id: "distance", header: "Distance", cell: (one) => (one.Distance === undefined ? "–" : `${number(one.Distance)} (${one.Method ?? ""})`) },
          { id: "psi", header: "PSI", cell: (one) => number(one.Psi) },
        ]}
        empty="These versions have no columns that could be told; only their bytes are compared."
      />
    </SpaceBetween>
  );
}

const Side = ({ column }: { column: Column | undefined }) =>
  column ? (
    <div>
      <Spread column={column} />
      {column.Minimum !== undefined && (
        <Box variant="small">
          {number(column.Minimum)} … {number(column.Maximum)}
        </Box>
      )}
    </div>
  ) : (
    <>–</>
  );
