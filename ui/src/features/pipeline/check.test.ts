import { describe, expect, it } from "vitest";

import { check, type Operations } from "./check";
import { all, holder, move, remove, renameParameter } from "./edit";
import { typed } from "./form";
import { place } from "./layout";
import { choices } from "./references";
import { fault, faults, OWN, type Shapes } from "./shapes";
import type { Definition } from "./types";

const shapes: Shapes = {
  Input: { Type: "structure", Members: [{ Name: "JobName", Shape: "Name", Required: true }, { Name: "Size", Shape: "Size", Required: true }, { Name: "Words", Shape: "Words" }] },
  Name: { Type: "string", Max: 5, Pattern: "[a-z]+" },
  Size: { Type: "integer", Min: 1 },
  Words: { Type: "map", Value: "Name" },
};
const operations: Operations = { CreateTrainingJob: { Input: "Input", Shapes: shapes } };
const loop: Definition = {
  Parameters: [{ Name: "P", Type: "String" }],
  Steps: [
    { Name: "Each", Type: "ForEach", Arguments: { IterableItems: { Get: "Parameters.P" }, MaxConcurrency: 2, ForEachBody: [{ Name: "Train", Type: "Training", Arguments: { Size: 1 } }] } },
    { Name: "After", Type: "Model", DependsOn: ["Each"] },
  ],
};

describe("faults", () => {
  it("name the place and the reason; references are not known yet", () => {
    const words = faults(shapes, "Input", { Size: 0, Words: { one: "A" } }).map((one) => `${one.at}: ${one.why}`);
    expect(words).toEqual(["JobName: Must be given.", "Size: At least 1.", "Words.one: Must be of the form [a-z]+"]);
    expect(faults(shapes, "Input", { JobName: { Get: "Parameters.P" }, Size: { Get: "Parameters.P" } })).toEqual([]);
    expect(faults(shapes, "Input", { Size: 1 }, "", ["JobName"])).toEqual([]);
  });
  it("read Java's patterns", () => {
    expect(fault({ Type: "string", Pattern: "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)" }, "höhe 1")).toBeUndefined();
    expect(fault({ Type: "string", Pattern: "[\\p{Alnum}]+" }, "a-b")).toBeDefined();
  });
  it("ask of a condition what its type has", () => {
    expect(faults(OWN, "Condition", { Type: "Or", Conditions: [] }).map((one) => one.at)).toEqual(["Conditions"]);
    expect(faults(OWN, "Condition", { Type: "Equals", LeftValue: 1 }).map((one) => one.at)).toEqual(["RightValue"]);
  });
  it("are found for each step, dead pointers among them", () => {
    const definition: Definition = { Steps: [{ Name: "T", Type: "Training", Arguments: { Size: { Get: "Parameters.Gone" } } }, { Name: "D", Type: "Deploy", Arguments: { EndpointName: "e" } }, { Name: "F", Type: "ForEach", Arguments: {} }] };
    const found = check(definition, { ...operations, CreateEndpoint: { Input: "X", Shapes: {} }, CreateEndpointConfig: { Input: "X", Shapes: {} } });
    expect(found.T!.map((one) => one.why)).toContain("There is no parameter Gone.");
    expect(found.D!.map((one) => one.at)).toEqual(["ModelPackageArn", "InstanceType"]);
    expect(found.F!.map((one) => one.at)).toEqual(["IterableItems", "MaxConcurrency", "ForEachBody"]);
    expect(check({ Steps: [{ Name: "L", Type: "Lambda", Arguments: {} }] }, {}).L!.map((one) => one.at)).toEqual(["FunctionArn"]);
    expect(check(loop, operations).Each).toBeUndefined();
  });
});

describe("a ForEach", () => {
  it("holds steps as a condition does", () => {
    expect(all(loop.Steps).map((one) => one.Name)).toEqual(["Each", "Train", "After"]);
    expect(place(loop).edges).toContainEqual({ from: "Each", to: "Train", word: "each" });
    expect(holder(loop, "Train")?.branch).toBe("ForEachBody");
    expect(move(loop, "Train").Steps.map((one) => one.Name)).toEqual(["Each", "After", "Train"]);
    expect(remove(loop, ["Each"]).Steps.map((one) => one.Name)).toEqual(["After", "Train"]);
  });
  it("offers its item inside, and what all made outside", () => {
    const labels = (name: string) => choices(loop, name).map((one) => JSON.stringify(one.value));
    expect(labels("Train")).toContain('{"Get":"ForEach.CurrentItem"}');
    expect(labels("After")).toContain('{"Get":"Steps.Each.IterationOutputs[*].Train.ModelArtifacts.S3ModelArtifacts"}');
    expect(labels("After")).not.toContain('{"Get":"Steps.Train.ModelArtifacts.S3ModelArtifacts"}');
    expect(labels("Each")).toContain('{"Get":"IterationOutput.Train.ModelArtifacts.S3ModelArtifacts"}');
  });
  it("follows a parameter's name", () => {
    const after = renameParameter(loop, "P", "Q");
    expect(after.Parameters![0]!.Name).toBe("Q");
    expect(after.Steps[0]!.Arguments!.IterableItems).toEqual({ Get: "Parameters.Q" });
  });
});

describe("what is typed", () => {
  it("is a number where it is one", () => {
    expect([typed({ Type: "any" }, "0.5"), typed({ Type: "any" }, "0.50"), typed({ Type: "any" }, "true"), typed({ Type: "string" }, "1")]).toEqual([0.5, "0.50", true, "1"]);
    expect([typed({ Type: "integer" }, "1."), typed({ Type: "integer" }, "12"), typed({ Type: "float" }, "")]).toEqual(["1.", 12, undefined]);
  });
});
