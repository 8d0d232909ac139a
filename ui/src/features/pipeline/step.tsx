// One step of an execution: how it stands, why, and the way to what it made.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { useStudio } from "../../shared/context";
import { duration, time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { Code, Link, Status } from "../../shared/parts";
import { executionId, running, type Step, type StepRecord } from "./types";

const PAGES: Record<string, { page: string; logs?: string }> = {
  TrainingJob: { page: "/jobs/", logs: "/aws/sagemaker/TrainingJobs" },
  ProcessingJob: { page: "/processing/", logs: "/aws/sagemaker/ProcessingJobs" },
  TransformJob: { page: "/batch/", logs: "/aws/sagemaker/TransformJobs" },
  TuningJob: { page: "/tuning/" },
  Model: { page: "/models/" },
  Endpoint: { page: "/endpoints/" },
};

/** What the step made: its kind and its name. ARNs are in lower case; names match without case. */
function made(record: StepRecord): { kind: string; name: string } | undefined {
  const [kind, about] = Object.entries(record.Metadata ?? {})[0] ?? [];
  return kind && about?.Arn ? { kind, name: about.Arn.split("/").slice(1).join("/") } : undefined;
}

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

export function StepPanel({ step, record }: { step: Step; record?: StepRecord }) {
  const thing = record && made(record);
  const at = thing && PAGES[thing.kind];
  const outcome = record?.Metadata?.Condition?.Outcome;
  const token = record?.StepStatus === "Executing" ? record.Metadata?.Callback?.CallbackToken : undefined;
  const source = record?.CacheHitResult?.SourcePipelineExecutionArn ?? record?.SelectiveExecutionResult?.SourcePipelineExecutionArn;
  return (
    <Container header={<Header variant="h2">{step.DisplayName ?? step.Name}</Header>}>
      <SpaceBetween size="m">
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
            ...(outcome ? [{ label: "Outcome", value: outcome }] : []),
            ...(source ? [{ label: "Taken from", value: executionId(source) }] : []),
            ...(thing ? [{ label: "Made", value: at ? <Link to={`${at.page}${thing.name}`}>{thing.name}</Link> : thing.kind === "RegisterModel" ? <Link to={`/registry/${thing.name.split("/")[0]}`}>{thing.name}</Link> : thing.name }] : []),
          ]}
        />
        {at?.logs && <LogView key={thing!.name} group={at.logs} prefix={`${thing!.name}/`} live={running(record!.StepStatus)} />}
        {!record && <Code text={JSON.stringify(step.Arguments ?? {}, null, 2)} />}
      </SpaceBetween>
    </Container>
  );
}
