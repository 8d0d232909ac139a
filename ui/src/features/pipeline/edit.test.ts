import { describe, expect, it } from "vitest";

import { add, begin, change, depend, did, find, freeName, move, paste, put, reaches, redo, remove, rename, undepend, undo } from "./edit";
import { choices, namedIn, renameIn, spoken } from "./references";
import type { Definition } from "./types";

const made: Definition = {
  Version: "2020-12-01",
  Metadata: { unknown: [1] },
  Parameters: [{ Name: "Alpha", Type: "Float", DefaultValue: 1 }],
  Steps: [
    { Name: "Prepare", Type: "Processing", Arguments: { ProcessingOutputConfig: { Outputs: [{ OutputName: "train" }] } }, PropertyFiles: [{ PropertyFileName: "F", OutputName: "train", FilePath: "f.json" }] },
    { Name: "Train", Type: "Training", DependsOn: ["Prepare"], Strange: { kept: true }, Arguments: { data: [{ Get: "Steps.Prepare.Outputs['train'].S3Uri" }] } },
    { Name: "If", Type: "Condition", Arguments: { Conditions: [], IfSteps: [{ Name: "Register", Type: "RegisterModel", DependsOn: ["Prepare"], Arguments: {} }], ElseSteps: [] } },
  ],
} as Definition;

describe("changes of a definition", () => {
  it("leave all they do not touch as it was, and the old document alone", () => {
    const before = JSON.stringify(made);
    const after = change(made, "Register", (one) => ({ ...one, Description: "d" }));
    expect(find(after, "Register")?.Description).toBe("d");
    expect(after.Steps[1]).toBe(made.Steps[1]);
    expect({ ...after, Steps: [] }).toEqual({ ...made, Steps: [] });
    expect(JSON.stringify(made)).toBe(before);
  });
  it("give the same text back when undone by hand", () => {
    const text = JSON.stringify(made);
    const there = depend(made, "Train", "If");
    expect(JSON.stringify(undepend(there, "Train", "If"))).toBe(text);
    expect(JSON.stringify(rename(rename(made, "Prepare", "P"), "P", "Prepare"))).toBe(text);
    expect(JSON.stringify(remove(add(made, { Name: "X", Type: "Fail" }), ["X"]))).toBe(text);
  });
  it("rename pointers and dependencies everywhere", () => {
    const after = rename(made, "Prepare", "P.2");
    expect(JSON.stringify(after)).not.toContain("Prepare");
    expect(find(after, "Register")?.DependsOn).toEqual(["P.2"]);
    expect(renameIn({ Get: "Steps.Prepared.x" }, "Prepare", "P")).toEqual({ Get: "Steps.Prepared.x" });
  });
  it("take steps into branches and out of them, never into themselves", () => {
    const inside = move(made, "Train", { condition: "If", branch: "ElseSteps" });
    expect((find(inside, "If")?.Arguments?.ElseSteps as unknown[]).length).toBe(1);
    expect(move(inside, "Train").Steps.map((one) => one.Name)).toEqual(["Prepare", "If", "Train"]);
    expect(move(made, "If", { condition: "If", branch: "IfSteps" })).toBe(made);
  });
  it("free what a removed condition held", () => {
    const after = remove(made, ["If", "Prepare"]);
    expect(after.Steps.map((one) => one.Name)).toEqual(["Train", "Register"]);
    expect(after.Steps[1]!.DependsOn).toBeUndefined();
  });
  it("paste copies that point at one another", () => {
    const { definition, names } = paste(made, made.Steps.slice(0, 2));
    expect(names).toEqual(["Prepare-2", "Train-2"]);
    expect(JSON.stringify(find(definition, "Train-2"))).not.toContain("Prepare.");
    expect(find(definition, "Train-2")?.DependsOn).toEqual(["Prepare-2"]);
    expect(freeName(definition, "Prepare-2")).toBe("Prepare-3");
  });
  it("put a value at its place", () => {
    expect(put({ a: [{ b: 1 }] }, ["a", 0, "b"], 2)).toEqual({ a: [{ b: 2 }] });
    expect(put({ a: 1, c: 2 }, ["a"], undefined)).toEqual({ c: 2 });
    expect(put(undefined, ["a", 0], 1)).toEqual({ a: [1] });
  });
  it("are undone and done again; typing is one step", () => {
    let one = did(did(did(begin(0), 1), 2, "k"), 3, "k");
    one = undo(one);
    expect(one.now).toBe(1);
    expect(redo(one).now).toBe(3);
    expect(undo(undo(undo(one))).now).toBe(0);
  });
  it("see a circle coming", () => {
    expect(reaches([{ from: "a", to: "b" }, { from: "b", to: "c" }], "a", "c")).toBe(true);
    expect(reaches([{ from: "a", to: "b" }], "b", "a")).toBe(false);
  });
});

describe("references", () => {
  it("offer what comes before, not what waits", () => {
    const labels = choices(made, "Train").map((one) => one.label);
    expect(labels).toContain("Alpha");
    expect(labels).toContain("Prepare · ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri");
    expect(choices(made, "Prepare").some((one) => one.group === "Train")).toBe(false);
  });
  it("are said in words, and the step that a refusal names is found", () => {
    expect(spoken({ Get: "Parameters.Alpha" })).toBe("parameter Alpha");
    expect(namedIn(made, "Unable to parse. The step 'Train' depends on 'Q', which is no step.")).toEqual(["Train"]);
  });
});
