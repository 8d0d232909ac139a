// The tab "History": what the endpoint has served, and the way back to it.
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import type { Endpoint } from "../../api/types";
import { VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { Empty, Failure, Link } from "../../shared/parts";
import { type Deployment, fetchHistory, keptFrom, servedName, servingAt } from "./history";

/** Asks once, then has the endpoint updated to the configuration of an earlier deployment. */
export function useRollBack(): (endpoint: string, to: Deployment) => void {
  const { confirm } = useStudio();
  const client = useQueryClient();
  return (endpoint, to) =>
    confirm({
      title: `Roll ${endpoint} back?`,
      text: `It serves ${(to.variants ?? []).map((one) => servedName(one).text).join(" and ")} again, with the configuration ${to.config}. New workers start beside the old ones, which answer until the new are ready.`,
      verb: "Roll back",
      act: async () => {
        await sagemaker("UpdateEndpoint", { EndpointName: endpoint, EndpointConfigName: to.config });
        for (const queryKey of [["Endpoint", endpoint], ["registry", "places"]]) await client.invalidateQueries({ queryKey });
      },
    });
}

const size = (one: Deployment) =>
  (one.variants ?? []).map((each) => (each.ServerlessConfig ? `serverless, ${each.ServerlessConfig.MemorySizeInMB} MB` : `${each.InitialInstanceCount ?? 1} × ${each.InstanceType ?? "–"}`)).join("; ") || "–";

export function History({ endpoint }: { endpoint: Endpoint }) {
  const { canWrite } = useStudio();
  const rollBack = useRollBack();
  const query = useQuery({
    queryKey: ["Endpoint", endpoint.EndpointName, "history", endpoint.EndpointConfigName, endpoint.EndpointStatus],
    queryFn: () => fetchHistory(endpoint),
    placeholderData: (old) => old,
    refetchInterval: (found) => (found.state.data && servingAt(found.state.data, endpoint) >= 0 ? false : 3000),
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const history = query.data ?? [];
  const serving = servingAt(history, endpoint);
  return (
    <Table
      contentDensity="compact"
      loading={query.isPending}
      loadingText="Loading deployments"
      header={
        <Header variant="h2" description="What it has served since it was created. A roll-back is an update: no request is lost.">
          Deployments
        </Header>
      }
      items={history}
      trackBy={(one) => String(one.generation)}
      ariaLabels={{ tableLabel: "Deployments" }}
      columnDefinitions={[
        {
          id: "config",
          header: "Configuration",
          isRowHeader: true,
          cell: (one) => (
            <SpaceBetween direction="horizontal" size="xs">
              <span>{one.config}</span>
              {history.indexOf(one) === serving && <Badge color="green">Serves now</Badge>}
            </SpaceBetween>
          ),
        },
        {
          id: "serves",
          header: "Serves",
          cell: (one) =>
            one.variants
              ? one.variants.map((each) => {
                  const { text, to } = servedName(each);
                  return (
                    <div key={each.VariantName}>
                      <Link to={to}>{text}</Link>
                    </div>
                  );
                })
              : "Deleted",
        },
        { id: "size", header: "On", cell: size },
        { id: "at", header: "Since", cell: (one) => time(one.at) },
        {
          id: "back",
          header: "Roll back",
          cell: (one) => {
            const why = canWrite ? keptFrom(one, endpoint) : VIEWER;
            return (
              <Button variant="inline-link" ariaLabel={`Roll back to ${one.config}`} disabled={Boolean(why)} disabledReason={why} onClick={() => rollBack(endpoint.EndpointName, one)}>
                Roll back…
              </Button>
            );
          },
        },
      ]}
      empty={<Empty title="No deployment yet" text="The studio notes what an endpoint serves as soon as it is in service." />}
    />
  );
}
