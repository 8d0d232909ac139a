// A job as the request that makes it: Python, shell, JSON.
import type { Job } from "../../api/types";

const python = (value: unknown, indent = 0): string => {
  const pad = " ".repeat(indent + 4);
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return value.length ? `[\n${value.map((one) => pad + python(one, indent + 4)).join(",\n")},\n${" ".repeat(indent)}]` : "[]";
  if (value !== null && typeof value === "object")
    return `{\n${Object.entries(value)
      .map(([key, one]) => `${pad}${JSON.stringify(key)}: ${python(one, indent + 4)}`)
      .join(",\n")},\n${" ".repeat(indent)}}`;
  return JSON.stringify(value);
};

/** The request that makes a job like this one. */
export function requestOf(job: Job, name: string): Record<string, unknown> {
  const { MetricDefinitions, TrainingImage, TrainingInputMode, ContainerEntrypoint, ContainerArguments } = job.AlgorithmSpecification;
  return {
    TrainingJobName: name,
    RoleArn: job.RoleArn,
    AlgorithmSpecification: { TrainingImage, TrainingInputMode: TrainingInputMode ?? "File", MetricDefinitions, ContainerEntrypoint, ContainerArguments },
    HyperParameters: job.HyperParameters,
    Environment: job.Environment,
    InputDataConfig: job.InputDataConfig,
    OutputDataConfig: { S3OutputPath: job.OutputDataConfig.S3OutputPath },
    ResourceConfig: job.ResourceConfig,
    StoppingCondition: job.StoppingCondition,
  };
}

const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

export const asPython = (request: Record<string, unknown>): string => {
  const members = Object.entries(clean(request) as Record<string, unknown>)
    .map(([key, value]) => `    ${key}=${python(value, 4)},`)
    .join("\n");
  return `import boto3\n\nsagemaker = boto3.client("sagemaker")\nsagemaker.create_training_job(\n${members}\n)`;
};

export const asCli = (request: Record<string, unknown>): string =>
  `aws sagemaker create-training-job --cli-input-json '${JSON.stringify(clean(request), null, 2)}'`;
