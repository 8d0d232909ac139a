// A definition as nodes and edges, laid out from top to bottom. No React here: it is tested by itself.
import dagre from "@dagrejs/dagre";

import { HOLDS } from "./steps";
import type { Definition, Step } from "./types";

export interface Placed {
  step: Step;
  x: number;
  y: number;
}
export interface Way {
  from: string;
  to: string;
  /** Into a step that another holds: by which outcome of a condition, or for each item. */
  word?: string;
  /** Where it passes the rows of steps between its two, as these are laid out. */
  bends?: Spot[];
}
export interface Spot {
  x: number;
  y: number;
}
export const WIDTH = 210;
export const HEIGHT = 56;

const held = (step: Step) => (HOLDS[step.Type] ?? []).map((one) => ({ ...one, steps: (step.Arguments?.[one.member] as Step[] | undefined) ?? [] }));

/** Steps inside others stand beside them. */
export const flat = (steps: Step[]): Step[] => steps.flatMap((step) => [step, ...held(step).flatMap((one) => flat(one.steps))]);

/** The steps that a value takes something from. */
function taken(value: unknown, found: Set<string>) {
  if (Array.isArray(value)) value.forEach((one) => taken(one, found));
  else if (value && typeof value === "object") {
    const get = (value as { Get?: unknown }).Get;
    const name = typeof get === "string" ? /^Steps\.([^.[]+)/.exec(get)?.[1] : undefined;
    if (name) found.add(name);
    Object.values(value).forEach((one) => taken(one, found));
  }
}

export function ways(definition: Definition): Way[] {
  const found: Way[] = [];
  const walk = (steps: Step[], gate?: { name: string; word: string }) => {
    for (const step of steps) {
      const inside = held(step);
      const own = Object.fromEntries(Object.entries(step.Arguments ?? {}).filter(([name]) => !inside.some((one) => one.member === name)));
      const from = new Set(step.DependsOn ?? []);
      taken(own, from);
      from.delete(step.Name);
      if (gate) {
        found.push({ from: gate.name, to: step.Name, word: gate.word });
        from.delete(gate.name);
      }
      for (const name of from) found.push({ from: name, to: step.Name });
      for (const one of inside) walk(one.steps, { name: step.Name, word: one.word });
    }
  };
  walk(definition.Steps);
  const known = new Set(flat(definition.Steps).map((one) => one.Name));
  return found.filter((one) => known.has(one.from));
}

/** Above so many steps the ranks are found the quicker way; they come out a little less even. */
const MANY = 100;
const KEPT = 8;
interface Laid {
  steps: Record<string, Spot>;
  bends: Spot[][];
}
const kept = new Map<string, Laid>();

function laid(names: string[], edges: Way[]): Laid {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 30, ranksep: 50, ranker: names.length > MANY ? "tight-tree" : "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const name of names) graph.setNode(name, { width: WIDTH, height: HEIGHT });
  for (const edge of edges) graph.setEdge(edge.from, edge.to);
  dagre.layout(graph);
  const at = (name: string) => graph.node(name) as Spot;
  // Of a connection's points the first and the last lie on its two steps, and every other one between two rows.
  const passed = (edge: Way) => (graph.edge(edge.from, edge.to) as { points: Spot[] }).points.slice(1, -1).filter((_, number) => number % 2 === 1);
  return { steps: Object.fromEntries(names.map((name) => [name, { x: at(name).x - WIDTH / 2, y: at(name).y - HEIGHT / 2 }])), bends: edges.map(passed) };
}

/** Steps that are connected alike stand alike, whatever else is typed into them: what was laid out lately is not laid out again. */
export function place(definition: Definition): { nodes: Placed[]; edges: Way[] } {
  const steps = flat(definition.Steps);
  const edges = ways(definition);
  const names = steps.map((one) => one.Name);
  const key = JSON.stringify([names, edges.map((one) => [one.from, one.to])]);
  const found = kept.get(key) ?? laid(names, edges);
  kept.delete(key);
  kept.set(key, found);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  return { nodes: steps.map((step) => ({ step, ...found.steps[step.Name]! })), edges: edges.map((edge, number) => (found.bends[number]!.length ? { ...edge, bends: found.bends[number] } : edge)) };
}
