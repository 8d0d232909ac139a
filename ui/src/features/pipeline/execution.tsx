import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Fragment, useMemo, useState } from "react";

import { sagemaker } from "../../api/client";
import { Comments } from "../../shared/comments";
import { type Action, VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { used, useUsed } from "../../shared/cost";
import { duration, time } from "../../shared/format";
import { ContextMenu, type MenuAt } from "../../shared/menu";
import { Failure, Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { useTitle } from "../../shared/title";
import { Graph } from "./graph";
import { flat, ways } from "./layout";
import { useDefinition, useExecution, usePipeline } from "./query";
import { from, inLoops, recordsOf } from "./results";
import { StartDialog } from "./start";
import { StepPanel } from "./step";
import { type Definition, running, type StepRecord } from "./types";

function Gantt({ records, choose }: { records: StepRecord[]; choose: (name: string) => void }) {
  const now = Date.now() / 1000;
  const first = Math.min(...records.map((one) => one.StartTime));
  const span = Math.max(0.001, Math.max(...records.map((one) => one.EndTime ?? now)) - first);
  return (
    <div className="gantt" role="list" aria-label="When each step ran">
      {records.map((one) => {
        const left = ((one.StartTime - first) / span) * 85;
        const width = (((one.EndTime ?? now) - one.StartTime) / span) * 85;
        return (
          <Fragment key={one.StepName}>
            <span role="listitem">
              <Button variant="inline-link" onClick={() => choose(one.StepName)}>
                {one.StepName}
              </Button>
            </span>
            <div>
              <i data-state={one.StepStatus} style={{ left: `${left}%`, width: `${width}%` }} />
              <em style={{ left: `${left + width}%` }}>{duration((one.EndTime ?? now) - one.StartTime)}</em>
            </div>
          </Fragment>
        );
      })}
    </div>
  );
}

interface StepsProps {
  definition: Definition;
  records: Record<string, StepRecord>;
  usedBy: (step: string) => string;
  actionsOf: (name: string) => Action[];
}

function Steps({ definition, records, usedBy, actionsOf }: StepsProps) {
  const [chosen, setChosen] = useState<string>();
  const [menu, setMenu] = useState<MenuAt>();
  const loops = useMemo(() => inLoops(definition), [definition]);
  const steps = flat(definition.Steps);
  const begun = Object.values(records).sort((one, other) => one.StartTime - other.StartTime);
  /** The step that a record is of: one in a ForEach is called <step>-<index>. */
  const stepOf = (name: string) => (records[name]?.IterationContext ? name.slice(0, name.lastIndexOf("-")) : name);
  const step = steps.find((one) => one.Name === chosen);
  return (
    <SpaceBetween size="m">
      <Tabs
        tabs={[
          {
            id: "graph",
            label: "Graph",
            content: (
              <Graph
                definition={definition}
                records={records}
                chosen={chosen}
                choose={setChosen}
                menu={(event, name) => {
                  event.preventDefault();
                  setChosen(name);
                  setMenu({ x: event.clientX, y: event.clientY, label: name, actions: actionsOf(name) });
                }}
              />
            ),
          },
          { id: "gantt", label: "Time", content: begun.length > 0 ? <Gantt records={begun} choose={(name) => setChosen(stepOf(name))} /> : "No step has begun yet." },
        ]}
      />
      {step ? <StepPanel key={step.Name} step={step} records={recordsOf(step.Name, loops, records)} usedBy={usedBy} actions={actionsOf(step.Name)} /> : <p className="quiet">Choose a step to see its status, what it measured, its log and what it made. Right-click runs it again.</p>}
      {menu && <ContextMenu at={menu} close={() => setMenu(undefined)} />}
    </SpaceBetween>
  );
}

export function ExecutionPage() {
  const { name, execution } = useParams({ strict: false }) as { name: string; execution: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, fail } = useStudio();
  const [again, setAgain] = useState<{ only?: { source: string; steps: string[] } }>();
  const pipeline = usePipeline(name);
  const arn = pipeline.data && `${pipeline.data.PipelineArn}/execution/${execution}`;
  const query = useExecution(arn);
  const definition = useDefinition(query.data?.definition);
  const status = query.data?.about.PipelineExecutionStatus ?? "";
  const live = running(status);
  const spent = useUsed(query.data && arn, live);
  useTitle(query.data?.about.PipelineExecutionDisplayName ?? execution, undefined);
  const failure = pipeline.error ?? query.error;
  if (failure) return <Failure error={failure} retry={() => void query.refetch()} />;
  if (!query.data || !definition) return <Skeleton rows={8} />;
  const { about, records, parameters } = query.data;
  const ask = (operation: string) =>
    sagemaker(operation, { PipelineExecutionArn: arn, ClientRequestToken: crypto.randomUUID() })
      .then(() => client.invalidateQueries({ queryKey: ["executions"] }))
      .catch((error: unknown) => fail(operation === "StopPipelineExecution" ? "Stopping" : "Retrying", error));
  const writing = canWrite ? undefined : VIEWER;
  const retriable = status === "Failed" || status === "Stopped";
  const loops = inLoops(definition);
  const gates = ways(definition);
  /** What a step started has used; what took its result from elsewhere started nothing. */
  const usedBy = (step: string) => {
    const nothing = { Seconds: 0, Cost: 0, InstanceTypes: [] };
    return used(spent && (spent.Steps?.find((one) => one.StepName === step) ?? nothing), spent?.Currency, records[step] !== undefined && running(records[step].StepStatus));
  };
  const actionsOf = (step: string): Action[] => {
    const mine = recordsOf(step, loops, records);
    const ended = mine.some((one) => one.StepStatus === "Failed" || one.StepStatus === "Stopped");
    const whole = loops.has(step) ? `It is run by ${loops.get(step)}: run that again.` : undefined;
    const rest = from(gates, step).filter((one) => !loops.has(one));
    const earlier = [...new Set(gates.filter((one) => rest.includes(one.to) && !rest.includes(one.from)).map((one) => one.from))].find((one) => records[one]?.StepStatus !== "Succeeded");
    const lacking = running(status) ? "The execution runs." : earlier ? `${earlier} comes before, and did not succeed.` : undefined;
    const only = (steps: string[]) => setAgain({ only: { source: arn!, steps } });
    return [
      { id: "retry", text: "Retry what failed", disabledReason: writing ?? (retriable ? (ended ? undefined : "This step did not fail.") : "Only what failed or was stopped can be retried."), run: () => void ask("RetryPipelineExecution") },
      { id: "from", text: "Run again from here…", apart: true, disabledReason: writing ?? whole ?? lacking, run: () => only(rest) },
      { id: "only", text: "Run only this step…", disabledReason: writing ?? whole ?? lacking, run: () => only(from(gates.filter((one) => one.word), step).filter((one) => !loops.has(one))) },
    ];
  };
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={<Link to={`/pipelines/${name}?tab=executions`}>{name}</Link>}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={Boolean(writing) || status !== "Executing"} disabledReason={writing ?? "The execution does not run."} onClick={() => void ask("StopPipelineExecution")}>
                Stop
              </Button>
              <Button disabled={Boolean(writing) || !retriable} disabledReason={writing ?? "Only what failed or was stopped can be retried."} onClick={() => void ask("RetryPipelineExecution")}>
                Retry
              </Button>
              <Button variant="primary" disabled={Boolean(writing)} disabledReason={writing} onClick={() => setAgain({})}>
                Run again…
              </Button>
            </SpaceBetween>
          }
        >
          {about.PipelineExecutionDisplayName ?? execution}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {about.FailureReason && (
          <Alert type="error" header="The execution failed">
            <pre className="reason">{about.FailureReason}</pre>
          </Alert>
        )}
        <KeyValuePairs
          columns={5}
          items={[
            { label: "Status", value: <Status word={status} /> },
            { label: "Started", value: time(about.CreationTime) },
            { label: "Took", value: duration((running(status) ? Date.now() / 1000 : about.LastModifiedTime) - about.CreationTime) },
            { label: "Used by its steps", value: used(spent, spent?.Currency, live) },
            { label: "By", value: about.CreatedBy?.UserProfileName ?? "–" },
          ]}
        />
        <Tabs
          activeTabId={tab ?? "steps"}
          onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
          tabs={[
            { id: "steps", label: "Steps", content: <Steps definition={definition} records={records} usedBy={usedBy} actionsOf={actionsOf} /> },
            {
              id: "parameters",
              label: "Parameters",
              content: (
                <Table
                  variant="embedded"
                  contentDensity="compact"
                  items={parameters}
                  columnDefinitions={[
                    { id: "name", header: "Parameter", isRowHeader: true, cell: (one) => one.Name },
                    { id: "value", header: "Value", cell: (one) => one.Value },
                  ]}
                  empty="This pipeline has no parameters."
                />
              ),
            },
            { id: "comments", label: "Comments", content: arn ? <Comments arn={arn} /> : null },
          ]}
        />
        {again && <StartDialog pipeline={name} definition={definition} given={parameters} only={again.only} close={() => setAgain(undefined)} />}
      </SpaceBetween>
    </ContentLayout>
  );
}
