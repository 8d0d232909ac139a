// An asynchronous endpoint: what was sent, what waits, and the answers in the bucket.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { headers, send, studio } from "../../api/client";
import { upload } from "../../api/s3";
import type { Endpoint } from "../../api/types";
import { describe, useStudio } from "../../shared/context";
import { duration, time } from "../../shared/format";
import { Code, Empty, Failure, S3Link, Status } from "../../shared/parts";
import { samplesOf, useInputs } from "./sample";
import { asyncPython } from "./snippets";

interface Invocation {
  InvocationId: string;
  InferenceId: string;
  InputLocation?: string;
  OutputLocation: string;
  FailureLocation?: string;
  FailureReason?: string;
  Status: "Queued" | "Running" | "Completed" | "Failed" | "Expired" | "Cancelled";
  CreationTime: number;
  StartTime?: number;
  EndTime?: number;
  Attempts: number;
}
const STATES = ["Queued", "Running", "Completed", "Failed", "Expired", "Cancelled"];

function Invocations({ name }: { name: string }) {
  const { canWrite, fail } = useStudio();
  const [state, setState] = useState("");
  const query = useQuery({
    queryKey: ["invocations", name, state],
    refetchInterval: 2000,
    queryFn: () => studio<{ Invocations: Invocation[] }>("ListAsyncInvocations", { EndpointName: name, StatusEquals: state || undefined, MaxResults: 50 }),
    select: (answer) => answer.Invocations,
  });
  const cancel = (one: Invocation) =>
    void studio("CancelAsyncInvocation", { InvocationId: one.InvocationId })
      .catch((error: unknown) => fail("Not cancelled", error))
      .then(() => query.refetch());
  const options = [{ value: "", label: "Any state" }, ...STATES.map((value) => ({ value, label: value }))];
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      header={<Header variant="h3">Requests, newest first</Header>}
      filter={
        <div className="filters">
          <Select ariaLabel="State" options={options} selectedOption={options.find((one) => one.value === state) ?? null} onChange={({ detail }) => setState(detail.selectedOption.value ?? "")} />
        </div>
      }
      items={query.data ?? []}
      trackBy="InvocationId"
      loading={query.isPending}
      loadingText="Loading requests"
      columnDefinitions={[
        { id: "id", header: "Request", cell: (one) => <span className="mono">{one.InferenceId.slice(0, 36)}</span>, isRowHeader: true },
        { id: "state", header: "State", cell: (one) => <Status word={one.Status} /> },
        { id: "created", header: "Came", cell: (one) => time(one.CreationTime) },
        { id: "waited", header: "Waited", cell: (one) => duration((one.StartTime ?? one.EndTime ?? Date.now() / 1000) - one.CreationTime) },
        { id: "took", header: "Took", cell: (one) => duration(one.StartTime && (one.EndTime ?? Date.now() / 1000) - one.StartTime) },
        {
          id: "to",
          header: "Answer",
          cell: (one) =>
            one.Status === "Completed" ? <S3Link uri={one.OutputLocation} /> : one.FailureReason ? <span title={one.FailureLocation}>{one.FailureReason.slice(0, 120)}</span> : "–",
        },
        {
          id: "cancel",
          header: "Cancel",
          cell: (one) =>
            canWrite &&
            one.Status === "Queued" && (
              <Button variant="inline-link" ariaLabel={`Cancel ${one.InferenceId}`} onClick={() => cancel(one)}>
                Cancel
              </Button>
            ),
        },
      ]}
      empty={<Empty title="The queue is empty" text="Requests wait here until an instance has time for them." />}
    />
  );
}

export function Queue({ endpoint }: { endpoint: Endpoint }) {
  const { session } = useStudio();
  const client = useQueryClient();
  const config = endpoint.AsyncInferenceConfig;
  const bucket = `sagemaker-us-east-1-${session.project?.account ?? ""}`;
  const sample = samplesOf(useInputs(endpoint.EndpointName, endpoint.EndpointStatus === "InService"))["application/json"]!;
  const [written, setBody] = useState<string>();
  const body = written ?? sample;
  const [refused, setRefused] = useState<unknown>();
  const ask = async () => {
    setRefused(undefined);
    try {
      const key = `async-requests/${endpoint.EndpointName}/${crypto.randomUUID()}.json`;
      await upload(bucket, key, new Blob([body], { type: "application/json" }), () => undefined, new AbortController().signal);
      await send(`/api/runtime/endpoints/${endpoint.EndpointName}/async-invocations`, {
        method: "POST",
        headers: headers({ "X-Amzn-SageMaker-InputLocation": `s3://${bucket}/${key}`, "X-Amzn-SageMaker-Content-Type": "application/json" }),
      });
      await client.invalidateQueries({ queryKey: ["invocations", endpoint.EndpointName] });
    } catch (error) {
      setRefused(error);
    }
  };
  return (
    <SpaceBetween size="l">
      <KeyValuePairs
        columns={3}
        items={[
          { label: "Answers go to", value: config?.OutputConfig.S3OutputPath ? <S3Link uri={config.OutputConfig.S3OutputPath} /> : "–" },
          { label: "Requests at once per instance", value: String(config?.ClientConfig?.MaxConcurrentInvocationsPerInstance ?? "as many as the model takes") },
          { label: "Told", value: Object.values(config?.OutputConfig.NotificationConfig ?? {}).join(", ") || "nobody" },
        ]}
      />
      <ColumnLayout columns={2}>
        <SpaceBetween size="s">
          {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
          <FormField label="Body" description="It is stored in the bucket; the endpoint reads it from there." stretch>
            <Textarea rows={5} value={body} onChange={({ detail }) => setBody(detail.value)} spellcheck={false} />
          </FormField>
          <Button variant="primary" disabled={endpoint.EndpointStatus !== "InService"} onClick={() => void ask()}>
            Put into the queue
          </Button>
        </SpaceBetween>
        <Code text={asyncPython(endpoint.EndpointName, bucket)} />
      </ColumnLayout>
      <Invocations name={endpoint.EndpointName} />
    </SpaceBetween>
  );
}
