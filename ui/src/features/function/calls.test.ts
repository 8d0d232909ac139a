import { describe, expect, it } from "vitest";

import { base64, crc32, zip } from "../../api/zip";
import { callsOf, configurationOf, pretty, reportOf, settingProblems } from "./calls";

const report = (id: string) => `REPORT RequestId: ${id}\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 42 MB`;
const at = (timestamp: number, logStreamName: string, message: string) => ({ timestamp, logStreamName, message });

describe("calls of a function", () => {
  it("are read from what was printed", () => {
    const events = [
      at(30, "b", "START RequestId: two Version: $LATEST"),
      at(10, "a", "START RequestId: one Version: $LATEST"),
      at(11, "a", "[ERROR]\t2026-01-01T00:00:00Z\tone\tonly logged"),
      at(12, "a", report("one")),
      at(31, "b", "[ERROR] ValueError: no key"),
      at(32, "b", report("two")),
      at(40, "c", "START RequestId: three Version: $LATEST"),
      at(50, "d", "START RequestId: four Version: $LATEST"),
      at(51, "d", "Task timed out after 3.00 seconds"),
      at(9000, "e", "START RequestId: five Version: $LATEST"),
    ];
    expect(callsOf(events, 10_000, 5000).map((one) => [one.id, one.state, one.duration, one.why])).toEqual([
      ["five", "Running", undefined, undefined],
      ["four", "Failed", undefined, "Task timed out after 3.00 seconds"],
      ["three", "Failed", undefined, expect.stringContaining("killed")],
      ["two", "Failed", 12.5, "ValueError: no key"],
      ["one", "Succeeded", 12.5, undefined],
    ]);
  });

  it("tell how long they took", () => expect(reportOf(`END\n${report("x")}\n`)).toEqual({ id: "x", duration: 12.5, memory: 42 }));
});

it("settings are checked before they are sent", () => {
  const good = { handler: "main.handler", memory: "128", timeout: "3", description: "", variables: [{ key: "AA", value: "1" }, { key: "", value: "x" }] };
  expect(settingProblems(good)).toEqual({});
  expect(configurationOf(good)).toMatchObject({ MemorySize: 128, Environment: { Variables: { AA: "1" } } });
  expect(Object.keys(settingProblems({ handler: "main", memory: "1", timeout: "0", description: "", variables: [{ key: "1", value: "" }] }))).toEqual(["handler", "memory", "timeout", "variables"]);
});

it("a zip is what zips are", () => {
  const data = new TextEncoder().encode("print(1)\n");
  const packed = zip([{ name: "main.py", data }]);
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  expect([...packed.slice(0, 4)]).toEqual([0x50, 0x4b, 3, 4]);
  expect(packed.length).toBe(30 + 7 + 9 + 46 + 7 + 22);
  expect(base64(new Uint8Array([1, 2, 255]))).toBe("AQL/");
});

it("results are shown as people read them", () => expect([pretty('{"a":1}'), pretty("no json")]).toEqual(['{\n  "a": 1\n}', "no json"]));
