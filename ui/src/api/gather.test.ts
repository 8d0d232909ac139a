import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { gatherer } from "./gather";

describe("what events made stale", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  it("is asked for once for many events", async () => {
    const asked: unknown[][][] = [];
    const it = gatherer(async (keys) => void asked.push(keys));
    for (let n = 0; n < 5; n++) it.add(["list", "Model"]);
    it.add(["Model", "a"]);
    await vi.advanceTimersByTimeAsync(250);
    expect(asked).toEqual([[["list", "Model"], ["Model", "a"]]]);
  });
  it("waits for the answers before it asks again", async () => {
    let asked = 0;
    const it = gatherer(() => {
      asked += 1;
      return new Promise((done) => setTimeout(done, 1000));
    });
    for (let n = 0; n < 9; n++) {
      it.add(["executions"]);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked).toBe(2);
  });
  it("is not held up by an answer that never comes, and ends", async () => {
    let asked = 0;
    const it = gatherer(() => {
      asked += 1;
      return new Promise(() => undefined);
    });
    it.add(["a"]);
    await vi.advanceTimersByTimeAsync(2250);
    it.add(["b"]);
    await vi.advanceTimersByTimeAsync(250);
    expect(asked).toBe(2);
    it.end();
    await vi.advanceTimersByTimeAsync(9000);
    expect(asked).toBe(2);
  });
});
