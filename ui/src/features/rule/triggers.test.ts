import { describe, expect, it } from "vitest";

import { FRESH, fieldsOf, patternOf, problemsOf, sampleOf, spokenTrigger, type Trigger, triggerOf, valueAt } from "./triggers";

const TRIGGERS: [Partial<Trigger>, string][] = [
  [{ kind: "object", place: "s3://data/in/" }, "a new object in s3://data/in/"],
  [{ kind: "object", place: "s3://data", suffix: ".csv" }, "a new object in s3://data that ends with .csv"],
  [{ kind: "object", place: "s3://data/in*/", suffix: ".csv" }, "a new object in s3://data/in*/ that ends with .csv"],
  [{ kind: "model", group: "churn" }, "a version of churn is approved"],
  [{ kind: "model", approval: "PendingManualApproval" }, "a version of any model waits for approval"],
  [{ kind: "ended", job: "TransformJob" }, "a batch transform job fails"],
  [{ kind: "ended", job: "PipelineExecution", state: "Succeeded" }, "a pipeline execution completes"],
  [{ kind: "drift" }, "a monitoring job finds violations"],
];

describe("a trigger", () => {
  it.each(TRIGGERS)("%o is a pattern, and read back from it", (part, words) => {
    const trigger = { ...FRESH, ...part };
    const pattern = patternOf(trigger);
    expect(triggerOf(pattern)).toEqual({ ...trigger, pattern });
    expect(spokenTrigger(trigger)).toBe(words);
  });

  it.each(TRIGGERS)("%o has a sample that holds what its parameters may be taken from", (part) => {
    const trigger = { ...FRESH, ...part };
    const event: unknown = JSON.parse(sampleOf(trigger, "123456789012"));
    const paths = fieldsOf(trigger).filter((one) => !(one.label === "Why" && trigger.state !== "Failed"));
    for (const { value } of paths) expect(valueAt(event, value), value).toBeTypeOf("string");
  });

  it("is a pattern of one's own where no form says the same", () => {
    for (const text of ['{"source": ["mine"], "detail-type": ["A", "B"]}', '{"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": ["a", "b"]}}}', "no JSON"]) expect(triggerOf(text)).toMatchObject({ kind: "pattern", pattern: text });
    expect(spokenTrigger(triggerOf('{"source": ["mine"], "detail-type": ["A", "B"]}'))).toBe("A or B");
  });

  it("is told what is wrong with it", () => {
    expect(problemsOf({ ...FRESH, place: "bucket" }).place).toContain("s3://bucket");
    expect(problemsOf({ ...FRESH, kind: "pattern", pattern: "{" }).pattern).toContain("no JSON");
    expect(problemsOf({ ...FRESH, place: "s3://bucket" })).toEqual({});
  });
});

it("takes values out of an event", () => {
  const event = { detail: { object: { key: "a.csv", size: 3 } }, resources: ["arn"] };
  expect(["$.detail.object.key", "$.detail.object.size", "$.resources[0]", "$.detail.none.x", "constant"].map((one) => valueAt(event, one))).toEqual(["a.csv", "3", "arn", undefined, "constant"]);
});
