// What a value may point at, and pointers renamed with the steps they lead to. Pure.
import { all, find, holder } from "./edit";
import { ways } from "./layout";
import type { Definition, Step } from "./types";

export interface Choice {
  label: string;
  group: string;
  value: unknown;
}
const EXECUTION = ["PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn", "StartDateTime", "CurrentDateTime"];

/** The most used of what Describe says of each type of step. */
const PROPERTIES: Record<string, string[]> = {
  Training: ["ModelArtifacts.S3ModelArtifacts", "TrainingJobName", "TrainingJobArn"],
  Tuning: ["BestTrainingJob.TrainingJobName", "BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value", "TrainingJobSummaries[1].TrainingJobName", "HyperParameterTuningJobName"],
  Processing: ["ProcessingJobName", "ProcessingJobArn"],
  Transform: ["TransformOutput.S3OutputPath", "TransformJobName"],
  Model: ["ModelName", "ModelArn"],
  RegisterModel: ["ModelPackageArn"],
  Condition: ["Outcome"],
  ForEach: ["Selected.ModelArtifacts.S3ModelArtifacts", "Selected.TrainingJobName", "InputItemCount", "SucceededStepCount"],
  EndpointConfig: ["EndpointConfigName", "EndpointConfigArn"],
  Endpoint: ["EndpointName", "EndpointArn"],
  Deploy: ["EndpointName", "EndpointArn"],
};
const member = (value: unknown, ...path: string[]): unknown => path.reduce<unknown>((one, name) => (one as Record<string, unknown> | undefined)?.[name], value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

export function outputsOf(step: Step): string[] {
  return list(member(step.Arguments, "ProcessingOutputConfig", "Outputs"))
    .map((one) => member(one, "OutputName"))
    .filter((one) => typeof one === "string");
}

/** What can be read of a step by its own paths. */
export function pathsOf(step: Step): string[] {
  return [
    ...outputsOf(step).map((one) => `ProcessingOutputConfig.Outputs['${one}'].S3Output.S3Uri`),
    ...(PROPERTIES[step.Type] ?? []),
    ...list(step.OutputParameters).map((one) => `OutputParameters['${String(member(one, "OutputName"))}']`),
  ];
}

/** Whatever a value of this step can be taken from: not from itself nor from what waits for it. */
export function choices(definition: Definition, name: string): Choice[] {
  const found: Choice[] = (definition.Parameters ?? []).map((one) => ({ group: "Parameters", label: one.Name, value: { Get: `Parameters.${one.Name}` } }));
  const later = waiting(definition, name);
  const loopOf = (step: string) => {
    const held = holder(definition, step);
    return held?.step.Type === "ForEach" ? held.step : undefined;
  };
  const mine = loopOf(name);
  if (mine) for (const one of ["CurrentItem", "Index"]) found.push({ group: mine.Name, label: `${mine.Name} · ${one}`, value: { Get: `ForEach.${one}` } });
  for (const step of all(definition.Steps)) {
    const loop = loopOf(step.Name);
    if (step.Name === name || (later.has(step.Name) && loop?.Name !== name)) continue;
    if (loop && loop !== mine) {
      // Steps outside know one of a body only by its items; the ForEach itself compares them when all are done.
      const [stem, word] = loop.Name === name ? ["IterationOutput", ""] : [`Steps.${loop.Name}.IterationOutputs[*]`, "all "];
      if (loop.Name !== name && later.has(loop.Name)) continue;
      for (const path of pathsOf(step)) found.push({ group: loop.Name, label: `${word}${step.Name} · ${path}`, value: { Get: `${stem}.${step.Name}.${path}` } });
      continue;
    }
    for (const path of pathsOf(step)) found.push({ group: step.Name, label: `${step.Name} · ${path}`, value: { Get: `Steps.${step.Name}.${path}` } });
    for (const one of list(step.PropertyFiles)) {
      const file = String(member(one, "PropertyFileName"));
      found.push({ group: step.Name, label: `${step.Name} · value of the file ${file}`, value: { "Std:JsonGet": { PropertyFile: { Get: `Steps.${step.Name}.PropertyFiles.${file}` }, Path: "" } } });
    }
  }
  for (const one of EXECUTION) found.push({ group: "Execution", label: one, value: { Get: `Execution.${one}` } });
  found.push({ group: "Put together", label: "Parts joined to one text", value: { "Std:Join": { On: "", Values: [""] } } });
  return found;
}

/** Every path that a value asks for. */
export function paths(value: unknown): string[] {
  if (Array.isArray(value)) return (value as unknown[]).flatMap(paths);
  if (!value || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, held]) => (key === "Get" && typeof held === "string" ? [held] : paths(held)));
}

function waiting(definition: Definition, name: string): Set<string> {
  const next = new Map<string, string[]>();
  for (const one of ways(definition)) next.set(one.from, [...(next.get(one.from) ?? []), one.to]);
  const seen = new Set<string>();
  const left = [...(next.get(name) ?? [])];
  while (left.length > 0) {
    const one = left.pop()!;
    if (!seen.has(one)) {
      seen.add(one);
      left.push(...(next.get(one) ?? []));
    }
  }
  return seen;
}

/** Whether a value is worked out when the pipeline runs, and so can't be checked before. */
export const isReference = (value: unknown): value is Record<string, unknown> =>
  Boolean(value) && typeof value === "object" && !Array.isArray(value) && Object.keys(value as object).length === 1 && /^(Get|Std:)/.test(Object.keys(value as object)[0]!);

/** A reference in a few words. */
export function spoken(value: unknown): string {
  if (!isReference(value)) return typeof value === "string" ? value : JSON.stringify(value);
  if (typeof value.Get === "string") return value.Get.replace(/^Parameters\./, "parameter ").replace(/^Steps\.([^.[]+)\./, "$1 · ").replace(/^Execution\./, "execution · ");
  const got = value["Std:JsonGet"];
  if (got) return `${spoken(member(got, "PropertyFile"))} → ${spoken(member(got, "Path"))}`;
  const joined = value["Std:Join"];
  if (joined) return list(member(joined, "Values")).map(spoken).join(String(member(joined, "On") ?? ""));
  return JSON.stringify(value);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The same value where every pointer to the step `from` leads to `to`. */
export function renameIn(value: unknown, from: string, to: string): unknown {
  const pattern = new RegExp(`^Steps\\.${escaped(from)}(?=[.[]|$)`);
  const walk = (one: unknown): unknown => {
    if (Array.isArray(one)) {
      const made = (one as unknown[]).map(walk);
      return made.some((each, at) => each !== (one as unknown[])[at]) ? made : one;
    }
    if (!one || typeof one !== "object") return one;
    let same = true;
    const made = Object.fromEntries(
      Object.entries(one).map(([key, held]) => {
        const next = key === "Get" && typeof held === "string" ? held.replace(pattern, () => `Steps.${to}`) : walk(held);
        if (next !== held) same = false;
        return [key, next];
      }),
    );
    return same ? one : made;
  };
  return walk(value);
}

/** The steps that a sentence of the server names. */
export const namedIn = (definition: Definition, sentence: string): string[] =>
  [...sentence.matchAll(/[Ss]teps? (?:name )?'([^']+)'/g)].map((one) => one[1]!).filter((one) => find(definition, one));
