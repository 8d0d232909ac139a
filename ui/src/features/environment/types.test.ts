import { expect, test } from "vitest";

import { differences, nameProblem, packagesOf } from "./types";

test("packages of a lock, whatever else stands in it", () => {
  const lock = "--find-links /x\n# note\nnumpy==2.1.0 \\\n    --hash=sha256:1\nuvicorn[standard]==0.3 ; python_version > '3'\n";
  expect(packagesOf(lock)).toEqual([
    { name: "numpy", version: "2.1.0" },
    { name: "uvicorn", version: "0.3" },
  ]);
});

test("what differs between two locks", () => {
  expect(differences("a==1\nb==1\n", "a==1\nb==2\nc==3\n")).toEqual([
    { name: "b", before: "1", after: "2" },
    { name: "c", before: undefined, after: "3" },
  ]);
});

test("names as AWS takes them", () => {
  expect(nameProblem("churn-1.2")).toBeUndefined();
  expect(nameProblem("churn--1")).toBeDefined();
  expect(nameProblem("")).toBeDefined();
});
