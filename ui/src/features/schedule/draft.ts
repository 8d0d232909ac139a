// A schedule as its form holds it, and as the scheduler's request. Pure.
import { type Given, givenOf, parameterList } from "../pipeline/given";
import { boundOf, type Bounds, secondsOf, UNBOUND, wrongBound } from "./bounds";
import type { Schedule } from "./types";
import { expressionOf, FRESH, type When, whenOf } from "./words";

export interface Draft {
  name: string;
  description: string;
  what: "pipeline" | "function" | "request";
  pipeline: string;
  given: Given;
  function: string;
  /** A function's event, or the request of a universal target. */
  input: string;
  /** Of a universal target. */
  arn: string;
  when: When;
  zone: string;
  bounds: Bounds;
  on: boolean;
  removeAfter: boolean;
}
export const START_PIPELINE = "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution";
export const CREATE_TRAINING = "arn:aws:scheduler:::aws-sdk:sagemaker:createTrainingJob";
export const SOURCES = [
  { value: "<aws.scheduler.scheduled-time>", label: "The time it was due, as 2026-05-01T03:00:00Z" },
  { value: "<aws.scheduler.execution-id>", label: "A word that is another at each start" },
  { value: "<aws.scheduler.schedule-arn>", label: "The schedule's ARN" },
];
export const later = (text: string) => text.includes("<aws.scheduler.");

export const fresh = (zone: string, pipeline = "", aFunction = ""): Draft => ({
  name: pipeline || aFunction ? `${pipeline || aFunction}-nightly`.slice(0, 64) : "",
  description: "",
  what: aFunction ? "function" : "pipeline",
  pipeline,
  given: {},
  function: aFunction,
  input: "{}",
  arn: START_PIPELINE,
  when: FRESH,
  zone,
  bounds: UNBOUND,
  on: true,
  removeAfter: false,
});

export function draftOf(schedule: Schedule): Draft {
  const target = schedule.Target;
  const rest = target.Arn.split(":").slice(5).join(":");
  const what = target.Arn.startsWith("arn:aws:scheduler:::") ? "request" : rest.startsWith("function:") ? "function" : "pipeline";
  return {
    ...fresh(schedule.ScheduleExpressionTimezone ?? "UTC"),
    name: schedule.Name,
    description: schedule.Description ?? "",
    what,
    pipeline: what === "pipeline" ? (rest.split("/")[1] ?? "") : "",
    given: givenOf(target.SageMakerPipelineParameters?.PipelineParameterList),
    function: what === "function" ? (rest.split(":")[1] ?? "") : "",
    input: target.Input ?? (what === "request" ? "" : "{}"),
    arn: what === "request" ? target.Arn : START_PIPELINE,
    when: whenOf(schedule.ScheduleExpression),
    bounds: { start: boundOf(schedule.StartDate), end: boundOf(schedule.EndDate) },
    on: schedule.State === "ENABLED",
    removeAfter: schedule.ActionAfterCompletion === "DELETE",
  };
}

export function wrongJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? undefined : "A JSON object: { … }.";
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

export const NAME = /^[0-9a-zA-Z_.-]{1,64}$/;

export function problemsOf(draft: Draft): Partial<Record<keyof Draft, string>> {
  const found: Partial<Record<keyof Draft, string>> = {};
  if (!NAME.test(draft.name)) found.name = "Letters, digits, hyphens, dots and underscores; 64 at most.";
  if (draft.what === "pipeline" && !draft.pipeline) found.pipeline = "Choose a pipeline.";
  if (draft.what === "function" && !draft.function) found.function = "Choose a function.";
  if (draft.when.kind !== "once" && (wrongBound(draft.bounds.start) ?? wrongBound(draft.bounds.end))) found.bounds = "See above.";
  if (draft.what !== "pipeline") {
    const why = wrongJson(draft.input);
    if (why) found.input = why;
  }
  return found;
}

/** known: what of an earlier state the form does not show. */
export function requestOf(draft: Draft, account: string, role: string, known?: Schedule): object {
  const target =
    draft.what === "pipeline"
      ? { Arn: `arn:aws:sagemaker:us-east-1:${account}:pipeline/${draft.pipeline.toLowerCase()}`, ...pipelineParameters(draft.given) }
      : draft.what === "function"
        ? { Arn: `arn:aws:lambda:us-east-1:${account}:function:${draft.function}`, Input: draft.input }
        : { Arn: draft.arn, Input: draft.input };
  return {
    ScheduleExpression: expressionOf(draft.when),
    ScheduleExpressionTimezone: draft.zone,
    FlexibleTimeWindow: known?.FlexibleTimeWindow ?? { Mode: "OFF" },
    Target: { ...target, RoleArn: known?.Target.RoleArn ?? role },
    Description: draft.description || undefined,
    State: draft.on ? "ENABLED" : "DISABLED",
    ActionAfterCompletion: draft.removeAfter ? "DELETE" : "NONE",
    ...datesOf(draft, known),
  };
}

/** What comes once has none. */
export function datesOf(draft: Pick<Draft, "when" | "bounds">, known?: Pick<Schedule, "StartDate" | "EndDate">): { StartDate?: number; EndDate?: number } {
  if (draft.when.kind === "once") return {};
  return { StartDate: secondsOf(draft.bounds.start, known?.StartDate), EndDate: secondsOf(draft.bounds.end, known?.EndDate) };
}

const pipelineParameters = (given: Given) => {
  const list = parameterList(given);
  return list.length > 0 ? { SageMakerPipelineParameters: { PipelineParameterList: list } } : {};
};

/** The same schedule on or paused: an update says all, what it leaves out is forgotten. */
export const switched = (schedule: Schedule, on: boolean): object => ({
  ScheduleExpression: schedule.ScheduleExpression,
  ScheduleExpressionTimezone: schedule.ScheduleExpressionTimezone,
  FlexibleTimeWindow: schedule.FlexibleTimeWindow,
  Target: schedule.Target,
  Description: schedule.Description,
  ActionAfterCompletion: schedule.ActionAfterCompletion,
  StartDate: schedule.StartDate,
  EndDate: schedule.EndDate,
  State: on ? "ENABLED" : "DISABLED",
});
