// A version's columns: what type, how many are missing or different, and how the values are spread.
import Box from "@cloudscape-design/components/box";
import Table from "@cloudscape-design/components/table";

import { number } from "../../shared/format";
import { bars, type Column } from "./types";

const W = 120;
const H = 32;

export function Spread({ column, label }: { column: Column; label?: string }) {
  const shown = bars(column);
  if (shown.length === 0) return <Box color="text-body-secondary">no values</Box>;
  const width = W / shown.length;
  const what = column.Histogram ? `between ${number(column.Minimum)} and ${number(column.Maximum)}` : `commonest: ${shown.slice(0, 3).map((one) => one.told).join(", ")}`;
  return (
    <svg className="spread" role="img" aria-label={`${label ?? column.Name}, ${what}`} viewBox={`0 0 ${W} ${H}`} width={W} height={H}>
      {shown.map((one, n) => (
        <rect key={n} x={n * width} y={H - Math.max(one.share * H, one.share > 0 ? 1 : 0)} width={Math.max(Math.min(width, 24) - 1, 1)} height={Math.max(one.share * H, one.share > 0 ? 1 : 0)}>
          <title>{one.told}</title>
        </rect>
      ))}
    </svg>
  );
}

const range = (one: Column) =>
  one.Minimum !== undefined ? `${number(one.Minimum)} … ${number(one.Maximum)}` : one.Smallest !== undefined ? `${one.Smallest.slice(0, 30)} … ${(one.Largest ?? "").slice(0, 30)}` : "–";

export function Columns({ columns, rows }: { columns: Column[]; rows: number }) {
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      items={columns}
      trackBy="Name"
      ariaLabels={{ tableLabel: "Columns" }}
      columnDefinitions={[
        { id: "name", header: "Column", isRowHeader: true, cell: (one) => one.Name },
        { id: "type", header: "Type", cell: (one) => <span className="mono">{one.Type}</span> },
        { id: "spread", header: "Values", cell: (one) => <Spread column={one} /> },
        { id: "range", header: "From … to", cell: range },
        { id: "mean", header: "Mean ± deviation", cell: (one) => (one.Mean === undefined ? "–" : `${number(one.Mean)} ± ${number(one.StandardDeviation)}`) },
        { id: "nulls", header: "Missing", cell: (one) => (one.Nulls === 0 ? "0" : `${one.Nulls.toLocaleString("en")} (${((100 * one.Nulls) / (rows || 1)).toPrecision(2)} %)`) },
        { id: "distinct", header: "Different", cell: (one) => `${one.Complete ? "" : "≈ "}${one.Distinct.toLocaleString("en")}` },
        { id: "top", header: "Commonest", cell: (one) => one.TopValues.slice(0, 2).map((top) => top.Value.slice(0, 24)).join(", ") || "–" },
      ]}
      empty="Files of this kind have no columns that could be told."
    />
  );
}
