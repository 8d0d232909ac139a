import { describe, expect, it } from "vitest";

import { addressOf, moving, nameProblem } from "./types";

describe("a tracking server", () => {
  it("stands at an address in small letters", () => {
    expect(addressOf("123456789012", "Team-A")).toBe("/mlflow/123456789012/team-a/");
  });
  it("has a name that fits into it", () => {
    expect(nameProblem("team-a")).toBeUndefined();
    for (const bad of ["", "a/b", "-a", "a b"]) expect(nameProblem(bad)).toBeDefined();
  });
  it("is on the move between two states", () => {
    const one = { TrackingServerName: "a", TrackingServerArn: "", IsActive: "Active", CreationTime: 0 } as const;
    expect(moving({ ...one, TrackingServerStatus: "Creating" })).toBe(true);
    expect(moving({ ...one, TrackingServerStatus: "Created" })).toBe(false);
  });
});
