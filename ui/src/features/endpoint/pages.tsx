import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import Textarea from "@cloudscape-design/components/textarea";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { headers, sagemaker, send } from "../../api/client";
import type { Endpoint, EndpointConfig, EndpointSummary, Series } from "../../api/types";
import { type Action, endpointActions } from "../../shared/actions";
import { Chart, type Line } from "../../shared/chart";
import { describe, useStudio } from "../../shared/context";
import { number, time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { ActionsButton, Code, Copy, Empty, Failure, Link, Status } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { SystemCharts, useMetrics } from "../training-job/charts";

const endpointList: ListConfig<EndpointSummary> = {
  kind: "Endpoint",
  title: "Endpoints",
  description: "Models that answer at once.",
  operation: "ListEndpoints",
  member: "Endpoints",
  nameOf: (endpoint) => endpoint.EndpointName,
  statuses: ["InService", "Creating", "Updating", "Failed", "Deleting"],
  columns: [
    {
      id: "name",
      header: "Name",
      sortingField: "Name",
      isRowHeader: true,
      cell: (endpoint) => (
        <span data-row={endpoint.EndpointName}>
          <Link to={`/endpoints/${endpoint.EndpointName}`}>{endpoint.EndpointName}</Link>
        </span>
      ),
    },
    { id: "status", header: "Status", sortingField: "Status", cell: (endpoint) => <Status word={endpoint.EndpointStatus} /> },
    { id: "created", header: "Created", sortingField: "CreationTime", cell: (endpoint) => time(endpoint.CreationTime) },
  ],
  empty: { title: "No endpoints yet", text: "Right-click a finished training job or a model and choose Deploy." },
};

function useEndpointActions(): (name: string, status: string) => Action[] {
  const studio = useStudio();
  const navigate = useNavigate();
  return (name, status) =>
    endpointActions(status, studio.canWrite, {
      test: () => void navigate({ to: `/endpoints/${name}`, search: { tab: "test" } as never }),
      remove: () =>
        studio.confirm({
          title: `Delete the endpoint ${name}?`,
          text: "Requests to it will fail from then on. The model stays.",
          verb: "Delete",
          typed: name,
          act: async () => {
            await sagemaker("DeleteEndpoint", { EndpointName: name });
            await navigate({ to: "/endpoints" });
          },
        }),
    });
}

export function EndpointsPage() {
  const navigate = useNavigate();
  const actionsOf = useEndpointActions();
  return (
    <ResourceTable<EndpointSummary>
      config={endpointList}
      actionsOf={(endpoint) => actionsOf(endpoint.EndpointName, endpoint.EndpointStatus)}
      open={(endpoint) => void navigate({ to: `/endpoints/${endpoint.EndpointName}` })}
      create={<Button onClick={() => void navigate({ to: "/models" })}>Deploy a model</Button>}
    />
  );
}

const SAMPLES: Record<string, string> = {
  "application/json": "[[1.0, 2.0, 3.0]]",
  "text/csv": "1.0,2.0,3.0",
  "application/jsonlines": "[1.0, 2.0, 3.0]\n[4.0, 5.0, 6.0]",
};

function TestPanel({ endpoint }: { endpoint: Endpoint }) {
  const [type, setType] = useState("application/json");
  const [accept, setAccept] = useState("application/json");
  const [body, setBody] = useState(SAMPLES["application/json"]!);
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<{ text: string; took: number; headers: string; ok: boolean }>();
  const ask = async () => {
    setBusy(true);
    const began = performance.now();
    try {
      const got = await send(`/api/runtime/endpoints/${endpoint.EndpointName}/invocations`, {
        method: "POST",
        headers: headers({ "Content-Type": type, Accept: accept }),
        body,
      });
      const text = await got.text();
      const shown = [...got.headers].filter(([name]) => name.startsWith("x-") || name === "content-type").map((pair) => pair.join(": "));
      setAnswer({ text, took: performance.now() - began, headers: shown.join("\n"), ok: true });
    } catch (error) {
      setAnswer({ text: describe(error), took: performance.now() - began, headers: "", ok: false });
    } finally {
      setBusy(false);
    }
  };
  const options = Object.keys(SAMPLES).map((value) => ({ value, label: value }));
  const accepts = ["application/json", "text/csv", "*/*"].map((value) => ({ value, label: value }));
  return (
    <ColumnLayout columns={2}>
      <SpaceBetween size="m">
        <FormField label="Content type">
          <Select
            options={options}
            selectedOption={options.find((one) => one.value === type) ?? null}
            onChange={({ detail }) => {
              const next = detail.selectedOption.value ?? type;
              setType(next);
              if (Object.values(SAMPLES).includes(body)) setBody(SAMPLES[next] ?? "");
            }}
          />
        </FormField>
        <FormField label="Accept">
          <Select options={accepts} selectedOption={accepts.find((one) => one.value === accept) ?? null} onChange={({ detail }) => setAccept(detail.selectedOption.value ?? accept)} />
        </FormField>
        <FormField label="Body" stretch>
          <Textarea rows={8} value={body} onChange={({ detail }) => setBody(detail.value)} spellcheck={false} />
        </FormField>
        <Button variant="primary" loading={busy} onClick={() => void ask()} disabled={endpoint.EndpointStatus !== "InService"} disabledReason={`The endpoint is ${endpoint.EndpointStatus}.`}>
          Send request
        </Button>
      </SpaceBetween>
      <div aria-live="polite">
        {answer ? (
          <SpaceBetween size="s">
            <Status word={answer.ok ? "Completed" : "Failed"} />
            <Box>{answer.took.toFixed(0)} ms, seen from this browser</Box>
            <Code text={answer.text} />
            {answer.headers && <Code text={answer.headers} />}
          </SpaceBetween>
        ) : (
          <Empty title="No answer yet" text="Send a request, and the model's answer appears here with its time." />
        )}
      </div>
    </ColumnLayout>
  );
}

function lines(series: Series[], metrics: string[]): Line[] {
  return series
    .filter((one) => metrics.includes(one.Metric.split("/")[2] ?? ""))
    .map((one) => ({ label: one.Metric.split("/").slice(1).join(" "), points: one.Points.map((point) => ({ x: point.Time, y: point.Value })) }));
}

function Traffic({ name }: { name: string }) {
  const query = useMetrics("Endpoint", name, true);
  if (query.isError) return <Failure error={query.error} />;
  const series = query.data ?? [];
  const counts = lines(series, ["invocations"]);
  if (counts.length === 0) return <Empty title="No requests yet" text="Invocations, their latency and errors appear here within a second." />;
  const total = series.filter((one) => one.Metric.endsWith("/invocations")).reduce((sum, one) => sum + one.Points.reduce((all, point) => all + point.Value, 0), 0);
  return (
    <SpaceBetween size="m">
      <Box>{number(total)} invocations in the points shown</Box>
      <ColumnLayout columns={2}>
        <Chart title="Invocations per second" lines={counts} />
        <Chart title="Latency (ms)" lines={lines(series, ["latency_p50", "latency_p90", "latency_p99"])} />
        <Chart title="Errors" lines={lines(series, ["errors4xx", "errors5xx"])} />
      </ColumnLayout>
    </SpaceBetween>
  );
}

const curl = (base: string, name: string) => `curl ${base}/endpoints/${name}/invocations \\
  -H "Authorization: Bearer $AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
  -H "Content-Type: application/json" -H "Accept: application/json" \\
  -d '[[1.0, 2.0, 3.0]]'`;
const python = (name: string) => `import boto3, json

runtime = boto3.client("sagemaker-runtime")
answer = runtime.invoke_endpoint(
    EndpointName="${name}",
    ContentType="application/json",
    Accept="application/json",
    Body=json.dumps([[1.0, 2.0, 3.0]]),
)
print(json.loads(answer["Body"].read()))`;

export function EndpointPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const { session } = useStudio();
  const actionsOf = useEndpointActions();
  const query = useQuery({ queryKey: ["Endpoint", name], queryFn: () => sagemaker<Endpoint>("DescribeEndpoint", { EndpointName: name }), retry: 1 });
  const config = useQuery({
    queryKey: ["EndpointConfig", query.data?.EndpointConfigName],
    enabled: Boolean(query.data),
    retry: false,
    queryFn: () => sagemaker<EndpointConfig>("DescribeEndpointConfig", { EndpointConfigName: query.data!.EndpointConfigName }),
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Spinner size="large" />;
  const endpoint = query.data;
  const variants = config.data?.ProductionVariants ?? [];
  return (
    <ContentLayout
      header={
        <Header variant="h1" actions={<ActionsButton actions={actionsOf(name, endpoint.EndpointStatus)} />}>
          {name}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {endpoint.FailureReason && (
          <Alert type="error" header={endpoint.EndpointStatus === "InService" ? "The last update failed; the version before it serves" : "The endpoint failed"}>
            <pre className="reason">{endpoint.FailureReason}</pre>
          </Alert>
        )}
        <Container>
          <KeyValuePairs
            columns={4}
            items={[
              { label: "Status", value: <Status word={endpoint.EndpointStatus} /> },
              { label: "Created", value: time(endpoint.CreationTime) },
              { label: "Configuration", value: endpoint.EndpointConfigName },
              { label: "ARN", value: <Copy text={endpoint.EndpointArn} /> },
            ]}
          />
        </Container>
        <Tabs
          activeTabId={tab ?? "test"}
          onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
          tabs={[
            { id: "test", label: "Test", content: <TestPanel endpoint={endpoint} /> },
            { id: "traffic", label: "Traffic", content: <Traffic name={name} /> },
            {
              id: "variants",
              label: "Variants",
              content: (
                <Table
                  variant="embedded"
                  items={variants}
                  columnDefinitions={[
                    { id: "name", header: "Variant", cell: (one) => one.VariantName, isRowHeader: true },
                    { id: "model", header: "Model", cell: (one) => <Link to={`/models/${one.ModelName}`}>{one.ModelName}</Link> },
                    { id: "compute", header: "Compute", cell: (one) => `${one.InitialInstanceCount} × ${one.InstanceType}` },
                    { id: "weight", header: "Weight", cell: (one) => number(one.InitialVariantWeight) },
                  ]}
                  empty="The configuration was deleted; the endpoint goes on with what it had."
                />
              ),
            },
            { id: "log", label: "Log", content: <LogView group={`/aws/sagemaker/Endpoints/${name}`} prefix="" live /> },
            { id: "system", label: "System", content: <SystemCharts kind="Endpoint" name={name} live /> },
            {
              id: "code",
              label: "Code",
              content: (
                <SpaceBetween size="m">
                  <Code text={python(name)} />
                  <Code text={curl(session.endpoint, name)} />
                </SpaceBetween>
              ),
            },
          ]}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
