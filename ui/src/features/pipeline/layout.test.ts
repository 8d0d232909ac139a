import { describe, expect, it } from "vitest";

import { flat, HEIGHT, place, ways, WIDTH } from "./layout";
import type { Definition } from "./types";

const definition: Definition = {
  Steps: [
    { Name: "Prepare", Type: "Processing" },
    { Name: "Train", Type: "Training", Arguments: { data: [{ Get: "Steps.Prepare.Outputs['train'].S3Uri" }] } },
    {
      Name: "If",
      Type: "Condition",
      DependsOn: ["Train"],
      Arguments: {
        Conditions: [{ Type: "LessThan", LeftValue: { "Std:JsonGet": { PropertyFile: { Get: "Steps.Train.PropertyFiles.F" } } }, RightValue: 1 }],
        IfSteps: [{ Name: "Register", Type: "RegisterModel", DependsOn: ["Prepare"] }],
        ElseSteps: [{ Name: "Fail", Type: "Fail" }],
      },
    },
  ],
};

describe("a definition as a drawing", () => {
  it("lays branches flat", () => {
    expect(flat(definition.Steps).map((one) => one.Name)).toEqual(["Prepare", "Train", "If", "Register", "Fail"]);
  });
  it("has a way for each dependency, once", () => {
    expect(ways(definition)).toEqual([
      { from: "Prepare", to: "Train" },
      { from: "Train", to: "If" },
      { from: "If", to: "Register", word: "yes" },
      { from: "Prepare", to: "Register" },
      { from: "If", to: "Fail", word: "no" },
    ]);
  });
  it("puts what comes later below", () => {
    const y = Object.fromEntries(place(definition).nodes.map((one) => [one.step.Name, one.y]));
    expect(y.Prepare! < y.Train! && y.Train! < y.If! && y.If! < y.Fail!).toBe(true);
  });
  it("leads a connection past the rows between its steps, beside what stands there", () => {
    const { nodes, edges } = place(definition);
    const far = edges.filter((one) => one.bends);
    expect(far.map((one) => [one.from, one.to, one.bends!.length])).toEqual([["Prepare", "Register", 2]]);
    for (const { x, y } of far[0]!.bends!) {
      const row = nodes.filter((one) => one.y < y && y < one.y + HEIGHT);
      expect(row).toHaveLength(1);
      expect(x < row[0]!.x || x > row[0]!.x + WIDTH).toBe(true);
    }
  });
  it("stands where it stood when only what is in a step changes, and moves with a new connection", () => {
    const spots = (one: Definition) => place(one).nodes.map(({ x, y }) => [x, y]);
    const typed = { Steps: definition.Steps.map((one) => (one.Name === "Prepare" ? { ...one, Description: "x" } : one)) };
    expect(spots(typed)).toEqual(spots(definition));
    expect(place(typed).nodes[0]!.step.Description).toBe("x");
    const cut = { Steps: definition.Steps.map((one) => (one.Name === "Train" ? { ...one, Arguments: {} } : one)) };
    expect(spots(cut)).not.toEqual(spots(definition));
  });
});
