// An endpoint's update as requests: the configuration it has, with what was changed, under a new name. Pure.
import type { ConfigVariant, DeploymentConfig, EndpointConfig } from "../../api/types";

export interface VariantDraft {
  name: string;
  model: string;
  type: string;
  count: string;
  weight: string;
  serverless?: ConfigVariant["ServerlessConfig"];
  /** A place for inference components: it has no model. */
  place?: boolean;
  managed?: ConfigVariant["ManagedInstanceScaling"];
  shadow: boolean;
}
export interface UpdateDraft {
  configName: string;
  variants: VariantDraft[];
  shift: "ALL_AT_ONCE" | "CANARY" | "LINEAR" | "ROLLING";
  percent: string;
  wait: string;
  bake: string;
  alarms: string[];
}

const variantDraft = (one: ConfigVariant, shadow: boolean): VariantDraft => ({
  name: one.VariantName,
  model: one.ModelName ?? "",
  type: one.InstanceType ?? "ml.m5.large",
  count: String(one.InitialInstanceCount ?? 1),
  weight: String(one.InitialVariantWeight ?? 1),
  serverless: one.ServerlessConfig,
  place: !one.ModelName,
  managed: one.ManagedInstanceScaling,
  shadow,
});

export const updateDraft = (config: EndpointConfig, configName: string): UpdateDraft => ({
  configName,
  variants: [
    ...config.ProductionVariants.map((one) => variantDraft(one, false)),
    ...(config.ShadowProductionVariants ?? []).map((one) => variantDraft(one, true)),
  ],
  shift: "ALL_AT_ONCE",
  percent: "10",
  wait: "60",
  bake: "0",
  alarms: [],
});

const variantOf = (one: VariantDraft) => ({
  VariantName: one.name,
  ModelName: one.place ? undefined : one.model,
  ManagedInstanceScaling: one.managed,
  InitialVariantWeight: Number(one.weight),
  ...(one.serverless ? { ServerlessConfig: one.serverless } : { InstanceType: one.type, InitialInstanceCount: Number(one.count) }),
});

export function configOf(draft: UpdateDraft, old: EndpointConfig): Record<string, unknown> {
  const shadows = draft.variants.filter((one) => one.shadow).map(variantOf);
  return {
    EndpointConfigName: draft.configName,
    ProductionVariants: draft.variants.filter((one) => !one.shadow).map(variantOf),
    ShadowProductionVariants: shadows.length ? shadows : undefined,
    DataCaptureConfig: old.DataCaptureConfig,
    AsyncInferenceConfig: old.AsyncInferenceConfig,
    ExecutionRoleArn: old.ExecutionRoleArn,
  };
}

export function deploymentOf(draft: UpdateDraft): DeploymentConfig {
  const size = { Type: "CAPACITY_PERCENT", Value: Number(draft.percent) };
  const alarms = draft.alarms.length ? { AutoRollbackConfiguration: { Alarms: draft.alarms.map((AlarmName) => ({ AlarmName })) } } : {};
  if (draft.shift === "ROLLING") return { RollingUpdatePolicy: { MaximumBatchSize: size, WaitIntervalInSeconds: Number(draft.wait) }, ...alarms };
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type: draft.shift,
        WaitIntervalInSeconds: draft.shift === "ALL_AT_ONCE" ? 0 : Number(draft.wait),
        ...(draft.shift === "CANARY" ? { CanarySize: size } : {}),
        ...(draft.shift === "LINEAR" ? { LinearStepSize: size } : {}),
      },
      TerminationWaitInSeconds: Number(draft.bake),
    },
    ...alarms,
  };
}

export function problemsOf(draft: UpdateDraft): string[] {
  const found: string[] = [];
  const production = draft.variants.filter((one) => !one.shadow);
  const names = draft.variants.map((one) => one.name);
  if (new Set(names).size !== names.length) found.push("Each variant needs a name of its own.");
  if (names.some((name) => !/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(name))) found.push("Names are letters, digits and single dashes between them.");
  if (draft.variants.some((one) => !one.model && !one.place)) found.push("Each variant needs a model.");
  if (production.length === 0) found.push("At least one variant answers requests.");
  if (draft.variants.length > production.length && production.length > 1) found.push("An endpoint with a shadow has exactly one production variant.");
  if (draft.shift === "ROLLING" && !(Number(draft.percent) >= 5 && Number(draft.percent) <= 50)) found.push("A batch is from 5 to 50 percent.");
  else if (draft.shift !== "ALL_AT_ONCE" && !(Number(draft.percent) >= 1 && Number(draft.percent) <= 50)) found.push("A step is from 1 to 50 percent.");
  return found;
}
