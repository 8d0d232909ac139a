import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Toggle from "@cloudscape-design/components/toggle";
import { useQueries } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker, studio } from "../../api/client";
import type { Job, Series } from "../../api/types";
import { Chart, type Line } from "../../shared/chart";
import { number } from "../../shared/format";
import { Failure, Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";

interface Row {
  name: string;
  values: (string | undefined)[];
  best?: number;
}

/** The index of the best value: the least of losses and errors, the greatest of all else. */
export function bestOf(metric: string, values: (number | undefined)[]): number | undefined {
  const known = values.filter((one): one is number => one !== undefined);
  if (known.length < 2) return undefined;
  const less = /loss|error|rmse|mae|mse|mape|perplexity/i.test(metric);
  return values.indexOf(less ? Math.min(...known) : Math.max(...known));
}

function rowsOf(jobs: Job[], of: (job: Job) => Record<string, string>): Row[] {
  const records = jobs.map(of);
  const names = [...new Set(records.flatMap((one) => Object.keys(one)))].sort();
  return names.map((name) => ({ name, values: records.map((one) => one[name]) }));
}

/** Curves of all jobs for each metric, by the seconds since each job's first point. */
function curves(names: string[], all: Series[][]): Map<string, Line[]> {
  const found = new Map<string, Line[]>();
  all.forEach((series, index) => {
    for (const one of series) {
      if (one.Metric.includes("/")) continue;
      const start = one.Points[0]?.Time ?? 0;
      const line = { label: names[index]!, points: one.Points.map((point) => ({ x: Math.round((point.Time - start) * 10) / 10, y: point.Value })) };
      found.set(one.Metric, [...(found.get(one.Metric) ?? []), line]);
    }
  });
  return found;
}

export function ComparePage() {
  const { names: text = "" } = useSearch({ strict: false }) as { names?: string };
  const names = text.split(",").filter(Boolean).slice(0, 10);
  const [differences, setDifferences] = useState(true);
  const jobs = useQueries({
    queries: names.map((name) => ({ queryKey: ["TrainingJob", name], queryFn: () => sagemaker<Job>("DescribeTrainingJob", { TrainingJobName: name }) })),
  });
  const metrics = useQueries({
    queries: names.map((name) => ({
      queryKey: ["TrainingJob", name, "metrics", 0],
      queryFn: () => studio<{ Metrics: Series[] }>("GetMetrics", { Kind: "TrainingJob", Name: name }),
    })),
  });
  const failed = jobs.find((one) => one.isError);
  if (failed) return <Failure error={failed.error} />;
  if (jobs.some((one) => !one.data)) return <Skeleton />;
  const found = jobs.map((one) => one.data!);
  const parameters = rowsOf(found, (job) => ({
    ...job.HyperParameters,
    "instance type": job.ResourceConfig.InstanceType ?? "",
    image: job.AlgorithmSpecification.TrainingImage?.split("/").pop() ?? "",
  })).filter((row) => !differences || new Set(row.values).size > 1);
  const finals = rowsOf(found, (job) => Object.fromEntries((job.FinalMetricDataList ?? []).map((one) => [one.MetricName, String(one.Value)]))).map((row) => ({
    ...row,
    best: bestOf(row.name, row.values.map((one) => (one === undefined ? undefined : Number(one)))),
  }));
  const columns = (numeric: boolean) => [
    { id: "name", header: "Name", isRowHeader: true, cell: (row: Row) => row.name },
    ...names.map((name, index) => ({
      id: name,
      header: <Link to={`/jobs/${name}`}>{name}</Link>,
      cell: (row: Row) => {
        const value = row.values[index];
        const shown = value === undefined ? "–" : numeric ? number(Number(value)) : value;
        return row.best === index ? <b>{shown} ★</b> : shown;
      },
    })),
  ];
  return (
    <ContentLayout header={<Header variant="h1">Compare {names.length} jobs</Header>}>
      <SpaceBetween size="l">
        <Table contentDensity="compact" header={<Header variant="h2">Final metrics</Header>} items={finals} columnDefinitions={columns(true)} empty="None of them has metrics." />
        <Container header={<Header variant="h2" description="Seconds since each job's first value">Curves</Header>}>
          <ColumnLayout columns={2}>
            {[...curves(names, metrics.map((one) => one.data?.Metrics ?? []))].map(([metric, lines]) => (
              <Chart key={metric} title={metric} lines={lines} time={false} />
            ))}
          </ColumnLayout>
        </Container>
        <Table
          contentDensity="compact"
          header={
            <Header
              variant="h2"
              actions={
                <Toggle checked={differences} onChange={({ detail }) => setDifferences(detail.checked)}>
                  Differences only
                </Toggle>
              }
            >
              Parameters
            </Header>
          }
          items={parameters}
          columnDefinitions={columns(false)}
          empty="They do not differ."
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
