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
import { Fragment, useState } from "react";

import { sagemaker } from "../../api/client";
import { Comments } from "../../shared/comments";
import { useStudio } from "../../shared/context";
import { duration, time } from "../../shared/format";
import { Failure, Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { useTitle } from "../../shared/title";
import { Graph } from "./graph";
import { flat } from "./layout";
import { useDefinition, useExecution, usePipeline } from "./query";
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

function Steps({ definition, records }: { definition: Definition; records: Record<string, StepRecord> }) {
  const [chosen, setChosen] = useState<string>();
  const step = flat(definition.Steps).find((one) => one.Name === chosen);
  const begun = Object.values(records).sort((one, other) => one.StartTime - other.StartTime);
  return (
    <SpaceBetween size="m">
      <Tabs
        tabs={[
          { id: "graph", label: "Graph", content: <Graph definition={definition} records={records} chosen={chosen} choose={setChosen} /> },
          { id: "gantt", label: "Time", content: begun.length > 0 ? <Gantt records={begun} choose={setChosen} /> : "No step has begun yet." },
        ]}
      />
      {step ? <StepPanel key={step.Name} step={step} record={records[step.Name]} /> : <p className="quiet">Choose a step to see its status, its log and what it made.</p>}
    </SpaceBetween>
  );
}

export function ExecutionPage() {
  const { name, execution } = useParams({ strict: false }) as { name: string; execution: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, fail } = useStudio();
  const [again, setAgain] = useState(false);
  const pipeline = usePipeline(name);
  const arn = pipeline.data && `${pipeline.data.PipelineArn}/execution/${execution}`;
  const query = useExecution(arn);
  const definition = useDefinition(query.data?.definition);
  const status = query.data?.about.PipelineExecutionStatus ?? "";
  useTitle(query.data?.about.PipelineExecutionDisplayName ?? execution, undefined);
  const failure = pipeline.error ?? query.error;
  if (failure) return <Failure error={failure} retry={() => void query.refetch()} />;
  if (!query.data || !definition) return <Skeleton rows={8} />;
  const { about, records, parameters } = query.data;
  const ask = (operation: string) =>
    sagemaker(operation, { PipelineExecutionArn: arn, ClientRequestToken: crypto.randomUUID() })
      .then(() => client.invalidateQueries({ queryKey: ["executions"] }))
      .catch((error: unknown) => fail(operation === "StopPipelineExecution" ? "Stopping" : "Retrying", error));
  const writing = canWrite ? undefined : "Viewers can't change things in this project.";
  const retriable = status === "Failed" || status === "Stopped";
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
              <Button variant="primary" disabled={Boolean(writing)} disabledReason={writing} onClick={() => setAgain(true)}>
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
          columns={4}
          items={[
            { label: "Status", value: <Status word={status} /> },
            { label: "Started", value: time(about.CreationTime) },
            { label: "Took", value: duration((running(status) ? Date.now() / 1000 : about.LastModifiedTime) - about.CreationTime) },
            { label: "By", value: about.CreatedBy?.UserProfileName ?? "–" },
          ]}
        />
        <Tabs
          activeTabId={tab ?? "steps"}
          onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
          tabs={[
            { id: "steps", label: "Steps", content: <Steps definition={definition} records={records} /> },
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
        {again && <StartDialog pipeline={name} definition={definition} given={parameters} close={() => setAgain(false)} />}
      </SpaceBetween>
    </ContentLayout>
  );
}
