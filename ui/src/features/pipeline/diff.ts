// What differs between two definitions: steps by name, wherever they stand, and the parameters. Pure.
import { HOLDS } from "./steps";
import type { Definition, Parameter, Step } from "./types";

export interface Difference {
  /** "Arguments.ProcessingResources.ClusterConfig.InstanceCount" */
  at: string;
  before?: unknown;
  after?: unknown;
}
export interface Changed {
  kind: "step" | "parameter";
  name: string;
  type: string;
  change: "added" | "removed" | "changed";
  differences: Difference[];
}

/** Every step with what holds it: "Choose, if true". */
function placed(steps: Step[], within = ""): Map<string, { step: Step; within: string }> {
  const found = new Map<string, { step: Step; within: string }>();
  for (const step of steps) {
    found.set(step.Name, { step, within });
    for (const { member, label } of HOLDS[step.Type] ?? []) {
      const inside = step.Arguments?.[member];
      if (Array.isArray(inside)) for (const [name, one] of placed(inside as Step[], `${step.Name}, ${label}`)) found.set(name, one);
    }
  }
  return found;
}

/** Without the steps it holds, which are compared by themselves. */
function own(step: Step, within: string): Record<string, unknown> {
  const held = (HOLDS[step.Type] ?? []).map((one) => one.member);
  const bare = Object.fromEntries(Object.entries(step).filter(([key]) => key !== "Name" && key !== "Arguments"));
  const given = Object.fromEntries(Object.entries(step.Arguments ?? {}).filter(([key]) => !held.includes(key)));
  return { ...bare, ...(Object.keys(given).length > 0 ? { Arguments: given } : {}), ...(within ? { "Stands in": within } : {}) };
}

const plain = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Entries of a list that bear a name are compared by it, others by their place. */
const NAMED = ["InputName", "OutputName", "ChannelName", "Name", "Key", "VariantName", "PropertyFileName"];
function members(value: unknown): Record<string, unknown> | undefined {
  if (plain(value)) return value;
  if (!Array.isArray(value)) return undefined;
  const by = NAMED.find((name) => value.every((one) => plain(one) && typeof one[name] === "string"));
  return Object.fromEntries(value.map((one, at) => [by && plain(one) ? `[${String(one[by] as string)}]` : `[${at}]`, one as unknown]));
}

export function differences(before: unknown, after: unknown, at = ""): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [one, other] = [members(before), members(after)];
  // A value taken from elsewhere is one value.
  const reference = (value: Record<string, unknown>) => Object.keys(value).length === 1 && /^(Get|Std:\w+)$/.test(Object.keys(value)[0]!);
  if (!one || !other || Array.isArray(before) !== Array.isArray(after) || (!Array.isArray(before) && (reference(one) || reference(other)))) return [{ at, before, after }];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) => differences(one[key], other[key], key.startsWith("[") || !at ? `${at}${key}` : `${at}.${key}`));
}

function compared<T>(kind: Changed["kind"], before: Map<string, T>, after: Map<string, T>, own: (one: T) => { type: string; members: unknown }): Changed[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [one, other] = [before.get(name), after.get(name)];
    const [was, is] = [one && own(one), other && own(other)];
    const found = differences(was?.members, is?.members);
    if (was && is && found.length === 0) return [];
    const change = !was ? "added" : !is ? "removed" : "changed";
    return [{ kind, name, type: (is ?? was)!.type, change, differences: change === "changed" ? found : [] } as Changed];
  });
}

export function diff(before: Definition, after: Definition): Changed[] {
  const steps = (one: Definition) => placed(one.Steps);
  const parameters = (one: Definition) => new Map((one.Parameters ?? []).map((each): [string, Parameter] => [each.Name, each]));
  return [
    ...compared("parameter", parameters(before), parameters(after), (one) => ({ type: one.Type, members: one })),
    ...compared("step", steps(before), steps(after), ({ step, within }) => ({ type: step.Type, members: own(step, within) })),
  ];
}

/** "2 steps changed, 1 added" */
export function summed(changes: Changed[]): string {
  if (changes.length === 0) return "The same steps and parameters";
  const count = (kind: Changed["kind"], change: Changed["change"]) => changes.filter((one) => one.kind === kind && one.change === change).length;
  const parts = (["step", "parameter"] as const).flatMap((kind) =>
    (["added", "removed", "changed"] as const).flatMap((change) => {
      const many = count(kind, change);
      return many === 0 ? [] : [`${many} ${kind}${many === 1 ? "" : "s"} ${change}`];
    }),
  );
  return parts.join(", ");
}

export const said = (value: unknown): string => (value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value));
