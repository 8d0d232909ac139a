import { expect, it } from "vitest";

import { draftOf, fresh, problemsOf, ruleRequest, targetRequest } from "./draft";
import type { Rule, RuleTarget } from "./types";

const RULE: Rule = { Name: "fresh", State: "DISABLED", EventPattern: JSON.stringify({ source: ["aws.s3"], "detail-type": ["Object Created"], detail: { bucket: { name: ["data"] } } }, null, 2), Description: "new data" };
const PIPELINE: RuleTarget = { Id: "one", Arn: "arn:aws:sagemaker:us-east-1:1:pipeline/churn", RoleArn: "r", SageMakerPipelineParameters: { PipelineParameterList: [{ Name: "Key", Value: "$.detail.object.key" }] } };
const FUNCTION: RuleTarget = { Id: "one", Arn: "arn:aws:lambda:us-east-1:1:function:check", RoleArn: "r", InputTransformer: { InputPathsMap: { key: "$.detail.object.key" }, InputTemplate: '{"key": <key>}' } };

it.each([PIPELINE, FUNCTION, { Id: "one", Arn: FUNCTION.Arn, RoleArn: "r", Input: '{"a": 1}' }, { Id: "one", Arn: FUNCTION.Arn, RoleArn: "r", InputPath: "$.detail" }])("a form gives back the rule and its target %#", (target) => {
  const draft = draftOf(RULE, [target]);
  expect(ruleRequest(draft, RULE)).toEqual({ ...RULE, RoleArn: undefined });
  expect(targetRequest(draft, "1", "other", target)).toEqual(target);
});

it("says what is missing", () => {
  expect(problemsOf(fresh())).toEqual({ name: expect.stringContaining("64") as string, pipeline: "Choose a pipeline." });
  expect(problemsOf({ ...fresh("", "check"), payload: "constant", input: "{" }).input).toContain("no JSON");
  expect(problemsOf(fresh("churn"))).toEqual({});
});
