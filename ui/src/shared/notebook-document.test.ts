import { expect, test } from "vitest";

import { parametersOf, parse, plain, text } from "./notebook-document";

const notebook = (source: string | string[], tags = ["parameters"]) => JSON.stringify({ nbformat: 4, cells: [{ cell_type: "code", source, metadata: { tags }, outputs: [] }] });

test("parameters are read off the tagged cell", () => {
  const source = ["day = '2026-11-01'  # of the report\n", "rows: int = 10\n", "dry = True\n", "import os\n", "late = None\n", 'who = "a # b"'];
  expect(parametersOf(notebook(source))).toEqual([
    { name: "day", value: "2026-11-01" },
    { name: "rows", value: "10" },
    { name: "dry", value: "true" },
    { name: "who", value: "a # b" },
  ]);
  expect(parametersOf(notebook("x = 1", []))).toEqual([]);
  expect(parametersOf("no json")).toEqual([]);
});

test("texts are joined and colours dropped", () => {
  expect(text(["a", "b"])).toBe("ab");
  expect(plain("\u001b[0;31mred\u001b[0m")).toBe("red");
  expect(parse("{}")).toBeUndefined();
});
