// The variants of a live endpoint: how the traffic is shared and how many instances each has; shadows, that see copies of it.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Slider from "@cloudscape-design/components/slider";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import type { Endpoint, EndpointConfig, LiveVariant } from "../../api/types";
import { VIEWER } from "../../shared/actions";
import { describe, useStudio } from "../../shared/context";
import { number } from "../../shared/format";
import { Empty, Link } from "../../shared/parts";
import { placesOf } from "../inference-component/query";

interface Wanted {
  weight: number;
  count: string;
}

const wantedOf = (one: LiveVariant): Wanted => ({ weight: one.DesiredWeight ?? one.CurrentWeight ?? 1, count: String(one.DesiredInstanceCount ?? one.CurrentInstanceCount ?? 1) });

/** The members of UpdateEndpointWeightsAndCapacities for what was changed. */
export function changesOf(variants: LiveVariant[], wanted: Record<string, Wanted>) {
  return variants.flatMap((one) => {
    const now = wantedOf(one);
    const next = wanted[one.VariantName] ?? now;
    const change = {
      VariantName: one.VariantName,
      DesiredWeight: next.weight === now.weight ? undefined : next.weight,
      DesiredInstanceCount: one.CurrentServerlessConfig || next.count === now.count ? undefined : Number(next.count),
    };
    return change.DesiredWeight === undefined && change.DesiredInstanceCount === undefined ? [] : [change];
  });
}

export function Variants({ endpoint, config, update }: { endpoint: Endpoint; config: EndpointConfig | undefined; update: () => void }) {
  const { canWrite, fail, notify } = useStudio();
  const client = useQueryClient();
  const [wanted, setWanted] = useState<Record<string, Wanted>>({});
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const variants = endpoint.ProductionVariants ?? [];
  const shadows = endpoint.ShadowProductionVariants ?? [];
  const changes = changesOf(variants, wanted);
  const settled = endpoint.EndpointStatus === "InService";
  const writable = canWrite && settled;
  const now = (one: LiveVariant) => wanted[one.VariantName] ?? wantedOf(one);
  const set = (one: LiveVariant, part: Partial<Wanted>) => setWanted((old) => ({ ...old, [one.VariantName]: { ...now(one), ...part } }));
  const sum = variants.reduce((all, one) => all + now(one).weight, 0);
  const most = Math.max(10, ...variants.map((one) => Math.ceil(now(one).weight)));
  const given = (name: string) => [...(config?.ProductionVariants ?? []), ...(config?.ShadowProductionVariants ?? [])].find((one) => one.VariantName === name);
  const apply = async () => {
    setBusy(true);
    setRefused(undefined);
    try {
      await sagemaker("UpdateEndpointWeightsAndCapacities", { EndpointName: endpoint.EndpointName, DesiredWeightsAndCapacities: changes });
      setWanted({});
      notify({ id: "capacities", type: "success", content: "The change is under way.", dismissible: true });
    } catch (error) {
      setRefused(error);
      fail("Nothing was changed", error);
    } finally {
      setBusy(false);
      await client.invalidateQueries({ queryKey: ["Endpoint", endpoint.EndpointName] });
    }
  };
  const model = (one: LiveVariant) => {
    const name = given(one.VariantName)?.ModelName;
    if (!name && placesOf(endpoint).includes(one.VariantName)) return <Link to={`/endpoints/${endpoint.EndpointName}?tab=components`}>Inference components</Link>;
    return name ? <Link to={`/models/${name}`}>{name}</Link> : "–";
  };
  const size = (one: LiveVariant) =>
    one.CurrentServerlessConfig
      ? `Serverless, ${one.CurrentServerlessConfig.MemorySizeInMB / 1024} GB, ${one.CurrentServerlessConfig.MaxConcurrency} at once`
      : (given(one.VariantName)?.InstanceType ?? "–");
  return (
    <SpaceBetween size="l">
      {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
      <Table
        variant="embedded"
        contentDensity="compact"
        header={
          <Header
            variant="h3"
            description="Traffic is shared in proportion to the weights."
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={changes.length === 0} onClick={() => setWanted({})}>
                  Reset
                </Button>
                <Button loading={busy} disabled={!writable || changes.length === 0} onClick={() => void apply()}>
                  Apply
                </Button>
                <Button disabled={!writable && endpoint.EndpointStatus !== "Failed"} disabledReason={canWrite ? `The endpoint is ${endpoint.EndpointStatus}.` : VIEWER} onClick={update}>
                  Update endpoint…
                </Button>
              </SpaceBetween>
            }
          >
            Variants
          </Header>
        }
        items={variants}
        trackBy="VariantName"
        columnDefinitions={[
          { id: "name", header: "Variant", cell: (one) => one.VariantName, isRowHeader: true },
          { id: "model", header: "Model", cell: model },
          { id: "size", header: "Compute", cell: size },
          {
            id: "weight",
            header: "Traffic",
            minWidth: 240,
            cell: (one) => (
              <div className="weight">
                <Slider
                  ariaLabel={`Weight of ${one.VariantName}`}
                  min={0}
                  max={most}
                  step={most > 20 ? 1 : 0.5}
                  value={now(one).weight}
                  disabled={!writable || variants.length < 2}
                  hideFillLine={false}
                  onChange={({ detail }) => set(one, { weight: detail.value })}
                />
                <span>{sum > 0 ? `${number(Math.round((1000 * now(one).weight) / sum) / 10)} %` : "–"}</span>
              </div>
            ),
          },
          {
            id: "count",
            header: "Instances",
            cell: (one) =>
              one.CurrentServerlessConfig ? (
                "as needed"
              ) : (
                <div className="weight">
                  <Input ariaLabel={`Instances of ${one.VariantName}`} type="number" value={now(one).count} disabled={!writable} onChange={({ detail }) => set(one, { count: detail.value })} />
                  <span>{one.CurrentInstanceCount ?? 0} ready</span>
                </div>
              ),
          },
        ]}
        empty={<Empty title="Nothing is in service" text="The variants appear when the first deployment answers." />}
      />
      {shadows.length > 0 && (
        <Table
          variant="embedded"
          contentDensity="compact"
          header={
            <Header variant="h3" description="They get copies of requests; what they answer is measured and never sent back.">
              Shadow variants
            </Header>
          }
          items={shadows}
          columnDefinitions={[
            { id: "name", header: "Variant", cell: (one) => one.VariantName, isRowHeader: true },
            { id: "model", header: "Model", cell: model },
            { id: "size", header: "Compute", cell: size },
            { id: "weight", header: "Copied", cell: (one) => `weight ${number(one.CurrentWeight)}` },
            { id: "count", header: "Instances", cell: (one) => `${one.CurrentInstanceCount ?? 0} of ${one.DesiredInstanceCount ?? 0}` },
          ]}
        />
      )}
      {!settled && <Box color="text-body-secondary">Weights and counts can be changed while the endpoint is in service.</Box>}
    </SpaceBetween>
  );
}
