import { describe, expect, it } from "vitest";

import { staleAfter } from "../api/events";
import { tarHeader } from "../api/tar";
import { jobActions } from "./actions";
import { bytes, duration, number, parseS3 } from "./format";

const nothing = { deploy: () => undefined, stop: () => undefined, clone: () => undefined, open: () => undefined, copyPython: () => undefined, copyShell: () => undefined, remove: () => undefined };
const allowed = (status: string, canWrite = true) =>
  jobActions({ name: "x", status }, canWrite, nothing)
    .filter((one) => !one.disabledReason)
    .map((one) => one.id);

describe("actions of a job", () => {
  it("offers what its status allows", () => {
    expect(allowed("Completed")).toEqual(["open", "deploy", "clone", "copyPython", "copyShell", "remove"]);
    expect(allowed("InProgress")).toEqual(["open", "clone", "copyPython", "copyShell", "stop"]);
    expect(allowed("Failed")).toEqual(["open", "clone", "copyPython", "copyShell", "remove"]);
  });
  it("lets a viewer look and copy, with the reason why not more", () => {
    expect(allowed("Completed", false)).toEqual(["open", "copyPython", "copyShell"]);
    expect(jobActions({ name: "x", status: "Completed" }, false, nothing)[1]?.disabledReason).toContain("Viewers");
  });
});

describe("formats", () => {
  it("writes sizes, numbers and durations", () => {
    expect([bytes(0), bytes(1536), bytes(undefined)]).toEqual(["0 B", "1.50 KiB", "–"]);
    expect([number(0.123456), number(12), number(Number.NaN)]).toEqual(["0.1235", "12", "–"]);
    expect([duration(0.42), duration(5), duration(9.96), duration(65), duration(7300)]).toEqual(["0.4 s", "5 s", "10 s", "1 min 5 s", "2 h 1 min"]);
  });
  it("reads S3 addresses", () => {
    expect(parseS3("s3://b/a/c.csv")).toEqual({ bucket: "b", key: "a/c.csv" });
    expect(parseS3("s3://b")).toEqual({ bucket: "b", key: "" });
  });
});

describe("events", () => {
  it("make the thing and its lists stale", () => {
    expect(staleAfter({ id: 1, kind: "Model", name: "m", deleted: false })).toEqual([
      ["Model", "m"],
      ["list", "Model"],
    ]);
  });
});

describe("tar", () => {
  it("writes a header whose checksum holds", () => {
    const head = tarHeader("train.py", 1000);
    const text = new TextDecoder().decode(head);
    const stored = Number.parseInt(text.slice(148, 154), 8);
    const blank = head.map((byte, place) => (place >= 148 && place < 156 ? 32 : byte));
    expect(blank.reduce((total, byte) => total + byte, 0)).toBe(stored);
    expect(text.slice(0, 8)).toBe("train.py");
    expect(Number.parseInt(text.slice(124, 135), 8)).toBe(1000);
  });
});
