import { describe, expect, it } from "vitest";

import { datesOf, draftOf, fresh, problemsOf, requestOf, START_PIPELINE, switched } from "./draft";
import type { Schedule } from "./types";

const ROLE = "arn:aws:iam::123456789012:role/studio";
const SCHEDULE: Schedule = {
  Name: "nightly",
  State: "DISABLED",
  ScheduleExpression: "cron(30 3 ? * MON-FRI *)",
  ScheduleExpressionTimezone: "Europe/Berlin",
  EndDate: 2_000_000_000,
  Target: { Arn: "arn:aws:sagemaker:us-east-1:123456789012:pipeline/churn", RoleArn: ROLE, SageMakerPipelineParameters: { PipelineParameterList: [{ Name: "Day", Value: "<aws.scheduler.scheduled-time>" }] } },
  FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 5 },
  ActionAfterCompletion: "DELETE",
};

describe("a schedule's form", () => {
  it("gives back what the schedule says, also what it does not show", () => {
    const said: Partial<Schedule> = { ...SCHEDULE };
    delete said.Name;
    expect(JSON.parse(JSON.stringify(requestOf(draftOf(SCHEDULE), "123456789012", "other", SCHEDULE)))).toEqual(said);
  });

  it("holds from a day and until a day; what comes once has neither", () => {
    const draft = { ...draftOf(SCHEDULE), bounds: { start: { date: "2026-05-01", clock: "07:30" }, end: { date: "", clock: "00:00" } } };
    expect(datesOf(draft, SCHEDULE)).toEqual({ StartDate: new Date(2026, 4, 1, 7, 30).getTime() / 1000, EndDate: undefined });
    expect(draftOf({ ...SCHEDULE, StartDate: new Date(2026, 4, 1, 7, 30).getTime() / 1000 }).bounds.start).toEqual(draft.bounds.start);
    expect(datesOf({ ...draft, when: { ...draft.when, kind: "once" } })).toEqual({});
    expect(problemsOf({ ...draft, bounds: { ...draft.bounds, end: { date: "2026-05-01", clock: "7" } } }).bounds).toBeDefined();
  });

  it("leaves parameters that are empty to their defaults", () => {
    const draft = { ...fresh("UTC", "Churn"), given: { A: "", B: "2" } };
    expect(requestOf(draft, "1", ROLE)).toMatchObject({ Target: { Arn: "arn:aws:sagemaker:us-east-1:1:pipeline/churn", SageMakerPipelineParameters: { PipelineParameterList: [{ Name: "B", Value: "2" }] } } });
    expect(JSON.stringify(requestOf({ ...draft, given: {} }, "1", ROLE))).not.toContain("SageMakerPipelineParameters");
  });

  it("holds functions and requests of the API, too", () => {
    const call: Schedule = { ...SCHEDULE, Target: { Arn: "arn:aws:lambda:us-east-1:123456789012:function:check", RoleArn: ROLE, Input: '{"a": 1}' } };
    expect(draftOf(call)).toMatchObject({ what: "function", function: "check", input: '{"a": 1}' });
    const request: Schedule = { ...SCHEDULE, Target: { Arn: START_PIPELINE, RoleArn: ROLE, Input: "{}" } };
    expect(draftOf(request)).toMatchObject({ what: "request", arn: START_PIPELINE });
    expect(requestOf(draftOf(request), "1", ROLE, request)).toMatchObject({ Target: request.Target });
  });

  it("says what is missing", () => {
    expect(problemsOf(fresh("UTC"))).toEqual({ name: expect.stringContaining("64") as string, pipeline: "Choose a pipeline." });
    expect(problemsOf({ ...fresh("UTC", "", "check"), input: "[1]" })).toEqual({ input: "A JSON object: { … }." });
    expect(problemsOf({ ...fresh("UTC", "", "check"), input: "{" }).input).toContain("This is no JSON");
  });

  it("is paused without losing anything", () => {
    const said: Partial<Schedule> = { ...SCHEDULE };
    delete said.Name;
    expect(switched(SCHEDULE, true)).toEqual({ ...said, State: "ENABLED", Description: undefined, StartDate: undefined });
  });
});
