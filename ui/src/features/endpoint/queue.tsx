// An asynchronous endpoint: what was sent, what waits, and the answers in the bucket.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { headers, send } from "../../api/client";
import { newestObjects, upload } from "../../api/s3";
import type { Endpoint } from "../../api/types";
import { describe, useStudio } from "../../shared/context";
import { bytes, parseS3, time } from "../../shared/format";
import { Code, Empty, Failure, S3Link, Status } from "../../shared/parts";
import { asyncPython } from "./snippets";

interface Sent {
  id: string;
  output: string;
  failure?: string;
}

const folderOf = (uri: string) => {
  const { bucket, key } = parseS3(uri);
  return { bucket, prefix: key && !key.endsWith("/") ? `${key}/` : key };
};

/** The newest objects of the folder the answers go to. */
const useAnswers = (uri: string | undefined) =>
  useQuery({
    queryKey: ["answers", uri],
    enabled: Boolean(uri),
    refetchInterval: 3000,
    queryFn: () => {
      const { bucket, prefix } = folderOf(uri!);
      return newestObjects(bucket, prefix, 50).then((all) => all.map((one) => ({ ...one, uri: `s3://${bucket}/${one.key}` })));
    },
  });

export function Queue({ endpoint }: { endpoint: Endpoint }) {
  const { session } = useStudio();
  const config = endpoint.AsyncInferenceConfig;
  const bucket = `sagemaker-us-east-1-${session.project?.account ?? ""}`;
  const [body, setBody] = useState("[[1.0, 2.0, 3.0]]");
  const [sent, setSent] = useState<Sent[]>([]);
  const [refused, setRefused] = useState<unknown>();
  const answers = useAnswers(config?.OutputConfig.S3OutputPath);
  const failures = useAnswers(config?.OutputConfig.S3FailurePath);
  const there = new Set([...(answers.data ?? []), ...(failures.data ?? [])].map((one) => one.uri));
  const ask = async () => {
    setRefused(undefined);
    try {
      const key = `async-requests/${endpoint.EndpointName}/${crypto.randomUUID()}.json`;
      await upload(bucket, key, new Blob([body], { type: "application/json" }), () => undefined, new AbortController().signal);
      const answer = await send(`/api/runtime/endpoints/${endpoint.EndpointName}/async-invocations`, {
        method: "POST",
        headers: headers({ "X-Amzn-SageMaker-InputLocation": `s3://${bucket}/${key}`, "X-Amzn-SageMaker-Content-Type": "application/json" }),
      });
      const known = (await answer.json()) as { InferenceId: string };
      const place = { id: known.InferenceId, output: answer.headers.get("x-amzn-sagemaker-outputlocation") ?? "", failure: answer.headers.get("x-amzn-sagemaker-failurelocation") ?? undefined };
      setSent((old) => [place, ...old]);
      await answers.refetch();
    } catch (error) {
      setRefused(error);
    }
  };
  const stateOf = (one: Sent) => (there.has(one.output) ? "Completed" : one.failure && there.has(one.failure) ? "Failed" : "InProgress");
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
      {sent.length > 0 && (
        <Table
          variant="embedded"
          contentDensity="compact"
          header={<Header variant="h3">Sent from here</Header>}
          items={sent}
          columnDefinitions={[
            { id: "id", header: "Request", cell: (one) => <span className="mono">{one.id}</span>, isRowHeader: true },
            { id: "state", header: "State", cell: (one) => <Status word={stateOf(one)} /> },
            { id: "to", header: "Answer", cell: (one) => (one.output ? <S3Link uri={stateOf(one) === "Failed" ? (one.failure ?? one.output) : one.output} /> : "–") },
          ]}
        />
      )}
      {answers.isError ? (
        <Failure error={answers.error} />
      ) : (
        <Table
          variant="embedded"
          contentDensity="compact"
          header={
            <Header variant="h3" counter={answers.data ? `(${answers.data.length})` : undefined}>
              Answers
            </Header>
          }
          items={answers.data ?? []}
          loading={answers.isPending}
          loadingText="Loading answers"
          columnDefinitions={[
            { id: "uri", header: "Object", cell: (one) => <S3Link uri={one.uri} />, isRowHeader: true },
            { id: "size", header: "Size", cell: (one) => bytes(one.size) },
            { id: "time", header: "Answered", cell: (one) => time(Date.parse(one.modified) / 1000) },
          ]}
          empty={<Empty title="No answers yet" text="Each answered request leaves an object here." />}
        />
      )}
    </SpaceBetween>
  );
}
