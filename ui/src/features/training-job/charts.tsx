import ColumnLayout from "@cloudscape-design/components/column-layout";
import { useQuery } from "@tanstack/react-query";

import { studio } from "../../api/client";
import type { Series } from "../../api/types";
import { Chart, type Line } from "../../shared/chart";
import { Empty, Failure } from "../../shared/parts";

export const useMetrics = (kind: "TrainingJob" | "Endpoint" | "InferenceComponent", name: string, live: boolean, start?: number) =>
  useQuery({
    queryKey: [kind, name, "metrics", start ?? 0],
    queryFn: () => studio<{ Metrics: Series[] }>("GetMetrics", { Kind: kind, Name: name, Start: start }),
    refetchInterval: live ? 2000 : false,
    select: (answer) => answer.Metrics,
  });

const line = (one: Series, label: string): Line => ({ label, points: one.Points.map((point) => ({ x: point.Time, y: point.Value })) });

/** train:x and validation:x share a chart: what is compared should be seen together. */
export function groupMetrics(series: Series[]): Map<string, Line[]> {
  const groups = new Map<string, Line[]>();
  for (const one of series) {
    if (one.Metric.includes("/")) continue;
    const stem = one.Metric.replace(/^(train|training|validation|valid|test|eval)[:_-]/, "");
    const label = one.Host && one.Host !== "algo-1" ? `${one.Metric} (${one.Host})` : one.Metric;
    groups.set(stem, [...(groups.get(stem) ?? []), line(one, label)]);
  }
  return groups;
}

export function MetricCharts({ name, live }: { name: string; live: boolean }) {
  const query = useMetrics("TrainingJob", name, live);
  if (query.isError) return <Failure error={query.error} />;
  const groups = groupMetrics(query.data ?? []);
  if (groups.size === 0)
    return <Empty title="No metrics yet" text="Lines of the log that match a metric definition appear here as curves while the job runs." />;
  return (
    <ColumnLayout columns={2}>
      {[...groups].map(([stem, lines]) => (
        <Chart key={stem} title={stem} lines={lines} />
      ))}
    </ColumnLayout>
  );
}

export function SystemCharts({ kind, name, live }: { kind: "TrainingJob" | "Endpoint"; name: string; live: boolean }) {
  const query = useMetrics(kind, name, live);
  const of = (metric: string, scale = 1): Line[] =>
    (query.data ?? [])
      .filter((one) => one.Metric === metric)
      .map((one) => ({ label: one.Host || metric, points: one.Points.map((point) => ({ x: point.Time, y: point.Value / scale })) }));
  const cpu = of("system/cpu");
  const memory = of("system/memory", 2 ** 20);
  if (cpu.length + memory.length === 0) return <Empty title="No samples yet" text="CPU and memory are sampled while it runs." />;
  return (
    <ColumnLayout columns={2}>
      <Chart title="CPU (percent of one core)" lines={cpu} />
      <Chart title="Memory (MiB)" lines={memory} />
    </ColumnLayout>
  );
}
