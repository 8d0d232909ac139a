// What an endpoint does now: requests, time and errors of each variant, drawn again every two seconds.
import ColumnLayout from "@cloudscape-design/components/column-layout";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import type { Series } from "../../api/types";
import { Chart, type Line } from "../../shared/chart";
import { number } from "../../shared/format";
import { Empty, Failure } from "../../shared/parts";
import { useMetrics } from "../training-job/charts";

/** "endpoint/blue/latency_p50" → what and of which variant. */
const parts = (one: Series) => {
  const [, variant = "", metric = ""] = one.Metric.split("/");
  return { variant, metric };
};

export function linesOf(series: Series[], metric: string, variant: string, label?: string): Line[] {
  return series
    .filter((one) => parts(one).metric === metric && (!variant || parts(one).variant === variant))
    .map((one) => ({ label: `${parts(one).variant}${label ? ` ${label}` : ""}`, points: one.Points.map((point) => ({ x: point.Time, y: point.Value })) }));
}

const newest = (line: Line): number | undefined => line.points.at(-1)?.y;

export function Traffic({ kind = "Endpoint", name }: { kind?: "Endpoint" | "InferenceComponent"; name: string }) {
  const query = useMetrics(kind, name, true);
  const [variant, setVariant] = useState("");
  if (query.isError) return <Failure error={query.error} />;
  const series = query.data ?? [];
  const variants = [...new Set(series.filter((one) => one.Metric.startsWith("endpoint/")).map((one) => parts(one).variant))];
  if (variants.length === 0) return <Empty title="No requests yet" text="Requests, their time and errors appear here within a second. The Test tab sends one." />;
  // A component's metrics are those of all its copies.
  const several = kind === "Endpoint";
  const options = [{ value: "", label: "All variants" }, ...variants.map((one) => ({ value: one, label: one }))];
  const total = series.filter((one) => parts(one).metric === "invocations").reduce((sum, one) => sum + one.Points.reduce((all, point) => all + point.Value, 0), 0);
  const percentile = ["p50", "p90", "p99"].flatMap((one) => linesOf(series, `latency_${one}`, variant, one));
  const errors = [...linesOf(series, "errors4xx", variant, "4xx"), ...linesOf(series, "errors5xx", variant, "5xx")];
  return (
    <SpaceBetween size="m">
      {several && (
        <div className="filters">
          <Select ariaLabel="Variant" options={options} selectedOption={options.find((one) => one.value === variant) ?? null} onChange={({ detail }) => setVariant(detail.selectedOption.value ?? "")} />
        </div>
      )}
      <KeyValuePairs
        columns={4}
        items={[
          { label: "Requests shown", value: number(total) },
          ...percentile.slice(0, 1).map((line) => ({ label: "Median now", value: `${number(newest(line))} ms` })),
          { label: "Errors shown", value: number(errors.reduce((sum, line) => sum + line.points.reduce((all, point) => all + point.y, 0), 0)) },
        ]}
      />
      <ColumnLayout columns={2}>
        <Chart title="Requests per second" lines={linesOf(series, "invocations", variant)} />
        <Chart title="Latency (ms)" lines={percentile} />
        <Chart title="Errors per second" lines={errors} />
      </ColumnLayout>
    </SpaceBetween>
  );
}
