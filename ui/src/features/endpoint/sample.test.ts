import { expect, it } from "vitest";

import { rowOf, samplesOf } from "./sample";

const column = (name: string, datatype: string) => ({ name, datatype, shape: [-1, 1] });

it("a table's row is as wide as the model's", () => {
  expect(samplesOf([{ name: "input", datatype: "FP32", shape: [-1, 4] }])).toEqual({
    "application/json": "[[1, 2, 3, 4]]",
    "text/csv": "1,2,3,4",
    "application/jsonlines": "[1, 2, 3, 4]",
  });
});

it("named columns hold what their types say", () => {
  expect(rowOf([column("city", "BYTES"), column("size", "FP64"), column("new", "BOOL")])).toEqual(["a", 2, true]);
});

it("what is no table, or very wide, has the plain row", () => {
  for (const shape of [[-1, 3, 224, 224], [-1, -1], [-1], [-1, 5000]]) expect(rowOf([{ name: "x", datatype: "FP32", shape }])).toEqual([1, 2, 3]);
  expect(rowOf([])).toEqual([1, 2, 3]);
});
