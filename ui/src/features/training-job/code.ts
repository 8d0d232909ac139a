// The request that makes a job like this one.
import type { Job } from "../../api/types";
import { pythonOf, shellOf } from "../../shared/code";

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
    ModelPackageConfig: job.ModelPackageConfig,
  };
}

export const asPython = (request: object) => pythonOf([{ operation: "CreateTrainingJob", input: request }]);
export const asCli = (request: object) => shellOf([{ operation: "CreateTrainingJob", input: request }]);
