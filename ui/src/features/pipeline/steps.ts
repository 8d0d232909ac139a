// The types of steps that can be drawn: by which operation each is made, and what a form shows of it first. Data only.
export interface StepType {
  type: string;
  word: string;
  group: "Data" | "Build" | "Control" | "Ship";
  operation?: string;
  first?: string[];
  start: Record<string, unknown>;
}
export const STEPS: StepType[] = [
  { type: "Processing", word: "Process data", group: "Data", operation: "CreateProcessingJob", first: ["AppSpecification", "ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources", "RoleArn"], start: { ProcessingResources: { ClusterConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 1 } } } },
  { type: "Transform", word: "Batch transform", group: "Data", operation: "CreateTransformJob", first: ["ModelName", "TransformInput", "TransformOutput", "TransformResources"], start: {} },
  { type: "Training", word: "Train model", group: "Build", operation: "CreateTrainingJob", first: ["AlgorithmSpecification", "HyperParameters", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "RoleArn"], start: { AlgorithmSpecification: { TrainingInputMode: "File" }, ResourceConfig: { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 1 }, StoppingCondition: { MaxRuntimeInSeconds: 3600 } } },
  { type: "Tuning", word: "Tune", group: "Build", operation: "CreateHyperParameterTuningJob", first: ["HyperParameterTuningJobConfig", "TrainingJobDefinition"], start: {} },
  { type: "Model", word: "Create model", group: "Build", operation: "CreateModel", first: ["PrimaryContainer", "ExecutionRoleArn"], start: {} },
  { type: "Condition", word: "Condition", group: "Control", start: { Conditions: [{ Type: "Equals", LeftValue: 1, RightValue: 1 }], IfSteps: [], ElseSteps: [] } },
  { type: "Callback", word: "Ask and wait", group: "Control", start: {} },
  { type: "Fail", word: "Fail", group: "Control", start: { ErrorMessage: "Not good enough" } },
  { type: "RegisterModel", word: "Register model", group: "Ship", operation: "CreateModelPackage", first: ["ModelPackageGroupName", "InferenceSpecification", "ModelApprovalStatus"], start: {} },
  { type: "EndpointConfig", word: "Endpoint config", group: "Ship", operation: "CreateEndpointConfig", first: ["EndpointConfigName", "ProductionVariants"], start: {} },
  { type: "Endpoint", word: "Deploy endpoint", group: "Ship", operation: "CreateEndpoint", first: ["EndpointName", "EndpointConfigName"], start: {} },
];
/** Names that the studio gives by itself, as AWS does: no form asks for them. */
export const GIVEN = new Set(["ProcessingJobName", "TrainingJobName", "TransformJobName", "HyperParameterTuningJobName"]);
