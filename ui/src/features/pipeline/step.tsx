// One step of an execution: how it stands, why, and the way to what it made.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import type { Action } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { duration, number, time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { ActionsButton, Code, Failure, Link, S3Link, Status } from "../../shared/parts";
import { made, resultsOf } from "./results";
import { executionId, running, type Step, type StepRecord } from "./types";

const PAGES: Record<string, { page: string; logs?: string }> = {
  TrainingJob: { page: "/jobs/", logs: "/aws/sagemaker/TrainingJobs" },
  ProcessingJob: { page: "/processing/", logs: "/aws/sagemaker/ProcessingJobs" },
  TransformJob: { page: "/batch/", logs: "/aws/sagemaker/TransformJobs" },
  TuningJob: { page: "/tuning/" },
  Model: { page: "/models/" },
  Endpoint: { page: "/endpoints/" },
};

/** Types of steps that start something which uses instances; an endpoint is metered by itself. */
const USING = new Set(["Training", "Processing", "Transform", "Tuning", "Lambda"]);

function Callback({ token }: { token: string }) {
  const { canWrite, fail } = useStudio();
  const [sent, setSent] = useState(false);
  const answer = (operation: string) =>
    sagemaker(operation, { CallbackToken: token, ClientRequestToken: crypto.randomUUID() })
      .then(() => setSent(true))
      .catch((error: unknown) => fail("Answering the callback", error));
  const why = canWrite ? undefined : "Viewers can't answer callbacks in this project.";
  return (
    <Alert
      type="info"
      header="The step waits for an answer"
      action={
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={sent || !canWrite} disabledReason={why} onClick={() => void answer("SendPipelineExecutionStepFailure")}>
            Fail it
          </Button>
          <Button variant="primary" disabled={sent || !canWrite} disabledReason={why} onClick={() => void answer("SendPipelineExecutionStepSuccess")}>
            Go on
          </Button>
        </SpaceBetween>
      }
    >
      {`Token ${token}`}
    </Alert>
  );
}

/** What the step measured, and where its results lie. */
function Outcome({ step, record }: { step: Step; record: StepRecord }) {
  const results = useQuery({ queryKey: ["results", record.StepName, made(record), record.StepStatus], queryFn: () => resultsOf(step, record) });
  if (results.isError) return <Failure error={results.error} retry={() => void results.refetch()} />;
  const metrics = Object.entries(results.data?.metrics ?? {});
  const artifacts = results.data?.artifacts ?? [];
  return (
    <SpaceBetween size="m">
      {metrics.length > 0 && (
        <div role="group" aria-label="Metrics">
          <KeyValuePairs columns={4} items={metrics.map(([name, value]) => ({ label: name, value: number(value) }))} />
        </div>
      )}
      {artifacts.length > 0 && <KeyValuePairs columns={1} items={artifacts.map((one) => ({ label: one.name, value: <S3Link uri={one.uri} /> }))} />}
    </SpaceBetween>
  );
}

interface Props {
  step: Step;
  /** Several where it runs for each item. */
  records: StepRecord[];
  usedBy: (step: string) => string;
  actions: Action[];
}

export function StepPanel({ step, records, usedBy, actions }: Props) {
  const [index, setIndex] = useState(0);
  const record = records[index] ?? records[0];
  const thing = made(record);
  const at = thing && PAGES[thing.kind];
  const outcome = record?.Metadata?.Condition?.Outcome;
  const token = record?.StepStatus === "Executing" ? record.Metadata?.Callback?.CallbackToken : undefined;
  const source = record?.CacheHitResult?.SourcePipelineExecutionArn ?? record?.SelectiveExecutionResult?.SourcePipelineExecutionArn;
  const counts = record?.Metadata?.ForEach as { TotalStepCount?: number; SucceededStepCount?: number; FailedStepCount?: number } | undefined;
  const options = records.map((one, n) => ({ value: String(n), label: one.StepName, description: one.IterationContext?.Item?.slice(0, 100), labelTag: one.StepStatus }));
  return (
    <Container header={<Header variant="h2" actions={<ActionsButton actions={actions} />}>{step.DisplayName ?? step.Name}</Header>}>
      <SpaceBetween size="m">
        {records.length > 1 && <Select ariaLabel="Item" options={options} selectedOption={options[index] ?? null} onChange={({ detail }) => setIndex(Number(detail.selectedOption.value))} />}
        {token && <Callback token={token} />}
        {record?.FailureReason && (
          <Alert type="error" header="Why it failed">
            <pre className="reason">{record.FailureReason}</pre>
          </Alert>
        )}
        <KeyValuePairs
          columns={4}
          items={[
            { label: "Type", value: step.Type },
            { label: "Status", value: record ? <Status word={record.StepStatus} /> : "Has not begun" },
            { label: "Began", value: time(record?.StartTime) },
            { label: "Took", value: record ? duration((record.EndTime ?? Date.now() / 1000) - record.StartTime) : "–" },
            ...(record && USING.has(step.Type) ? [{ label: "Used", value: usedBy(record.StepName) }] : []),
            ...(record?.AttemptCount ? [{ label: "Tried again", value: `${record.AttemptCount} times` }] : []),
            ...(outcome ? [{ label: "Outcome", value: outcome }] : []),
            ...(counts ? [{ label: "Steps done", value: `${counts.SucceededStepCount ?? 0} of ${counts.TotalStepCount ?? 0}${counts.FailedStepCount ? `, ${counts.FailedStepCount} failed` : ""}` }] : []),
            ...(source ? [{ label: "Taken from", value: executionId(source) }] : []),
            ...(thing ? [{ label: "Made", value: at ? <Link to={`${at.page}${thing.name}`}>{thing.name}</Link> : thing.kind === "RegisterModel" ? <Link to={`/registry/${thing.name.split("/")[0]}`}>{thing.name}</Link> : thing.name }] : []),
          ]}
        />
        {record && <Outcome key={record.StepName} step={step} record={record} />}
        {at?.logs && <LogView key={thing!.name} group={at.logs} prefix={`${thing!.name}/`} live={running(record!.StepStatus)} />}
        {!record && <Code text={JSON.stringify(step.Arguments ?? {}, null, 2)} />}
      </SpaceBetween>
    </Container>
  );
}
