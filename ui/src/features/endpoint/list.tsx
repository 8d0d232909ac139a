import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useNavigate } from "@tanstack/react-router";

import type { EndpointSummary } from "../../api/types";
import { createdColumn, nameColumn } from "../../shared/columns";
import { number, time } from "../../shared/format";
import { Failure, Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { useEndpointActions } from "./actions";
import { useEndpoint } from "./query";

const endpointList: ListConfig<EndpointSummary> = {
  kind: "Endpoint",
  title: "Endpoints",
  description: "Models that answer requests: at once, from sleep, or from a queue.",
  operation: "ListEndpoints",
  member: "Endpoints",
  nameOf: (endpoint) => endpoint.EndpointName,
  statuses: ["InService", "Creating", "Updating", "Failed", "Deleting"],
  columns: [
    nameColumn("Name", "/endpoints", (endpoint) => endpoint.EndpointName),
    { id: "status", header: "Status", sortingField: "Status", cell: (endpoint) => <Status word={endpoint.EndpointStatus} /> },
    createdColumn(),
  ],
  preview: (endpoint) => <EndpointPreview name={endpoint.EndpointName} />,
  empty: { title: "No endpoints yet", text: "An endpoint is a model behind an address. Right-click a finished training job or a model and choose Deploy." },
};

function EndpointPreview({ name }: { name: string }) {
  const query = useEndpoint(name);
  if (query.isError) return <Failure error={query.error} />;
  const endpoint = query.data;
  if (!endpoint) return <Skeleton rows={4} />;
  return (
    <KeyValuePairs
      columns={1}
      items={[
        { label: "Status", value: <Status word={endpoint.EndpointStatus} /> },
        ...(endpoint.FailureReason ? [{ label: "Reason", value: endpoint.FailureReason.slice(0, 400) }] : []),
        { label: "Created", value: time(endpoint.CreationTime) },
        { label: "Configuration", value: endpoint.EndpointConfigName },
        ...(endpoint.ProductionVariants ?? []).map((one) => ({
          label: `Variant ${one.VariantName}`,
          value: one.CurrentServerlessConfig
            ? `Serverless, ${one.CurrentServerlessConfig.MemorySizeInMB / 1024} GB`
            : `${one.CurrentInstanceCount ?? 0} of ${one.DesiredInstanceCount ?? 0} instances, weight ${number(one.CurrentWeight)}`,
        })),
        { label: "All of it", value: <Link to={`/endpoints/${name}`}>Open the endpoint</Link> },
      ]}
    />
  );
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
