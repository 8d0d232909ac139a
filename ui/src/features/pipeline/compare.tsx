// Two executions side by side: what was given, how each step went, what was measured.
import Checkbox from "@cloudscape-design/components/checkbox";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQueries } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { duration, number, time } from "../../shared/format";
import { Empty, Failure, Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { useTitle } from "../../shared/title";
import { all } from "./edit";
import { useExecution, usePipeline } from "./query";
import { differ, inLoops, recordsOf, resultsOf, type Row, rowOf, summed } from "./results";
import type { Definition, StepRecord } from "./types";

type Side = NonNullable<ReturnType<typeof useExecution>["data"]>;

function Sides({ title, rows, names, differences, empty }: { title: string; rows: Row[]; names: React.ReactNode[]; differences: boolean; empty: string }) {
  const shown = differences ? rows.filter((one) => one.differs) : rows;
  return (
    <Table
      variant="container"
      contentDensity="compact"
      header={<Header variant="h2" counter={`(${rows.filter((one) => one.differs).length} of ${rows.length} differ)`}>{title}</Header>}
      items={shown}
      trackBy="name"
      columnDefinitions={[
        { id: "name", header: "Name", isRowHeader: true, width: "30%", cell: (one) => one.name },
        ...names.map((header, at) => ({ id: `side${at}`, header, width: "35%", cell: (one: Row) => <span className={one.differs ? "differs" : undefined}>{one.sides[at]}</span> })),
      ]}
      empty={rows.length > 0 ? `All ${rows.length} are the same.` : empty}
    />
  );
}

function told(record: StepRecord | undefined): string {
  if (!record) return "did not run";
  if (record.CacheHitResult) return `${record.StepStatus}, from the cache`;
  if (record.SelectiveExecutionResult) return `${record.StepStatus}, from an earlier execution`;
  return `${record.StepStatus}, ${duration((record.EndTime ?? Date.now() / 1000) - record.StartTime)}`;
}

/** What each step of each execution measured, as `step · metric`. */
function useMetrics(sides: (Side | undefined)[]): { rows: Row[]; failed?: unknown; pending: boolean } {
  const asked = sides.flatMap((side, at) => {
    if (!side) return [];
    const definition = JSON.parse(side.definition) as Definition;
    const loops = inLoops(definition);
    return all(definition.Steps).flatMap((step) => recordsOf(step.Name, loops, side.records).map((record) => ({ at, step, record })));
  });
  const answers = useQueries({
    queries: asked.map(({ at, step, record }) => ({
      queryKey: ["results", at, sides[at]!.about.PipelineExecutionArn, record.StepName, record.StepStatus],
      queryFn: () => resultsOf(step, record),
      staleTime: 60_000,
    })),
  });
  const values = new Map<string, string[]>();
  answers.forEach((one, n) => {
    for (const [name, value] of Object.entries(one.data?.metrics ?? {})) {
      const key = `${asked[n]!.record.StepName} · ${name}`;
      const row = values.get(key) ?? sides.map(() => "–");
      row[asked[n]!.at] = number(value);
      values.set(key, row);
    }
  });
  return { rows: [...values].map(([name, both]) => rowOf(name, both)), failed: answers.find((one) => one.isError)?.error, pending: answers.some((one) => one.isPending) };
}

export function ComparePage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { a, b } = useSearch({ strict: false }) as { a?: string; b?: string };
  const [differences, setDifferences] = useState(false);
  const pipeline = usePipeline(name);
  const arn = (id: string | undefined) => (pipeline.data && id ? `${pipeline.data.PipelineArn}/execution/${id}` : undefined);
  const first = useExecution(arn(a));
  const second = useExecution(arn(b));
  const metrics = useMetrics([first.data, second.data]);
  useTitle("Compare executions", undefined);
  const failure = pipeline.error ?? first.error ?? second.error;
  if (!a || !b) return <Empty title="Nothing to compare" text="Choose two executions of the pipeline, and compare them." action={<Link to={`/pipelines/${name}?tab=executions`}>Executions</Link>} />;
  if (failure) return <Failure error={failure} retry={() => void Promise.all([first.refetch(), second.refetch()])} />;
  if (!first.data || !second.data) return <Skeleton rows={8} />;
  const sides = [first.data, second.data];
  const ids = [a, b];
  const names = sides.map((one, at) => (
    <Link key={ids[at]} to={`/pipelines/${name}/${ids[at]}`}>
      {one.about.PipelineExecutionDisplayName ?? ids[at]!}
    </Link>
  ));
  const union = (lists: string[][]) => [...new Set(lists.flat())];
  const about = [
    rowOf("Status", sides.map((one) => one.about.PipelineExecutionStatus)),
    rowOf("Started", sides.map((one) => time(one.about.CreationTime))),
    rowOf("Took", sides.map((one) => duration(one.about.LastModifiedTime - one.about.CreationTime))),
    rowOf("By", sides.map((one) => one.about.CreatedBy?.UserProfileName ?? "–")),
    rowOf("Reason", sides.map((one) => one.about.FailureReason?.slice(0, 300) ?? "–")),
    { ...rowOf("Definition", sides.map((one) => one.definition)), sides: first.data.definition === second.data.definition ? ["the same", "the same"] : ["as it was then", "another"] },
  ];
  const given = union(sides.map((one) => one.parameters.map((each) => each.Name))).map((parameter) => rowOf(parameter, sides.map((one) => one.parameters.find((each) => each.Name === parameter)?.Value ?? "–")));
  const definitions = sides.map((one) => JSON.parse(one.definition) as Definition);
  const loops = definitions.map(inLoops);
  const steps = union(definitions.map((one) => all(one.Steps).map((step) => step.Name))).map((step) => {
    const went = sides.map((one, at) => summed(recordsOf(step, loops[at]!, one.records)));
    return { ...rowOf(step, went.map(told)), differs: differ(went) };
  });
  const common = { names, differences };
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={<Link to={`/pipelines/${name}?tab=executions`}>{name}</Link>}
          actions={
            <Checkbox checked={differences} onChange={({ detail }) => setDifferences(detail.checked)}>
              Only what differs
            </Checkbox>
          }
        >
          Compare executions
        </Header>
      }
    >
      <SpaceBetween size="m">
        <SpaceBetween direction="horizontal" size="m">
          {sides.map((one, at) => (
            <span key={ids[at]}>
              {names[at]} <Status word={one.about.PipelineExecutionStatus} />
            </span>
          ))}
        </SpaceBetween>
        <Sides title="Parameters" rows={given} empty="This pipeline has no parameters." {...common} />
        {metrics.failed !== undefined && <Failure error={metrics.failed} />}
        <Sides title="Metrics" rows={metrics.rows} empty={metrics.pending ? "Loading what was measured…" : "No step measured anything."} {...common} />
        <Sides title="Steps" rows={steps} empty="No steps." {...common} />
        <Sides title="About" rows={about} empty="" {...common} />
      </SpaceBetween>
    </ContentLayout>
  );
}
