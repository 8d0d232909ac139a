// A report of metrics as numbers, curves and tables: what the SDKs' evaluation.json and a monitor's statistics.json hold,
// or any JSON whose leaves are numbers. Pure.
import type { Source, Version } from "./types";

export interface Curve {
  title: string;
  x: string;
  y: string;
  points: { x: number; y: number }[];
}
export interface Grid {
  title: string;
  head: string[];
  rows: { name: string; values: number[] }[];
}
export interface Report {
  numbers: Record<string, number>;
  curves: Curve[];
  grids: Grid[];
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type Members = { [name: string]: Json };
const DEEP = 12;

const numeric = (value: Json | undefined): value is number => typeof value === "number" && Number.isFinite(value);
const isLine = (value: Json): value is number[] => Array.isArray(value) && value.length > 1 && value.every(numeric);
const members = (value: Json): value is Members => typeof value === "object" && value !== null && !Array.isArray(value);

/** {"0": {"0": 5, "1": 1}, "1": {...}}: rows and columns of the same names. */
function gridOf(title: string, value: Json): Grid | undefined {
  if (Array.isArray(value) && value.length > 1 && value.every((row) => isLine(row) && row.length === value.length))
    return { title, head: value.map((_, index) => String(index)), rows: value.map((row, index) => ({ name: String(index), values: row as number[] })) };
  if (!members(value)) return undefined;
  const names = Object.keys(value);
  const square = (row: Json | undefined) => row !== undefined && members(row) && names.every((name) => numeric(row[name])) && Object.keys(row).length === names.length;
  if (names.length < 2 || !names.every((name) => square(value[name]))) return undefined;
  return { title, head: names, rows: names.map((name) => ({ name, values: names.map((other) => (value[name] as Record<string, number>)[other]!) })) };
}

/** Two lists of the same length are a curve; recall lies along the bottom, as people draw it. */
function curveOf(title: string, value: Members): Curve | undefined {
  const lines = Object.keys(value).filter((name) => isLine(value[name]!));
  const [first, second] = /^recall/.test(lines[1] ?? "") ? [lines[1], lines[0]] : lines;
  if (!first || !second) return undefined;
  const xs = value[first] as number[];
  const ys = value[second] as number[];
  if (xs.length !== ys.length) return undefined;
  return { title, x: first, y: second, points: xs.map((x, index) => ({ x, y: ys[index]! })) };
}

export function reportOf(json: unknown): Report {
  const found: Report = { numbers: {}, curves: [], grids: [] };
  const visit = (value: Json, path: string[]) => {
    if (path.length > DEEP) return;
    if (numeric(value)) found.numbers[path.join(".") || "value"] = value;
    const title = path.join(".") || "metrics";
    const grid = gridOf(title, value);
    if (grid) found.grids.push(grid);
    else if (members(value)) {
      const curve = curveOf(title, value);
      if (curve) found.curves.push(curve);
      // {"accuracy": {"value": 0.9}} is the accuracy.
      for (const [name, below] of Object.entries(value)) visit(below, name === "value" ? path : [...path, name]);
    }
  };
  let top = json as Json;
  // One member that holds all the others says nothing: "binary_classification_metrics".
  while (members(top) && Object.keys(top).length === 1 && members(Object.values(top)[0]!) && !("value" in (Object.values(top)[0] as Members))) top = Object.values(top)[0]!;
  visit(top, []);
  return found;
}

export interface Named extends Source {
  title: string;
}
const TITLES: Record<string, string> = { ModelQuality: "Model quality", ModelDataQuality: "Data quality", Bias: "Bias", Explainability: "Explainability" };

/** The reports that a version names, the model's quality first. */
export function sourcesOf(version: Version): Named[] {
  return Object.entries(version.ModelMetrics ?? {}).flatMap(([member, reports]) =>
    Object.entries(reports).map(([name, source]) => ({ title: `${TITLES[member] ?? member}: ${name.toLowerCase()}`, ...source })),
  );
}

/** Pairs as UpdateModelPackage takes them: what is set, and the names that are gone. */
export function metadataChange(before: Record<string, string>, after: { key: string; value: string }[]) {
  const kept = Object.fromEntries(after.filter((one) => one.key.trim()).map((one) => [one.key.trim(), one.value]));
  const gone = Object.keys(before).filter((name) => !(name in kept));
  return {
    CustomerMetadataProperties: Object.keys(kept).length ? kept : undefined,
    CustomerMetadataPropertiesToRemove: gone.length ? gone : undefined,
  };
}
