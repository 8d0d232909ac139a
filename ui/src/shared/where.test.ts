import { expect, test } from "vitest";

import { commentsOf, deedOf, pageOf, wordOf } from "./where";

test("a resource leads to its page", () => {
  const arn = (rest: string) => `arn:aws:sagemaker:us-east-1:123456789012:${rest}`;
  expect(pageOf("TrainingJob", "A", arn("training-job/a"))).toBe("/jobs/A");
  expect(pageOf("PipelineExecution", "p/x", arn("pipeline/p/execution/abc"))).toBe("/pipelines/p/abc");
  expect(pageOf("ModelPackage", "g/2", arn("model-package/g/2"))).toBe("/registry/g/2");
  expect(commentsOf("Endpoint", "e")).toBe("/endpoints/e?tab=comments");
  expect(commentsOf("ProcessingJob", "p")).toBe("/processing/p");
  expect(pageOf("Oddity", "x")).toBeUndefined();
});

test("deeds and kinds read as people speak", () => {
  expect(deedOf("CreateTrainingJob")).toBe("made");
  expect(deedOf("PutMember")).toBe("made or changed");
  expect(deedOf("DeleteTags")).toBe("took tags from");
  expect(wordOf("TrainingJob")).toBe("training job");
  expect(wordOf("ModelPackage")).toBe("model version");
});
