// A rule as its form holds it, and as the requests that make it. Pure.
import { type Given, givenOf, parameterList } from "../pipeline/given";
import { FRESH, patternOf, type Trigger, triggerOf } from "./triggers";
import type { Rule, RuleTarget } from "./types";

export interface Draft {
  name: string;
  description: string;
  trigger: Trigger;
  what: "pipeline" | "function";
  pipeline: string;
  given: Given;
  function: string;
  /** What a function gets: the event, a text, or one made of parts of the event. */
  payload: "event" | "constant" | "template";
  input: string;
  paths: Given;
  on: boolean;
}

export const fresh = (pipeline = "", aFunction = "", place = ""): Draft => ({
  name: pipeline || aFunction ? `${pipeline || aFunction}-on-event`.slice(0, 64) : "",
  description: "",
  trigger: { ...FRESH, place },
  what: aFunction ? "function" : "pipeline",
  pipeline,
  given: {},
  function: aFunction,
  payload: "event",
  input: "{}",
  paths: {},
  on: true,
});

export function draftOf(rule: Rule, targets: RuleTarget[]): Draft {
  const target = targets[0];
  const rest = target?.Arn.split(":").slice(5).join(":") ?? "";
  const called = rest.startsWith("function:");
  return {
    ...fresh(),
    name: rule.Name,
    description: rule.Description ?? "",
    trigger: triggerOf(rule.EventPattern ?? ""),
    what: called ? "function" : "pipeline",
    pipeline: called ? "" : (rest.split("/")[1] ?? ""),
    given: givenOf(target?.SageMakerPipelineParameters?.PipelineParameterList),
    function: called ? (rest.split(":")[1] ?? "") : "",
    payload: target?.InputTransformer ? "template" : target?.Input ? "constant" : "event",
    input: target?.InputTransformer?.InputTemplate ?? target?.Input ?? "{}",
    paths: target?.InputTransformer?.InputPathsMap ?? {},
    on: rule.State === "ENABLED",
  };
}

export const NAME = /^[.\-_A-Za-z0-9]{1,64}$/;

export function problemsOf(draft: Draft): Partial<Record<"name" | "pipeline" | "function" | "input", string>> {
  const found: ReturnType<typeof problemsOf> = {};
  if (!NAME.test(draft.name)) found.name = "Letters, digits, hyphens, dots and underscores; 64 at most.";
  if (draft.what === "pipeline" && !draft.pipeline) found.pipeline = "Choose a pipeline.";
  if (draft.what === "function" && !draft.function) found.function = "Choose a function.";
  if (draft.what === "function" && draft.payload === "constant") {
    try {
      JSON.parse(draft.input);
    } catch (error) {
      found.input = `This is no JSON: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  if (draft.what === "function" && draft.payload === "template" && !draft.input.trim()) found.input = "Write a template.";
  return found;
}

export const ruleRequest = (draft: Draft, known?: Rule) => ({
  Name: draft.name,
  EventPattern: patternOf(draft.trigger),
  State: draft.on ? "ENABLED" : "DISABLED",
  Description: draft.description || undefined,
  RoleArn: known?.RoleArn,
});

export function targetRequest(draft: Draft, account: string, role: string, known?: RuleTarget): RuleTarget {
  const common = { Id: known?.Id ?? "target", RoleArn: known?.RoleArn ?? role };
  if (draft.what === "pipeline") {
    const list = parameterList(draft.given);
    return { ...common, Arn: `arn:aws:sagemaker:us-east-1:${account}:pipeline/${draft.pipeline.toLowerCase()}`, ...(list.length > 0 ? { SageMakerPipelineParameters: { PipelineParameterList: list } } : {}) };
  }
  const Arn = `arn:aws:lambda:us-east-1:${account}:function:${draft.function}`;
  if (draft.payload === "constant") return { ...common, Arn, Input: draft.input };
  if (draft.payload === "template") return { ...common, Arn, InputTransformer: { InputPathsMap: draft.paths, InputTemplate: draft.input } };
  return { ...common, Arn, ...(known?.InputPath ? { InputPath: known.InputPath } : {}) };
}
