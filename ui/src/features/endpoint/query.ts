import { useQuery } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import type { Endpoint, EndpointConfig } from "../../api/types";

export const BUSY = new Set(["Creating", "Updating", "Deleting", "RollingBack", "SystemUpdating"]);

export const useEndpoint = (name: string) =>
  useQuery({
    queryKey: ["Endpoint", name],
    queryFn: () => sagemaker<Endpoint>("DescribeEndpoint", { EndpointName: name }),
    refetchInterval: (query) => (query.state.data && BUSY.has(query.state.data.EndpointStatus) ? 1000 : false),
  });

export const useConfig = (name: string | undefined) =>
  useQuery({
    queryKey: ["EndpointConfig", name],
    enabled: Boolean(name),
    retry: false,
    queryFn: () => sagemaker<EndpointConfig>("DescribeEndpointConfig", { EndpointConfigName: name }),
  });
