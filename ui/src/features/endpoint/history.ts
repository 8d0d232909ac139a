// What an endpoint has served since it was created, as the lineage keeps it: one deployment for each generation.
import { sagemaker } from "../../api/client";
import type { ConfigVariant, Endpoint, EndpointConfig, Model } from "../../api/types";
import { orNothing } from "../../shared/absent";

export interface Served extends ConfigVariant {
  /** Of the registered version that its model was made of. */
  version?: string;
}
export interface Deployment {
  config: string;
  at: number;
  generation: number;
  /** Nothing where the configuration was deleted. */
  variants?: Served[];
}
interface Action {
  ActionName: string;
  CreationTime: number;
}

export async function versionOf(model: string): Promise<string | undefined> {
  const found = await orNothing(sagemaker<Model>("DescribeModel", { ModelName: model }));
  return (found?.PrimaryContainer ?? found?.Containers?.[0])?.ModelPackageName;
}

/** Newest first. A configuration is read once, a model too, however often they served. */
export async function fetchHistory(endpoint: Endpoint): Promise<Deployment[]> {
  const asked = { SourceUri: endpoint.EndpointArn, ActionType: "ModelDeployment", SortBy: "CreationTime", SortOrder: "Descending", MaxResults: 50 };
  const { ActionSummaries } = await sagemaker<{ ActionSummaries: Action[] }>("ListActions", asked);
  // Not those of an endpoint of this name that was deleted.
  const own = ActionSummaries.filter((one) => one.ActionName.includes(`-${Math.floor(endpoint.CreationTime)}-`));
  const told = await Promise.all(own.map((one) => sagemaker<{ Properties?: Record<string, string> }>("DescribeAction", { ActionName: one.ActionName })));
  const configs = new Map<string, Promise<EndpointConfig | undefined>>();
  const models = new Map<string, Promise<string | undefined>>();
  const once = <T>(held: Map<string, Promise<T>>, name: string, ask: (name: string) => Promise<T>) => {
    if (!held.has(name)) held.set(name, ask(name));
    return held.get(name)!;
  };
  return Promise.all(
    own.map(async (one, index): Promise<Deployment> => {
      const config = told[index]!.Properties?.EndpointConfigName ?? "";
      const found = await once(configs, config, (name) => orNothing(sagemaker<EndpointConfig>("DescribeEndpointConfig", { EndpointConfigName: name })));
      const variants = await Promise.all((found?.ProductionVariants ?? []).map(async (each) => ({ ...each, version: each.ModelName ? await once(models, each.ModelName, versionOf) : undefined })));
      return { config, at: one.CreationTime, generation: Number(told[index]!.Properties?.Generation ?? 0), variants: found && variants };
    }),
  );
}

/** The index of the one that serves: the newest with the endpoint's configuration. */
export const servingAt = (history: Deployment[], endpoint: Endpoint): number => history.findIndex((one) => one.config === endpoint.EndpointConfigName);

/** Why the endpoint can't go back to it; nothing where it can. */
export function keptFrom(one: Deployment, endpoint: Endpoint): string | undefined {
  if (one.config === endpoint.EndpointConfigName) return "It serves now.";
  if (!one.variants) return "Its configuration was deleted.";
  if (endpoint.EndpointStatus !== "InService" && endpoint.EndpointStatus !== "Failed") return `The endpoint is ${endpoint.EndpointStatus}.`;
  return undefined;
}

/** "churn, version 3" of a version's ARN, else the model's name. */
export function servedName(one: Served): { text: string; to: string } {
  const [, group, number] = /:model-package\/([^/]+)\/(\d+)$/.exec(one.version ?? "") ?? [];
  return group && number ? { text: `${group}, version ${number}`, to: `/registry/${group}/${number}` } : one.ModelName ? { text: one.ModelName, to: `/models/${one.ModelName}` } : { text: "Inference components", to: "." };
}
