import { expect, test } from "vitest";

import { deploymentOf, problemsOf, updateDraft } from "./update-request";

const config = { EndpointConfigName: "one", ProductionVariants: [{ VariantName: "A", ModelName: "m", InstanceType: "ml.m5.large", InitialInstanceCount: 4 }] };
const draft = { ...updateDraft(config as never, "two"), percent: "25", wait: "30", alarms: ["bad"] };
const back = { AutoRollbackConfiguration: { Alarms: [{ AlarmName: "bad" }] } };
const size = { Type: "CAPACITY_PERCENT", Value: 25 };

test("a rolling update is a policy of its own", () => {
  expect(deploymentOf({ ...draft, shift: "ROLLING" })).toEqual({ RollingUpdatePolicy: { MaximumBatchSize: size, WaitIntervalInSeconds: 30 }, ...back });
  expect(problemsOf({ ...draft, shift: "ROLLING" })).toEqual([]);
  expect(problemsOf({ ...draft, shift: "ROLLING", percent: "60" })).toEqual(["A batch is from 5 to 50 percent."]);
});

test("the others move the traffic between two whole versions", () => {
  const traffic = { Type: "LINEAR", WaitIntervalInSeconds: 30, LinearStepSize: size };
  expect(deploymentOf({ ...draft, shift: "LINEAR" })).toEqual({ BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: traffic, TerminationWaitInSeconds: 0 }, ...back });
});
