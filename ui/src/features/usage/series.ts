// From rows of usage to what is drawn: days, the few largest of what they are split by, and the rest as one. Pure.
import type { UsageRow } from "./types";

export type Measure = "cost" | "time";
export const SPLITS = [
  { id: "User", text: "Person" },
  { id: "InstanceType", text: "Instance type" },
  { id: "Kind", text: "Kind" },
  { id: "Tag", text: "Tag" },
  { id: "Project", text: "Project" },
] as const;
export type Split = (typeof SPLITS)[number]["id"];

const KINDS: Record<string, string> = {
  TrainingJob: "Training",
  ProcessingJob: "Processing",
  TransformJob: "Batch transform",
  Endpoint: "Endpoints",
  App: "Spaces",
  Function: "Functions",
  InferenceComponent: "Inference components",
};
const PATHS: Record<string, string> = { TrainingJob: "/jobs", ProcessingJob: "/processing", TransformJob: "/batch", Endpoint: "/endpoints", App: "/spaces", Function: "/functions" };

/** "HyperParameterTuningJob" → "Hyper parameter tuning job" where there is no better word. */
export const kindWord = (kind: string): string =>
  KINDS[kind] ?? kind.charAt(0) + kind.slice(1).replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);

export const pathOf = (kind: string, name: string): string | undefined => PATHS[kind] && `${PATHS[kind]}/${encodeURIComponent(name)}`;

export const wordOf = (split: Split, key: string): string => {
  if (split === "Kind") return kindWord(key);
  if (key) return key;
  return split === "Tag" ? "Without the tag" : "Nobody known";
};

const DAY = 86_400;
const dayOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);

/** Days or, of long times, months, the first and the last included. */
export function ticks(start: number, end: number): { by: "Day" | "Month"; names: string[] } {
  const days: string[] = [];
  for (let at = Math.floor(start / DAY); at <= Math.floor(end / DAY); at += 1) days.push(dayOf(at * DAY));
  if (days.length <= 92) return { by: "Day", names: days };
  return { by: "Month", names: [...new Set(days.map((day) => day.slice(0, 7)))] };
}

export interface Bars {
  title: string;
  /** One a tick. */
  values: number[];
  rest?: boolean;
}

export const LARGEST = 5;

export function barsOf(rows: UsageRow[], names: string[], by: "Day" | "Month", split: Split, measure: Measure, word = (key: string) => wordOf(split, key)): Bars[] {
  const place = new Map(names.map((name, index) => [name, index]));
  const found = new Map<string, number[]>();
  for (const row of rows) {
    const key = row.Keys[split] ?? "";
    const index = place.get(row.Keys[by] ?? "");
    if (index === undefined) continue;
    const values = found.get(key) ?? names.map(() => 0);
    values[index] = (values[index] ?? 0) + (measure === "cost" ? row.Cost : row.Seconds / 3600);
    found.set(key, values);
  }
  const sum = (values: number[]) => values.reduce((all, one) => all + one, 0);
  const sorted = [...found].sort(([, one], [, other]) => sum(other) - sum(one));
  const few = sorted.length <= LARGEST + 1 ? sorted : sorted.slice(0, LARGEST);
  const bars: Bars[] = few.map(([key, values]) => ({ title: word(key), values }));
  const others = sorted.slice(few.length);
  if (others.length > 0) {
    const values = names.map((_, index) => sum(others.map(([, one]) => one[index] ?? 0)));
    bars.push({ title: `${others.length} others`, values, rest: true });
  }
  return bars;
}

export const RANGES = [
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "90", label: "Last 90 days" },
  { value: "365", label: "Last 12 months" },
  { value: "month", label: "This month" },
  { value: "before", label: "Last month" },
  { value: "own", label: "Days of my own" },
];

/** (first second, a second of the last day) of a range, in UTC as usage counts. */
export function rangeOf(range: string, now: number, from?: string, to?: string): { start: number; end: number } {
  const at = new Date(now * 1000);
  const month = (offset: number) => Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + offset, 1) / 1000;
  if (range === "month") return { start: month(0), end: now };
  if (range === "before") return { start: month(-1), end: month(0) - 1 };
  if (range === "own" && from && to) return { start: Date.parse(`${from}T00:00:00Z`) / 1000, end: Date.parse(`${to}T00:00:00Z`) / 1000 };
  const days = Number(range) || 30;
  return { start: (Math.floor(now / DAY) - days + 1) * DAY, end: now };
}
