import { expect, it } from "vitest";

import { dataOf, isPlace, scriptOf, withData, withProgram, withScript } from "./script";
import type { Step } from "./types";

const processing: Step = { Name: "P", Type: "Processing", Arguments: { AppSpecification: { ImageUri: "i" }, ProcessingInputs: [{ InputName: "data" }, { InputName: "code", S3Input: { S3Uri: "s3://b/old.py" } }] } };

it("a script becomes the input code and the entry point, and the other inputs stay", () => {
  expect(scriptOf(processing)).toBe("s3://b/old.py");
  const made = withScript(processing, "s3://b/x/new.py");
  expect(made.Arguments).toMatchObject({
    AppSpecification: { ImageUri: "i", ContainerEntrypoint: ["python3", "/opt/ml/processing/input/code/new.py"] },
    ProcessingInputs: [{ InputName: "code", S3Input: { S3Uri: "s3://b/x/new.py", LocalPath: "/opt/ml/processing/input/code" } }, { InputName: "data" }],
  });
  expect(scriptOf(made)).toBe("s3://b/x/new.py");
  expect(scriptOf({ Name: "N", Type: "Processing" })).toBeUndefined();
});

it("another interpreter stays", () => {
  const own: Step = { Name: "P", Type: "Processing", Arguments: { AppSpecification: { ContainerEntrypoint: ["python3", "-u", "/opt/ml/processing/input/code/a.py"] } } };
  expect((withScript(own, "s3://b/b.py").Arguments?.AppSpecification as { ContainerEntrypoint: string[] }).ContainerEntrypoint).toEqual(["python3", "-u", "/opt/ml/processing/input/code/b.py"]);
});

it("a training step names its program and the archive beside its other hyperparameters", () => {
  const made = withProgram({ Name: "T", Type: "Training", Arguments: { HyperParameters: { depth: "3" } } }, "train.py", "s3://b/sourcedir.tar.gz");
  expect(made.Arguments?.HyperParameters).toEqual({ depth: "3", sagemaker_program: "train.py", sagemaker_submit_directory: "s3://b/sourcedir.tar.gz" });
  expect(scriptOf(made)).toBe("train.py in s3://b/sourcedir.tar.gz");
});

it("addresses are known by their shape or name", () => expect([isPlace("S3Uri", "S3Uri"), isPlace("S3OutputPath", "S3Uri"), isPlace("ModelDataUrl", "Url"), isPlace("ImageUri", "ImageUri")]).toEqual([true, true, true, false]));

it("data is read under a name of its own", () => {
  const two = withData(withData(processing, "s3://b/in/rows.csv"), "s3://b/other/rows.csv");
  expect(dataOf(two).map((one) => one.name)).toEqual(["data", "rows", "rows-2"]);
  expect(two.Arguments?.ProcessingInputs).toContainEqual({ InputName: "rows-2", S3Input: { S3Uri: "s3://b/other/rows.csv", LocalPath: "/opt/ml/processing/input/rows-2", S3DataType: "S3Prefix", S3InputMode: "File" } });
  const training = withData({ Name: "T", Type: "Training" }, "s3://b/data sets/sales/v3/");
  expect(dataOf(training)).toEqual([{ name: "v3", uri: "s3://b/data sets/sales/v3/" }]);
  const transform = withData(withData({ Name: "B", Type: "Transform" }, "s3://b/one"), "s3://b/two");
  expect(dataOf(transform)).toEqual([{ name: "input", uri: "s3://b/two" }]);
});
