// Changes of a definition's document, each giving a new one; whatever it does not know of is carried along as it was. Pure.
import { renameIn } from "./references";
import { HOLDS } from "./steps";
import type { Definition, Step } from "./types";

/** The members in which a step holds others. */
export const branches = (step: Step): string[] => (HOLDS[step.Type] ?? []).map((one) => one.member);
const branch = (step: Step, name: string) => (step.Arguments?.[name] as Step[] | undefined) ?? [];

/** The steps with each changed by `change`, branches included; a step for which it gives nothing goes. */
function mapSteps(steps: Step[], change: (step: Step) => Step | undefined): Step[] {
  let same = true;
  const made = steps.flatMap((step) => {
    let one = change(step);
    if (one && branches(one).length > 0) {
      const args = { ...one.Arguments };
      let touched = false;
      for (const name of branches(one)) {
        const inside = branch(one, name);
        const after = mapSteps(inside, change);
        if (after !== inside) {
          args[name] = after;
          touched = true;
        }
      }
      if (touched) one = { ...one, Arguments: args };
    }
    if (one !== step) same = false;
    return one ? [one] : [];
  });
  return same ? steps : made;
}

export function all(steps: Step[]): Step[] {
  return steps.flatMap((step) => [step, ...branches(step).flatMap((name) => all(branch(step, name)))]);
}
export const find = (definition: Definition, name: string) => all(definition.Steps).find((one) => one.Name === name);

export const change = (definition: Definition, name: string, by: (step: Step) => Step): Definition => ({
  ...definition,
  Steps: mapSteps(definition.Steps, (one) => (one.Name === name ? by(one) : one)),
});

