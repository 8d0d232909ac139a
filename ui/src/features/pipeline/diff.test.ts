import { describe, expect, it } from "vitest";

import { diff, differences, said, summed } from "./diff";
import type { Definition } from "./types";

const process = (count: number, more: object = {}) => ({ Name: "Prepare", Type: "Processing", Arguments: { ProcessingResources: { ClusterConfig: { InstanceCount: count } }, ProcessingInputs: [{ InputName: "code", S3Input: { S3Uri: "s3://b/a.py" } }] }, ...more });
const choose = (inside: object[]) => ({ Name: "Choose", Type: "Condition", Arguments: { Conditions: [{ Type: "Equals", LeftValue: 1, RightValue: 1 }], IfSteps: inside, ElseSteps: [] } });
const bad = { Name: "Bad", Type: "Fail", Arguments: { ErrorMessage: "no" } };
const of = (Steps: object[], Parameters: Definition["Parameters"] = []) => ({ Steps, Parameters }) as Definition;

describe("two definitions", () => {
  it("that are the same do not differ", () => expect(diff(of([process(1), choose([bad])]), of([process(1), choose([bad])]))).toEqual([]));

  it("differ by steps that came, went and changed, with what changed in them", () => {
    const found = diff(of([process(1), bad]), of([process(2, { DependsOn: ["New"] }), { ...bad, Name: "New" }]));
    expect(found).toEqual([
      { kind: "step", name: "Prepare", type: "Processing", change: "changed", differences: [
        { at: "Arguments.ProcessingResources.ClusterConfig.InstanceCount", before: 1, after: 2 },
        { at: "DependsOn", before: undefined, after: ["New"] },
      ] },
      { kind: "step", name: "Bad", type: "Fail", change: "removed", differences: [] },
      { kind: "step", name: "New", type: "Fail", change: "added", differences: [] },
    ]);
    expect(summed(found)).toBe("1 step added, 1 step removed, 1 step changed");
  });

  it("tell of a step inside of another by itself, and where it moved", () => {
    expect(diff(of([choose([bad])]), of([choose([]), bad]))).toEqual([{ kind: "step", name: "Bad", type: "Fail", change: "changed", differences: [{ at: "Stands in", before: "Choose, if true", after: undefined }] }]);
  });

  it("differ by parameters, too", () => {
    const found = diff(of([], [{ Name: "Depth", Type: "Integer", DefaultValue: 2 }]), of([], [{ Name: "Depth", Type: "Integer", DefaultValue: 3 }]));
    expect(found[0]).toMatchObject({ kind: "parameter", change: "changed", differences: [{ at: "DefaultValue", before: 2, after: 3 }] });
    expect(summed(found)).toBe("1 parameter changed");
    expect(summed([])).toBe("The same steps and parameters");
  });
});

it("lists are compared by names where they have them, and what is taken from elsewhere is one value", () => {
  const [a, b] = [{ InputName: "a", V: 1 }, { InputName: "b", V: 1 }];
  expect(differences([a, b], [{ ...b, V: 2 }, a])).toEqual([{ at: "[b].V", before: 1, after: 2 }]);
  expect(differences({ X: { Get: "Steps.A" } }, { X: { Get: "Steps.B" } })).toEqual([{ at: "X", before: { Get: "Steps.A" }, after: { Get: "Steps.B" } }]);
  expect([undefined, "x", { a: 1 }].map(said)).toEqual(["–", "x", '{"a":1}']);
});
