import { expect, it } from "vitest";

import { packageRequest, reportUri } from "./request";

const job = {
  TrainingJobName: "j",
  TrainingJobArn: "arn:j",
  AlgorithmSpecification: { TrainingImage: "image" },
  OutputDataConfig: { S3OutputPath: "s3://b/out/" },
  ModelArtifacts: { S3ModelArtifacts: "s3://b/out/j/output/model.tar.gz" },
  FinalMetricDataList: [{ MetricName: "loss", Value: 1 }],
} as never;
const asked = { group: "g", told: "", takes: "text/csv, application/json", answers: "", approved: false, why: "x" };

it("asks for a version with the job's model, metrics and origin", () => {
  expect(reportUri(job)).toBe("s3://b/out/j/output/evaluation.json");
  expect(packageRequest(job, asked)).toEqual({
    ModelPackageGroupName: "g",
    InferenceSpecification: { Containers: [{ Image: "image", ModelDataUrl: "s3://b/out/j/output/model.tar.gz" }], SupportedContentTypes: ["text/csv", "application/json"] },
    ModelMetrics: { ModelQuality: { Statistics: { ContentType: "application/json", S3Uri: "s3://b/out/j/output/evaluation.json" } } },
    MetadataProperties: { GeneratedBy: "arn:j" },
    ModelApprovalStatus: "PendingManualApproval",
  });
});
