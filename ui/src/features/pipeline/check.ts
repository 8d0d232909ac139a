// What is wrong with each step of a definition, before the server is asked. Pure.
import { all, branches } from "./edit";
import { paths } from "./references";
import { type Fault, faults, OWN, type Shapes } from "./shapes";
import { kindOf } from "./steps";
import type { Definition, Step } from "./types";

/** Of an operation: its input's shape and all that it is made of. */
export interface Operation {
  Input: string;
  Shapes: Shapes;
}
export type Operations = Record<string, Operation>;

/** The shapes of a type of step, and which of them its arguments have; none while they are not known. */
export function shapesOf(type: string, operations: Operations): { shapes: Shapes; shape: string } | undefined {
  const kind = kindOf(type);
  if (!kind) return undefined;
  const there = (kind.operations ?? []).map((one) => operations[one]);
  if (there.some((one) => !one)) return undefined;
  return { shapes: Object.assign({}, OWN, ...there.map((one) => one!.Shapes)) as Shapes, shape: kind.shape ?? there[0]!.Input };
}

const oneOf = (args: Record<string, unknown>, one: string, other: string): Fault[] =>
  (args[one] === undefined) === (args[other] === undefined) ? [{ at: one, why: `Give either ${one} or ${other}.` }] : [];

function ruled(step: Step): Fault[] {
  const args = step.Arguments ?? {};
  if (step.Type === "Deploy") {
    const approval = args.Approval !== undefined && args.ModelPackageArn === undefined ? [{ at: "Approval", why: "Only a ModelPackageArn is approved." }] : [];
    return [...oneOf(args, "ModelPackageArn", "ModelName"), ...oneOf(args, "InstanceType", "ServerlessConfig"), ...approval];
  }
  if (step.Type === "ForEach") {
    const body = (args.ForEachBody as Step[] | undefined) ?? [];
    const wrong = body.find((one) => ["Condition", "Fail", "ForEach"].includes(one.Type));
    if (wrong) return [{ at: "ForEachBody", why: `${wrong.Name}: a step of type ${wrong.Type} can't run for each item.` }];
    return body.length === 0 ? [{ at: "ForEachBody", why: "Connect its lower handle to the steps to run for each item." }] : [];
  }
  return [];
}

function pointers(definition: Definition, names: Set<string>, value: unknown): Fault[] {
  const parameters = new Set(definition.Parameters?.map((one) => one.Name));
  return paths(value).flatMap((path) => {
    const [root, name] = path.split(/[.[]/);
    if (root === "Parameters" && !parameters.has(name!)) return [{ at: path, why: `There is no parameter ${name}.` }];
    if (root === "Steps" && !names.has(name!)) return [{ at: path, why: `There is no step ${name}.` }];
    return [];
  });
}

/** By the name of each step that is not right yet. */
export function check(definition: Definition, operations: Operations): Record<string, Fault[]> {
  const steps = all(definition.Steps);
  const names = new Set(steps.map((one) => one.Name));
  const found: Record<string, Fault[]> = {};
  for (const step of steps) {
    const own = Object.fromEntries(Object.entries(step.Arguments ?? {}).filter(([name]) => !branches(step).includes(name)));
    const about = shapesOf(step.Type, operations);
    const kind = kindOf(step.Type);
    const more = kind ? faults(OWN, kind.more, Object.fromEntries(Object.entries(step).filter(([name]) => OWN[kind.more]!.Members!.some((one) => one.Name === name)))) : [];
    const wrong = [...(about ? faults(about.shapes, about.shape, own, "", kind?.given) : []), ...more, ...ruled(step), ...pointers(definition, names, own)];
    if (wrong.length > 0) found[step.Name] = wrong;
  }
  return found;
}
