// Alarms over an endpoint's metrics: what watches it, in which state, and a form for another one.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { cloudwatch } from "../../api/client";
import { describe, useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { Empty, Failure, Link } from "../../shared/parts";
import { Choice, Text } from "../deploy/fields";
import { type Alarm, ruleOf, SIGNS, useAlarms } from "./query";

const METRICS = [
  { value: "Invocation5XXErrors", label: "Server errors", description: "Invocation5XXErrors" },
  { value: "Invocation4XXErrors", label: "Client errors", description: "Invocation4XXErrors" },
  { value: "ModelLatency", label: "Latency", description: "ModelLatency, in microseconds" },
  { value: "Invocations", label: "Requests", description: "Invocations" },
];
const STATES = { OK: ["success", "All is well"], ALARM: ["error", "Alarm"], INSUFFICIENT_DATA: ["pending", "Not enough data"] } as const;

const endpointOf = (alarm: Alarm) => alarm.Dimensions?.find((one) => one.Name === "EndpointName")?.Value;

export function AlarmTable({ alarms, title }: { alarms: Alarm[]; title?: string }) {
  const { canWrite, confirm } = useStudio();
  const client = useQueryClient();
  const remove = (alarm: Alarm) =>
    confirm({
      title: `Delete the alarm ${alarm.AlarmName}?`,
      text: "Deployments that would roll back at it no longer do.",
      verb: "Delete",
      act: async () => {
        await cloudwatch("DeleteAlarms", { AlarmNames: [alarm.AlarmName] });
        await client.invalidateQueries({ queryKey: ["alarms"] });
      },
    });
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      header={title ? <Header variant="h3">{title}</Header> : undefined}
      items={alarms}
      trackBy="AlarmName"
      columnDefinitions={[
        { id: "name", header: "Alarm", cell: (one) => one.AlarmName, isRowHeader: true },
        {
          id: "state",
          header: "State",
          cell: (one) => {
            const [type, word] = STATES[one.StateValue ?? "INSUFFICIENT_DATA"];
            return <StatusIndicator type={type}>{word}</StatusIndicator>;
          },
        },
        { id: "rule", header: "Goes off when", cell: ruleOf },
        { id: "on", header: "Endpoint", cell: (one) => (endpointOf(one) ? <Link to={`/endpoints/${endpointOf(one)!}?tab=alarms`}>{endpointOf(one)}</Link> : "–") },
        { id: "since", header: "Since", cell: (one) => time(one.StateUpdatedTimestamp) },
        {
          id: "remove",
          header: "Remove",
          cell: (one) =>
            canWrite && (
              <Button variant="inline-link" ariaLabel={`Delete ${one.AlarmName}`} onClick={() => remove(one)}>
                Delete
              </Button>
            ),
        },
      ]}
      empty={<Empty title="No alarms" text="An alarm watches a metric; a deployment can go back by itself when one goes off." />}
    />
  );
}

const DRAFT = { name: "", metric: "Invocation5XXErrors", statistic: "Sum", sign: "GreaterThanThreshold", threshold: "0", period: "60", times: "1" };

function NewAlarm({ endpoint, variants }: { endpoint: string; variants: string[] }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState({ ...DRAFT, name: `${endpoint}-errors`, variant: variants[0] ?? "AllTraffic" });
  const set = (part: Partial<typeof draft>) => setDraft((old) => ({ ...old, ...part }));
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const create = async () => {
    setBusy(true);
    setRefused(undefined);
    try {
      await cloudwatch("PutMetricAlarm", {
        AlarmName: draft.name,
        Namespace: "AWS/SageMaker",
        MetricName: draft.metric,
        Dimensions: [
          { Name: "EndpointName", Value: endpoint },
          { Name: "VariantName", Value: draft.variant },
        ],
        Statistic: draft.statistic,
        Period: Number(draft.period),
        EvaluationPeriods: Number(draft.times),
        Threshold: Number(draft.threshold),
        ComparisonOperator: draft.sign,
        TreatMissingData: "notBreaching",
      });
      await client.invalidateQueries({ queryKey: ["alarms"] });
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Container header={<Header variant="h3">New alarm</Header>}>
      <SpaceBetween size="m">
        {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
        <ColumnLayout columns={4}>
          <Text label="Name" value={draft.name} change={(name) => set({ name })} />
          <Choice label="Variant" value={draft.variant} options={variants} change={(variant) => set({ variant })} />
          <Choice label="Metric" value={draft.metric} options={METRICS} change={(metric) => set({ metric, statistic: metric === "ModelLatency" ? "Average" : "Sum", threshold: metric === "ModelLatency" ? "500000" : "0" })} />
          <Choice label="Statistic" value={draft.statistic} options={["Sum", "Average", "Maximum", "Minimum", "SampleCount"]} change={(statistic) => set({ statistic })} />
          <Choice label="Is" value={draft.sign} options={Object.entries(SIGNS).map(([value, label]) => ({ value, label }))} change={(sign) => set({ sign })} />
          <Text label="Threshold" number value={draft.threshold} change={(threshold) => set({ threshold })} />
          <Choice label="Over" value={draft.period} options={["10", "30", "60", "300"].map((value) => ({ value, label: `${value} s` }))} change={(period) => set({ period })} />
          <Text label="Times in a row" number value={draft.times} change={(times) => set({ times })} />
        </ColumnLayout>
        <Button loading={busy} disabled={!draft.name} onClick={() => void create()}>
          Create alarm
        </Button>
      </SpaceBetween>
    </Container>
  );
}

export function EndpointAlarms({ endpoint, variants }: { endpoint: string; variants: string[] }) {
  const { canWrite } = useStudio();
  const query = useAlarms(true);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <SpaceBetween size="l">
      <AlarmTable alarms={(query.data ?? []).filter((one) => endpointOf(one) === endpoint)} />
      {canWrite && <NewAlarm endpoint={endpoint} variants={variants} />}
    </SpaceBetween>
  );
}
