import { describe, expect, it } from "vitest";

import { configOf, problemsOf as updateProblems, updateDraft } from "../endpoint/update-request";
import { callsOf, newDraft, problemsOf as deployProblems } from "../deploy/request";
import type { Component } from "./query";
import { createRequest, draftOf, needsOf, newShare, problemsOf, takenOf, updateRequest } from "./request";

const component: Component = {
  InferenceComponentName: "fraud",
  InferenceComponentArn: "arn",
  EndpointName: "shared",
  VariantName: "AllTraffic",
  InferenceComponentStatus: "InService",
  Specification: { ModelName: "m", ComputeResourceRequirements: { NumberOfCpuCoresRequired: 0.5, MinMemoryRequiredInMb: 512 } },
  RuntimeConfig: { DesiredCopyCount: 2, CurrentCopyCount: 1 },
  CreationTime: 0,
};
const size = { InstanceType: "ml.m5.large", Cores: 2, Memory: 8 * 2 ** 30, Gpus: 0, PricePerHour: 0.1, Currency: "USD", Fits: true };

describe("the request of a component", () => {
  it("says what one copy needs", () => {
    expect(createRequest("shared", { ...newShare, name: "fraud", model: "m", variant: "AllTraffic" })).toEqual({
      InferenceComponentName: "fraud",
      EndpointName: "shared",
      VariantName: "AllTraffic",
      Specification: { ModelName: "m", ComputeResourceRequirements: { NumberOfCpuCoresRequired: 0.5, NumberOfAcceleratorDevicesRequired: undefined, MinMemoryRequiredInMb: 512 } },
      RuntimeConfig: { CopyCount: 1 },
    });
  });
  it("of another version keeps what was not touched", () => {
    expect(updateRequest({ ...draftOf(component), model: "n" })).toMatchObject({ Specification: { ModelName: "n", ComputeResourceRequirements: { MinMemoryRequiredInMb: 512 } }, RuntimeConfig: { CopyCount: 2 } });
  });
  it("is refused here for what the server would refuse", () => {
    expect(Object.keys(problemsOf({ name: "a_b", model: "", variant: "x", cores: "0", memory: "1", gpus: "x", copies: "101" }, false)).sort()).toEqual(["copies", "cores", "gpus", "memory", "model", "name"]);
    expect(problemsOf(draftOf(component), true)).toEqual({});
  });
});

describe("what is shown of components", () => {
  it("is what each needs, and what all take", () => {
    expect(needsOf(component.Specification.ComputeResourceRequirements)).toMatch(/^0\.5 cores, 512/);
    expect(takenOf([component, { ...component, InferenceComponentStatus: "Failed" }], "AllTraffic", size, 1)).toMatch(/^1 of 2 cores/);
    expect(takenOf([component], "AllTraffic", undefined, 1)).toBeUndefined();
  });
});

describe("a deployment onto a shared endpoint", () => {
  const draft = { ...newDraft("fraud", "bucket"), mode: "shared" as const };
  it("makes the endpoint first where there is none", () => {
    const calls = callsOf(draft, "m", "role");
    expect(calls.map((one) => one.operation)).toEqual(["CreateEndpointConfig", "CreateEndpoint", "CreateInferenceComponent"]);
    expect(calls[0]!.input).toMatchObject({ ExecutionRoleArn: "role", ProductionVariants: [{ VariantName: "AllTraffic", InstanceType: "ml.m5.large" }] });
    expect(callsOf({ ...draft, endpoint: "there" }, "m").map((one) => one.operation)).toEqual(["CreateInferenceComponent"]);
  });
  it("knows what is missing", () => {
    expect(deployProblems({ ...draft, newEndpoint: "", share: { ...newShare, memory: "" } })).toMatchObject({ newEndpoint: expect.any(String) as string, memory: expect.any(String) as string });
    expect(deployProblems({ ...draft, newEndpoint: "", endpoint: "there", count: "" })).toEqual({});
  });
});

describe("the update of a shared endpoint", () => {
  const config = { EndpointConfigName: "c", ExecutionRoleArn: "role", ProductionVariants: [{ VariantName: "AllTraffic", InstanceType: "ml.m5.large", InitialInstanceCount: 1, ManagedInstanceScaling: { Status: "ENABLED", MaxInstanceCount: 3 } }] };
  it("asks for no model and keeps how it scales", () => {
    const draft = updateDraft(config, "c2");
    expect(updateProblems(draft)).toEqual([]);
    expect(configOf(draft, config)).toMatchObject({ ExecutionRoleArn: "role", ProductionVariants: [{ ModelName: undefined, ManagedInstanceScaling: { MaxInstanceCount: 3 } }] });
  });
});
