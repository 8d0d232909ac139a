// What CreateModelPackage is asked for the model of a job. Pure.
import type { Job } from "../../api/types";

export interface Registration {
  group: string;
  told: string;
  takes: string;
  answers: string;
  approved: boolean;
  why: string;
}

/** Beside the model, where jobs that register by themselves put it too. */
export const reportUri = (job: Job): string => `${job.OutputDataConfig.S3OutputPath.replace(/\/$/, "")}/${job.TrainingJobName}/output/evaluation.json`;

const listed = (text: string) => {
  const all = text.split(",").map((one) => one.trim()).filter(Boolean);
  return all.length ? all : undefined;
};

export function packageRequest(job: Job, asked: Registration): Record<string, unknown> {
  const data = job.ModelArtifacts?.S3ModelArtifacts ?? "";
  const folder = { ModelDataSource: { S3DataSource: { S3Uri: data, S3DataType: "S3Prefix", CompressionType: "None" } } };
  return {
    ModelPackageGroupName: asked.group,
    ModelPackageDescription: asked.told || undefined,
    InferenceSpecification: {
      Containers: [{ Image: job.AlgorithmSpecification.TrainingImage, ...(data.endsWith("/") ? folder : { ModelDataUrl: data }) }],
      SupportedContentTypes: listed(asked.takes),
      SupportedResponseMIMETypes: listed(asked.answers),
    },
    ModelMetrics: job.FinalMetricDataList?.length ? { ModelQuality: { Statistics: { ContentType: "application/json", S3Uri: reportUri(job) } } } : undefined,
    MetadataProperties: { GeneratedBy: job.TrainingJobArn },
    ModelApprovalStatus: asked.approved ? "Approved" : "PendingManualApproval",
    ApprovalDescription: asked.approved && asked.why ? asked.why : undefined,
  };
}
