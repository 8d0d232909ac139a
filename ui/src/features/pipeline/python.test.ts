import { describe, expect, it } from "vitest";

import { script } from "./python";
import type { Definition } from "./types";

const definition: Definition = {
  Version: "2020-12-01",
  Metadata: {},
  Parameters: [{ Name: "MaxDepth", Type: "Float", DefaultValue: 1 }],
  Steps: [
    { Name: "If", Type: "Condition", Arguments: { Conditions: [{ Type: "LessThan", LeftValue: { "Std:JsonGet": { PropertyFile: { Get: "Steps.Prepare.PropertyFiles.F" }, Path: "a.b" } }, RightValue: { Get: "Parameters.MaxDepth" } }], IfSteps: [{ Name: "Ship", Type: "Deploy", Arguments: { EndpointName: "e" } }], ElseSteps: [] } },
    { Name: "Prepare", Type: "Processing", Arguments: { ProcessingOutputConfig: { Outputs: [{ OutputName: "train" }] } } },
    { Name: "Train", Type: "Training", Arguments: { a: { Get: "Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri" }, b: { "Std:Join": { On: "/", Values: ["x", { Get: "Execution.PipelineExecutionId" }] } }, c: true } },
  ],
} as Definition;

describe("a definition as a script", () => {
  const text = script("churn", definition);
  it("says in the SDK's words what it has words for", () => {
    expect(text).toContain('max_depth = ParameterFloat(name="MaxDepth", default_value=1.0)');
    expect(text).toContain('prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri');
    expect(text).toContain('Join(on="/", values=["x", ExecutionVariables.PIPELINE_EXECUTION_ID])');
    expect(text).toContain('ConditionLessThan(left=JsonGet(step_name="Prepare", property_file="F", json_path="a.b"), right=max_depth)');
    expect(text).toContain("steps=[if_, prepare, train]");
  });
  it("makes a step before what uses it, and owns up to what the SDK has not", () => {
    expect(text.indexOf("\nship = ")).toBeLessThan(text.indexOf("\nif_ = "));
    expect(text).toContain("# The SDK has no steps of type Deploy");
    expect(text).toContain('{"Ship": {"Type": "Deploy"}}');
  });
  it("leaves it to the SDK where nothing is strange", () => {
    const plain = script("churn", { ...definition, Steps: definition.Steps.slice(1) }, { parallel: 3 });
    expect(plain).toContain("parallelism_config=ParallelismConfiguration(3)");
    expect(plain).not.toContain("boto3");
  });
});
