import { describe, expect, it } from "vitest";

import { bestSoFar } from "./types";

describe("the best so far", () => {
  it("follows the objective's direction", () => {
    expect(bestSoFar([3, 1, 2], true)).toEqual([3, 1, 1]);
    expect(bestSoFar([1, 3, 2], false)).toEqual([1, 3, 3]);
  });
});
