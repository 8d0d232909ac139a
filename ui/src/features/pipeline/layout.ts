// A definition as nodes and edges, laid out from top to bottom. No React here: it is tested by itself.
import dagre from "@dagrejs/dagre";

import type { Definition, Step } from "./types";

export interface Placed {
  step: Step;
  x: number;
  y: number;
}
export interface Way {
  from: string;
  to: string;
  /** Of a condition: by which outcome. */
  word?: string;
}
export const WIDTH = 210;
export const HEIGHT = 56;

/** Steps inside a condition's branches stand beside the others. */
export function flat(steps: Step[]): Step[] {
  return steps.flatMap((step) =>
    step.Type === "Condition" ? [step, ...flat((step.Arguments?.IfSteps as Step[]) ?? []), ...flat((step.Arguments?.ElseSteps as Step[]) ?? [])] : [step],
  );
}

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
      const { IfSteps, ElseSteps, ...own } = (step.Arguments ?? {}) as { IfSteps?: Step[]; ElseSteps?: Step[] };
      const from = new Set(step.DependsOn ?? []);
      taken(own, from);
      from.delete(step.Name);
      if (gate) {
        found.push({ from: gate.name, to: step.Name, word: gate.word });
        from.delete(gate.name);
      }
      for (const name of from) found.push({ from: name, to: step.Name });
      walk(IfSteps ?? [], { name: step.Name, word: "yes" });
      walk(ElseSteps ?? [], { name: step.Name, word: "no" });
    }
  };
  walk(definition.Steps);
  const known = new Set(flat(definition.Steps).map((one) => one.Name));
  return found.filter((one) => known.has(one.from));
}

export function place(definition: Definition): { nodes: Placed[]; edges: Way[] } {
  const steps = flat(definition.Steps);
  const edges = ways(definition);
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 30, ranksep: 50 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const step of steps) graph.setNode(step.Name, { width: WIDTH, height: HEIGHT });
  for (const edge of edges) graph.setEdge(edge.from, edge.to);
  dagre.layout(graph);
  const nodes = steps.map((step) => {
    const at = graph.node(step.Name) as { x: number; y: number };
    return { step, x: at.x - WIDTH / 2, y: at.y - HEIGHT / 2 };
  });
  return { nodes, edges };
}