/** A name that no step bears yet. */
export function freeName(definition: Definition, stem: string): string {
  const taken = new Set(all(definition.Steps).map((one) => one.Name));
  if (!taken.has(stem)) return stem;
  const base = stem.replace(/-\d+$/, "");
  for (let n = 2; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`;
}

export const add = (definition: Definition, step: Step): Definition => ({ ...definition, Steps: [...definition.Steps, step] });

const without = (names: Set<string>) => (step: Step): Step => {
  const left = step.DependsOn?.filter((one) => !names.has(one));
  if (!left || left.length === step.DependsOn!.length) return step;
  if (left.length > 0) return { ...step, DependsOn: left };
  return Object.fromEntries(Object.entries(step).filter(([key]) => key !== "DependsOn")) as unknown as Step;
};

/** The steps go, and what they hold comes out beside them; values that point at them are left for the server and the user to see. */
export function remove(definition: Definition, names: string[]): Definition {
  const gone = new Set(names);
  const out: Step[] = [];
  const steps = mapSteps(definition.Steps, (one) => {
    if (!gone.has(one.Name)) return without(gone)(one);
    out.push(...branches(one).flatMap((name) => branch(one, name)));
    return undefined;
  });
  const freed = out.length > 0 ? mapSteps(out, (one) => (gone.has(one.Name) ? undefined : without(gone)(one))) : [];
  return { ...definition, Steps: [...steps, ...freed] };
}

export function rename(definition: Definition, from: string, to: string): Definition {
  const steps = mapSteps(definition.Steps, (one) => {
    const named = one.Name === from ? { ...one, Name: to } : one;
    return named.DependsOn?.includes(from) ? { ...named, DependsOn: named.DependsOn.map((each) => (each === from ? to : each)) } : named;
  });
  return { ...definition, Steps: renameIn(steps, from, to) as Step[] };
}

/** Whether `to` is reached from `from` by the given ways. */
export function reaches(ways: { from: string; to: string }[], from: string, to: string): boolean {
  const next = new Map<string, string[]>();
  for (const one of ways) next.set(one.from, [...(next.get(one.from) ?? []), one.to]);
  const seen = new Set<string>();
  const left = [from];
  while (left.length > 0) {
    const one = left.pop()!;
    if (one === to) return true;
    if (seen.has(one)) continue;
    seen.add(one);
    left.push(...(next.get(one) ?? []));
  }
  return false;
}

export const depend = (definition: Definition, from: string, to: string): Definition =>
  change(definition, to, (one) => (one.DependsOn?.includes(from) ? one : { ...one, DependsOn: [...(one.DependsOn ?? []), from] }));

export const undepend = (definition: Definition, from: string, to: string): Definition => change(definition, to, without(new Set([from])));

/** The step that holds a step, and in which member. */
export function holder(definition: Definition, name: string): { step: Step; branch: string } | undefined {
  for (const step of all(definition.Steps)) for (const each of branches(step)) if (branch(step, each).some((one) => one.Name === name)) return { step, branch: each };
  return undefined;
}

/** Takes a step, with all it holds, into a branch of another; into none: out to the top. */
export function move(definition: Definition, name: string, into?: { condition: string; branch: string }): Definition {
  const step = find(definition, name);
  if (!step || (into && all([step]).some((one) => one.Name === into.condition))) return definition;
  const rest: Definition = { ...definition, Steps: mapSteps(definition.Steps, (one) => (one.Name === name ? undefined : one)) };
  if (!into) return add(rest, step);
  const bare = without(new Set([into.condition]))(step);
  return change(rest, into.condition, (one) => ({ ...one, Arguments: { ...one.Arguments, [into.branch]: [...branch(one, into.branch), bare] } }));
}

/** Copies of steps under new names; what they say of one another follows them, what they say of others stays. */
export function paste(definition: Definition, steps: Step[]): { definition: Definition; names: string[] } {
  let made = definition;
  let copies = structuredClone(steps);
  for (const old of all(steps)) {
    const name = freeName({ ...made, Steps: [...made.Steps, ...copies] }, `${old.Name}-2`);
    copies = rename({ Steps: copies }, old.Name, name).Steps;
  }
  made = { ...made, Steps: [...made.Steps, ...copies] };
  return { definition: made, names: all(copies).map((one) => one.Name) };
}

/** A value at a path of members and positions; undefined takes it away. */
export function put(value: unknown, path: (string | number)[], to: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return to;
  if (typeof first === "number") {
    const list = Array.isArray(value) ? [...(value as unknown[])] : [];
    const made = put(list[first], rest, to);
    if (made === undefined) list.splice(first, 1);
    else list[first] = made;
    return list;
  }
  const held = { ...(value as Record<string, unknown> | undefined) };
  const made = put(held[first], rest, to);
  if (made === undefined) return Object.fromEntries(Object.entries(held).filter(([key]) => key !== first));
  held[first] = made;
  return held;
}

/** The states of a document, with the way back and forth. Changes under the same key are one step back. */
export interface History<T> {
  past: T[];
  now: T;
  next: T[];
  key?: string;
}
export const begin = <T>(now: T): History<T> => ({ past: [], now, next: [] });
export const did = <T>(history: History<T>, now: T, key?: string): History<T> =>
  now === history.now ? history : { past: key !== undefined && key === history.key ? history.past : [...history.past.slice(-199), history.now], now, next: [], key };
export function undo<T>(history: History<T>): History<T> {
  const last = history.past.at(-1);
  return last === undefined ? history : { past: history.past.slice(0, -1), now: last, next: [history.now, ...history.next] };
}
export function redo<T>(history: History<T>): History<T> {
  const [first, ...rest] = history.next;
  return first === undefined ? history : { past: [...history.past, history.now], now: first, next: rest };
}

/** A parameter under another name, and every pointer to it. */
export function renameParameter(definition: Definition, from: string, to: string): Definition {
  const walk = (one: unknown): unknown => {
    if (Array.isArray(one)) return (one as unknown[]).map(walk);
    if (!one || typeof one !== "object") return one;
    return Object.fromEntries(Object.entries(one).map(([key, held]) => [key, key === "Get" && held === `Parameters.${from}` ? `Parameters.${to}` : walk(held)]));
  };
  return {
    ...definition,
    Parameters: definition.Parameters?.map((one) => (one.Name === from ? { ...one, Name: to } : one)),
    Steps: walk(definition.Steps) as Step[],
  };
}
