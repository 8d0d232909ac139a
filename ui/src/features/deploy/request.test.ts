import { describe, expect, it } from "vitest";

import { pythonOf, shellOf } from "../../shared/code";
import { rowsOf } from "../endpoint/captured";
import { stageOf } from "../endpoint/progress";
import { configOf, deploymentOf, updateDraft } from "../endpoint/update-request";
import { changesOf } from "../endpoint/variants";
import { callsOf, costOf, newDraft, problemsOf } from "./request";

const draft = newDraft("churn", "bucket");

describe("the request of a deployment", () => {
  it("is a configuration and an endpoint of its name", () => {
    const [config, endpoint] = callsOf(draft, "m");
    expect(config!.input).toMatchObject({ ProductionVariants: [{ ModelName: "m", InstanceType: "ml.m5.large", InitialInstanceCount: 1 }], DataCaptureConfig: undefined });
    expect(endpoint!.input).toEqual({ EndpointName: "churn", EndpointConfigName: "churn" });
  });
  it("has no instances where it is serverless", () => {
    const variant = (callsOf({ ...draft, mode: "serverless", capture: true }, "m")[0]!.input as { ProductionVariants: object[] }).ProductionVariants[0];
    expect(variant).toEqual({ VariantName: "AllTraffic", ModelName: "m", ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 5, ProvisionedConcurrency: undefined } });
    expect(callsOf({ ...draft, mode: "serverless", capture: true }, "m")[0]!.input).toMatchObject({ DataCaptureConfig: undefined });
  });
  it("tells where answers of a queue go", () => {
    expect(callsOf({ ...draft, mode: "async", failure: "https://hook" }, "m")[0]!.input).toMatchObject({
      AsyncInferenceConfig: { ClientConfig: { MaxConcurrentInvocationsPerInstance: 4 }, OutputConfig: { S3OutputPath: "s3://bucket/async/churn", NotificationConfig: { ErrorTopic: "https://hook" } } },
    });
  });
  it("is a transform job in a batch", () => {
    const batch = { ...draft.batch, input: "s3://bucket/rows.csv", join: true };
    expect(callsOf({ ...draft, mode: "batch", batch }, "m")[0]).toMatchObject({
      operation: "CreateTransformJob",
      input: { TransformInput: { SplitType: "Line" }, DataProcessing: { JoinSource: "Input" }, TransformResources: { InstanceCount: 1 } },
    });
  });
  it("says what is wrong before it is sent", () => {
    expect(problemsOf(draft)).toEqual({});
    expect(Object.keys(problemsOf({ ...draft, name: "a--", count: "0" }))).toEqual(["name", "count"]);
    expect(Object.keys(problemsOf({ ...draft, mode: "serverless", provisioned: "9" }))).toEqual(["provisioned"]);
    expect(Object.keys(problemsOf({ ...draft, mode: "batch" }))).toEqual(["input"]);
  });
  it("has a price", () => {
    const types = [{ InstanceType: "ml.m5.large", Cores: 2, Memory: 8, Gpus: 0, PricePerHour: 0.5, Currency: "USD", Fits: true }];
    expect(costOf({ ...draft, count: "2" }, types)).toContain("$24.00 a day");
    expect(costOf(draft, [])).toBeUndefined();
  });
});

describe("an update", () => {
  const config = { EndpointConfigName: "a", ProductionVariants: [{ VariantName: "v", ModelName: "m", InstanceType: "ml.m5.large", InitialInstanceCount: 2, InitialVariantWeight: 1 }], DataCaptureConfig: { x: 1 } };
  it("keeps what was not changed", () => {
    expect(configOf(updateDraft(config, "b"), config)).toMatchObject({ EndpointConfigName: "b", ProductionVariants: config.ProductionVariants, DataCaptureConfig: { x: 1 }, ShadowProductionVariants: undefined });
  });
  it("names the way the traffic goes", () => {
    expect(deploymentOf({ ...updateDraft(config, "b"), shift: "CANARY", percent: "5", alarms: ["x"] })).toEqual({
      BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: "CANARY", WaitIntervalInSeconds: 60, CanarySize: { Type: "CAPACITY_PERCENT", Value: 5 } }, TerminationWaitInSeconds: 0 },
      AutoRollbackConfiguration: { Alarms: [{ AlarmName: "x" }] },
    });
  });
  it("sends only the weights and counts that were changed", () => {
    const live = [{ VariantName: "a", CurrentWeight: 1, CurrentInstanceCount: 1 }, { VariantName: "b", CurrentWeight: 1, CurrentInstanceCount: 1 }];
    expect(changesOf(live, {})).toEqual([]);
    expect(changesOf(live, { b: { weight: 3, count: "1" } })).toEqual([{ VariantName: "b", DesiredWeight: 3, DesiredInstanceCount: undefined }]);
  });
  it("is at the stage of its slowest variant", () => {
    const pending = (...words: string[]) => ({ PendingDeploymentSummary: { EndpointConfigName: "b", ProductionVariants: words.map((Status) => ({ VariantName: "v", VariantStatus: [{ Status }] })) } });
    expect(stageOf(pending("Baking", "ActivatingTraffic") as never)).toBe(1);
    expect(stageOf({} as never)).toBe(0);
  });
});

describe("code to paste", () => {
  const call = { operation: "CreateTransformJob", input: { TransformJobName: "it's", MaxPayloadInMB: undefined } };
  it("names boto3's methods and leaves out what is not set", () => {
    expect(pythonOf([call])).toContain('sagemaker.create_transform_job(\n    TransformJobName="it\'s",\n)');
  });
  it("is quoted for the shell", () => {
    expect(shellOf([call])).toContain("aws sagemaker create-transform-job --cli-input-json '");
    expect(shellOf([call])).toContain("it'\\''s");
  });
});

it("reads captured lines and passes over what is none", () => {
  expect(rowsOf('{"captureData":{},"eventMetadata":{"eventId":"1","inferenceTime":"x"}}\nnot json\n', "blue")).toHaveLength(1);
});
