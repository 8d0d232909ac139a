import { describe, expect, it } from "vitest";

import { differ, from, inLoops, numbers, recordsOf, rowOf, summed } from "./results";
import type { Definition, StepRecord } from "./types";

const definition: Definition = { Steps: [{ Name: "Each", Type: "ForEach", Arguments: { ForEachBody: [{ Name: "Train", Type: "Training" }] } }, { Name: "Train-9", Type: "Model" }] };
const record = (StepName: string, StepStatus: string, StartTime: number, EndTime?: number): StepRecord => ({ StepName, StepStatus, StartTime, EndTime, ...(StepName.startsWith("Train") ? { IterationContext: { ParentStepName: "Each", Index: Number(StepName.split("-")[1]) } } : {}) });

describe("the records of a step", () => {
  const loops = inLoops(definition);
  const records = Object.fromEntries([record("Each", "Executing", 1), record("Train-10", "Executing", 5), record("Train-2", "Succeeded", 2, 4)].map((one) => [one.StepName, one]));
  it("are several where it runs for each item", () => {
    expect(recordsOf("Train", loops, records).map((one) => one.StepName)).toEqual(["Train-2", "Train-10"]);
    expect(recordsOf("Each", loops, records)).toHaveLength(1);
    expect(recordsOf("Gone", loops, records)).toEqual([]);
  });
  it("sum up to the worst of them", () => {
    expect(summed(recordsOf("Train", loops, records))).toMatchObject({ StepStatus: "Executing", StartTime: 2, EndTime: undefined });
    expect(summed([record("a", "Failed", 1, 2), record("b", "Succeeded", 1, 3)])).toMatchObject({ StepStatus: "Failed", EndTime: 3 });
    expect(summed([])).toBeUndefined();
  });
});

describe("results", () => {
  it("are all numbers of a document", () => {
    expect(numbers({ a: { b: 1, c: "x" }, d: [2, { e: 3 }] })).toEqual([["a.b", 1], ["d.0", 2], ["d.1.e", 3]]);
  });
  it("differ or not", () => {
    expect(rowOf("x", ["1", "1"]).differs).toBe(false);
    expect(rowOf("x", ["1", "–"]).differs).toBe(true);
  });
  it("of a step differ by its end, or by more time than chance", () => {
    const ran = (status: string, took: number) => record("a", status, 10, 10 + took);
    expect(differ([ran("Succeeded", 0.4), ran("Succeeded", 1.2)])).toBe(false);
    expect(differ([ran("Succeeded", 100), ran("Succeeded", 110)])).toBe(false);
    expect(differ([ran("Succeeded", 4), ran("Succeeded", 8)])).toBe(true);
    expect(differ([ran("Succeeded", 1), ran("Failed", 1)])).toBe(true);
    expect(differ([ran("Succeeded", 1), undefined])).toBe(true);
    expect(differ([undefined, undefined])).toBe(false);
  });
  it("come after a step along all ways", () => {
    expect(from([{ from: "b", to: "c" }, { from: "a", to: "b" }, { from: "x", to: "y" }], "a").sort()).toEqual(["a", "b", "c"]);
  });
});
