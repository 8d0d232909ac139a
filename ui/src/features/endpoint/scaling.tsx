// Autoscaling of a variant: between which numbers of instances, and which use of each is aimed at.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { autoscaling } from "../../api/client";
import { describe, useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { Empty, Failure, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Choice, Text } from "../deploy/fields";

interface Target {
  ResourceId: string;
  MinCapacity: number;
  MaxCapacity: number;
}
interface Policy {
  PolicyName: string;
  ResourceId: string;
  TargetTrackingScalingPolicyConfiguration?: {
    TargetValue: number;
    PredefinedMetricSpecification?: { PredefinedMetricType: string };
    CustomizedMetricSpecification?: { MetricName: string };
    ScaleInCooldown?: number;
    ScaleOutCooldown?: number;
  };
}
interface Activity {
  ActivityId: string;
  Description: string;
  Cause: string;
  StartTime: number;
  StatusCode: string;
}
const DIMENSION = "sagemaker:variant:DesiredInstanceCount";
const COPIES = "sagemaker:inference-component:DesiredCopyCount";
const dimensionOf = (resource: string) => (resource.startsWith("inference-component/") ? COPIES : DIMENSION);
const BACKLOG = "ApproximateBacklogSizePerInstance";
const METRICS = [
  { value: "SageMakerVariantInvocationsPerInstance", label: "Requests a minute, per instance" },
  { value: "SageMakerVariantConcurrentRequestsPerModelHighResolution", label: "Requests at once, per model" },
];

const OF_COPIES = [
  { value: "SageMakerInferenceComponentInvocationsPerCopy", label: "Requests a minute, per copy" },
  { value: "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution", label: "Requests at once, per copy" },
];
const QUEUE = [{ value: BACKLOG, label: "Waiting requests, per instance" }];

/** Of a queue no metric is predefined: AWS's own documents name this one. */
const specificationOf = (metric: string, endpoint: string) =>
  metric === BACKLOG
    ? { CustomizedMetricSpecification: { MetricName: BACKLOG, Namespace: "AWS/SageMaker", Dimensions: [{ Name: "EndpointName", Value: endpoint }], Statistic: "Average" } }
    : { PredefinedMetricSpecification: { PredefinedMetricType: metric } };

const useScaling = (resource: string) =>
  useQuery({
    queryKey: ["scaling", resource],
    refetchInterval: 10_000,
    queryFn: async () => {
      const [targets, policies, activities] = await Promise.all([
        autoscaling<{ ScalableTargets?: Target[] }>("DescribeScalableTargets", { ResourceIds: [resource] }),
        autoscaling<{ ScalingPolicies?: Policy[] }>("DescribeScalingPolicies", { ResourceId: resource }),
        autoscaling<{ ScalingActivities?: Activity[] }>("DescribeScalingActivities", { ResourceId: resource, MaxResults: 20 }),
      ]);
      return { target: targets.ScalableTargets?.[0], policy: policies.ScalingPolicies?.[0], activities: activities.ScalingActivities ?? [] };
    },
  });

interface EditorProps {
  resource: string;
  target: Target | undefined;
  policy: Policy | undefined;
  queued: boolean;
}

function Editor({ resource, target, policy, queued }: EditorProps) {
  const copies = dimensionOf(resource) === COPIES;
  const metrics = queued ? QUEUE : copies ? OF_COPIES : METRICS;
  const things = copies ? "copies" : "instances";
  const { canWrite } = useStudio();
  const client = useQueryClient();
  const tracking = policy?.TargetTrackingScalingPolicyConfiguration;
  const [draft, setDraft] = useState({
    least: String(target?.MinCapacity ?? 1),
    most: String(target?.MaxCapacity ?? 2),
    metric: tracking?.CustomizedMetricSpecification?.MetricName ?? tracking?.PredefinedMetricSpecification?.PredefinedMetricType ?? metrics[0]!.value,
    aim: String(tracking?.TargetValue ?? (queued ? 5 : 60)),
    out: String(tracking?.ScaleOutCooldown ?? 60),
    back: String(tracking?.ScaleInCooldown ?? 300),
  });
  const set = (part: Partial<typeof draft>) => setDraft((old) => ({ ...old, ...part }));
  const [busy, setBusy] = useState("");
  const [refused, setRefused] = useState<unknown>();
  const place = { ResourceId: resource, ScalableDimension: dimensionOf(resource) };
  const run = async (what: string, act: () => Promise<unknown>) => {
    setBusy(what);
    setRefused(undefined);
    try {
      await act();
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy("");
      await client.invalidateQueries({ queryKey: ["scaling", resource] });
    }
  };
  const save = () =>
    run("save", async () => {
      await autoscaling("RegisterScalableTarget", { ...place, MinCapacity: Number(draft.least), MaxCapacity: Number(draft.most) });
      await autoscaling("PutScalingPolicy", {
        ...place,
        PolicyName: policy?.PolicyName ?? `${resource.split("/").slice(1).join("-")}-tracking`,
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: Number(draft.aim),
          ...specificationOf(draft.metric, resource.split("/")[1] ?? ""),
          ScaleOutCooldown: Number(draft.out),
          ScaleInCooldown: Number(draft.back),
        },
      });
    });
  const bad = Number(draft.most) < Number(draft.least) ? "Not below the least." : undefined;
  return (
    <Container
      header={
        <Header variant="h3" description={target ? `The number of ${things} follows the load.` : `The number of ${things} is fixed now.`}>
          Autoscaling
        </Header>
      }
    >
      <SpaceBetween size="m">
        {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
        <ColumnLayout columns={3}>
          <Text label={`Least ${things}`} description="0: sleeps when nobody asks." number value={draft.least} change={(least) => set({ least })} />
          <Text label={`Most ${things}`} description="Never more than these." number value={draft.most} error={bad} change={(most) => set({ most })} />
          <Choice label="Follows" description="What the load is measured by." value={draft.metric} options={metrics} change={(metric) => set({ metric })} />
          <Text label="Aimed at" number value={draft.aim} change={(aim) => set({ aim })} />
          <Text label="Wait before more (seconds)" number value={draft.out} change={(out) => set({ out })} />
          <Text label="Wait before fewer (seconds)" number value={draft.back} change={(back) => set({ back })} />
        </ColumnLayout>
        <SpaceBetween direction="horizontal" size="xs">
          <Button variant="primary" loading={busy === "save"} disabled={!canWrite || Boolean(bad)} onClick={() => void save()}>
            {target ? "Save" : "Switch on"}
          </Button>
          {target && (
            <Button loading={busy === "off"} disabled={!canWrite} onClick={() => void run("off", () => autoscaling("DeregisterScalableTarget", place))}>
              Switch off
            </Button>
          )}
        </SpaceBetween>
      </SpaceBetween>
    </Container>
  );
}

export function Scaling({ endpoint, variants, queued }: { endpoint: string; variants: string[]; queued: boolean }) {
  const [variant, setVariant] = useState(variants[0] ?? "AllTraffic");
  return (
    <SpaceBetween size="l">
      {variants.length > 1 && <Choice label="Variant" value={variant} options={variants} change={setVariant} />}
      <ScalingOf resource={`endpoint/${endpoint}/variant/${variant}`} queued={queued} />
    </SpaceBetween>
  );
}

export function ScalingOf({ resource, queued }: { resource: string; queued: boolean }) {
  const query = useScaling(resource);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={4} />;
  const { target, policy, activities } = query.data;
  return (
    <SpaceBetween size="l">
      <Editor key={`${resource}${Boolean(target)}`} resource={resource} target={target} policy={policy} queued={queued} />
      <Table
        variant="embedded"
        contentDensity="compact"
        header={<Header variant="h3">What it did</Header>}
        items={activities}
        columnDefinitions={[
          { id: "time", header: "When", cell: (one) => time(one.StartTime), isRowHeader: true },
          { id: "what", header: "What", cell: (one) => one.Description },
          { id: "why", header: "Why", cell: (one) => one.Cause },
          { id: "state", header: "State", cell: (one) => <Status word={one.StatusCode === "Successful" ? "Completed" : one.StatusCode} /> },
        ]}
        empty={<Empty title="Nothing yet" text={`Each change of the number of ${dimensionOf(resource) === COPIES ? "copies" : "instances"} is written down here.`} />}
      />
    </SpaceBetween>
  );
}
