import { describe, expect, it } from "vitest";

import { keeper } from "./keep";

describe("what is kept of a list", () => {
  it("is the list itself where nothing changed", () => {
    const keep = keeper<{ id: string; data: { state: string } }>();
    const first = keep([{ id: "a", data: { state: "Waiting" } }]);
    expect(keep([{ id: "a", data: { state: "Waiting" } }])).toBe(first);
  });
  it("is each entry that says the same, wherever it stands", () => {
    const keep = keeper<{ id: string; state: string }>();
    const first = keep([{ id: "a", state: "Waiting" }, { id: "b", state: "Waiting" }]);
    const next = keep([{ id: "new", state: "Waiting" }, { id: "b", state: "Executing" }, { id: "a", state: "Waiting" }]);
    expect(next.map((one) => one.id)).toEqual(["new", "b", "a"]);
    expect(next[2]).toBe(first[0]);
    expect(next[1]).not.toBe(first[1]);
    expect(next[1]!.state).toBe("Executing");
  });
});
