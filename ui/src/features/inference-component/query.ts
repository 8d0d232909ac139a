import { useQueries, useQuery } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import type { Endpoint } from "../../api/types";

export interface Requirements {
  NumberOfCpuCoresRequired?: number;
  NumberOfAcceleratorDevicesRequired?: number;
  MinMemoryRequiredInMb: number;
  MaxMemoryRequiredInMb?: number;
}
export interface Component {
  InferenceComponentName: string;
  InferenceComponentArn: string;
  EndpointName: string;
  VariantName: string;
  InferenceComponentStatus: string;
  FailureReason?: string;
  Specification: { ModelName?: string; Container?: { DeployedImage?: { SpecifiedImage?: string } }; ComputeResourceRequirements: Requirements };
  RuntimeConfig: { DesiredCopyCount: number; CurrentCopyCount: number };
  CreationTime: number;
}
interface Summary {
  InferenceComponentName: string;
  InferenceComponentStatus: string;
  CreationTime: number;
}

const BUSY = new Set(["Creating", "Updating", "Deleting"]);
const moves = (one: Component | undefined) =>
  one !== undefined && (BUSY.has(one.InferenceComponentStatus) || one.RuntimeConfig.CurrentCopyCount !== one.RuntimeConfig.DesiredCopyCount);

/** All components of an endpoint: their names by the list, all else one by one, as only Describe tells it. */
export function useComponents(endpoint: string, wanted = true) {
  const list = useQuery({
    queryKey: ["list", "InferenceComponent", endpoint],
    enabled: wanted,
    queryFn: async () => {
      const found: Summary[] = [];
      let token: string | undefined;
      do {
        const answer = await sagemaker<{ InferenceComponents: Summary[]; NextToken?: string }>("ListInferenceComponents", { EndpointNameEquals: endpoint, MaxResults: 100, NextToken: token });
        found.push(...answer.InferenceComponents);
        token = answer.NextToken;
      } while (token);
      return found;
    },
  });
  const each = useQueries({
    queries: (list.data ?? []).map((one) => ({
      queryKey: ["InferenceComponent", one.InferenceComponentName],
      queryFn: () => sagemaker<Component>("DescribeInferenceComponent", { InferenceComponentName: one.InferenceComponentName }),
      // One that was deleted meanwhile leaves the list as well.
      retry: false,
      refetchInterval: (query: { state: { data?: Component } }) => (moves(query.state.data) ? 1000 : (false as const)),
    })),
  });
  return { list, components: each.flatMap((one) => (one.data ? [one.data] : [])), pending: list.isPending || each.some((one) => one.isPending) };
}

/** The variants that have no model of their own: components bring theirs. */
export const placesOf = (endpoint: Endpoint) => (endpoint.ProductionVariants ?? []).filter((one) => !one.CurrentServerlessConfig && !one.DeployedImages?.length).map((one) => one.VariantName);

/** Endpoints in service that take components. */
export const useShared = (wanted: boolean) =>
  useQuery({
    queryKey: ["list", "Endpoint", "shared"],
    enabled: wanted,
    queryFn: async () => {
      const listed = await sagemaker<{ Endpoints: { EndpointName: string }[] }>("ListEndpoints", { StatusEquals: "InService", MaxResults: 100 });
      const all = await Promise.all(listed.Endpoints.map((one) => sagemaker<Endpoint>("DescribeEndpoint", { EndpointName: one.EndpointName }).catch(() => undefined)));
      return all.filter((one): one is Endpoint => one !== undefined && placesOf(one).length > 0);
    },
  });
