import { describe, expect, it } from "vitest";

import { matches, type RunningItem } from "./items";

const item: RunningItem = { Project: "1", Kind: "TrainingJob", Name: "churn-7", User: "ann", InstanceType: "ml.m5.large", Phase: "Running", Instances: 1, Memory: 0, CostPerHour: 0.1, Cost: 0 };

describe("what was typed", () => {
  it("finds by every word, in any order and case", () => {
    expect(matches(item, "Ann churn")).toBe(true);
    expect(matches(item, "m5 running")).toBe(true);
    expect(matches(item, "ann bob")).toBe(false);
    expect(matches(item, "")).toBe(true);
  });
});
