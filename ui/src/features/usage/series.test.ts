import { describe, expect, it } from "vitest";

import { barsOf, kindWord, rangeOf, ticks } from "./series";

const NOW = Date.UTC(2026, 10, 25, 15) / 1000;
const row = (day: string, user: string, cost: number) => ({ Keys: { Day: day, User: user }, Seconds: 3600 * cost, Cost: cost });

describe("usage", () => {
  it("has every day of a range, also those on which nothing ran", () => {
    const { start, end } = rangeOf("7", NOW);
    expect(ticks(start, end).names).toEqual(["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]);
    expect(rangeOf("before", NOW)).toEqual({ start: Date.UTC(2026, 9, 1) / 1000, end: Date.UTC(2026, 10, 1) / 1000 - 1 });
    const own = rangeOf("own", NOW, "2026-11-01", "2026-11-02");
    expect(ticks(own.start, own.end).names).toEqual(["2026-11-01", "2026-11-02"]);
  });

  it("goes by months where days would be too many", () => {
    const { start, end } = rangeOf("365", NOW);
    expect(ticks(start, end)).toMatchObject({ by: "Month" });
    expect(ticks(start, end).names).toHaveLength(13);
  });

  it("draws the largest and the rest as one", () => {
    const names = ["2026-11-24", "2026-11-25"];
    const rows = ["a", "b", "c", "d", "e", "f", "g"].map((user, index) => row("2026-11-24", user, index + 1));
    const bars = barsOf([...rows, row("2026-11-25", "g", 1)], names, "Day", "User", "cost");
    expect(bars.map((one) => one.title)).toEqual(["g", "f", "e", "d", "c", "2 others"]);
    expect(bars[0]!.values).toEqual([7, 1]);
    expect(bars.at(-1)).toMatchObject({ values: [3, 0], rest: true });
    expect(barsOf(rows, names, "Day", "User", "time")[0]!.values).toEqual([7, 0]);
  });

  it("has words for kinds it has never heard of", () => {
    expect(kindWord("TrainingJob")).toBe("Training");
    expect(kindWord("FunctionInvocation")).toBe("Function invocation");
  });
});
