// The types of steps that can be drawn: by which operation each is made, and what a form shows of it first. Data only.
export interface StepType {
  type: string;
  word: string;
  group: "Data" | "Build" | "Control" | "Ship";
  /** Whose shapes its form is made of. */
  operations?: string[];
  /** The shape of its arguments, where it is not the operation's input. */
  shape?: string;
  /** What its form shows beside the arguments. */
  more: "StepMore" | "CallbackMore" | "LambdaMore" | "PlainMore";
  /** Whether `more` stands first: without it the step does nothing. */
  foremost?: boolean;
  first?: string[];
  /** Names that the studio gives by itself, as AWS does: no form asks for them. */
  given?: string[];
  /** Where the role goes that the studio's jobs have. */
  role?: string[];
  cached?: boolean;
  start: Record<string, unknown>;
}
const MACHINE = { InstanceType: "ml.m5.large", InstanceCount: 1, VolumeSizeInGB: 1 };
const LIMIT = { MaxRuntimeInSeconds: 3600 };

export const STEPS: StepType[] = [
  { type: "Processing", word: "Process data", group: "Data", operations: ["CreateProcessingJob"], more: "StepMore", given: ["ProcessingJobName"], role: ["RoleArn"], cached: true, first: ["AppSpecification", "ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources", "RoleArn"], start: { ProcessingResources: { ClusterConfig: MACHINE } } },
  { type: "Transform", word: "Batch transform", group: "Data", operations: ["CreateTransformJob"], more: "StepMore", given: ["TransformJobName"], cached: true, first: ["ModelName", "TransformInput", "TransformOutput", "TransformResources"], start: { TransformResources: { InstanceType: "ml.m5.large", InstanceCount: 1 } } },
  { type: "Training", word: "Train model", group: "Build", operations: ["CreateTrainingJob"], more: "StepMore", given: ["TrainingJobName"], role: ["RoleArn"], cached: true, first: ["AlgorithmSpecification", "HyperParameters", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "RoleArn"], start: { AlgorithmSpecification: { TrainingInputMode: "File" }, ResourceConfig: MACHINE, StoppingCondition: LIMIT } },
  { type: "Tuning", word: "Tune", group: "Build", operations: ["CreateHyperParameterTuningJob"], more: "StepMore", given: ["HyperParameterTuningJobName"], role: ["TrainingJobDefinition", "RoleArn"], cached: true, first: ["HyperParameterTuningJobConfig", "TrainingJobDefinition"], start: { HyperParameterTuningJobConfig: { Strategy: "Bayesian", ResourceLimits: { MaxNumberOfTrainingJobs: 8, MaxParallelTrainingJobs: 2 } }, TrainingJobDefinition: { AlgorithmSpecification: { TrainingInputMode: "File" }, ResourceConfig: MACHINE, StoppingCondition: LIMIT } } },
  { type: "Model", word: "Create model", group: "Build", operations: ["CreateModel"], more: "PlainMore", given: ["ModelName"], role: ["ExecutionRoleArn"], first: ["PrimaryContainer", "ExecutionRoleArn"], start: {} },
  { type: "Condition", word: "Condition", group: "Control", shape: "ConditionStep", more: "PlainMore", start: { Conditions: [{ Type: "Equals", LeftValue: 1, RightValue: 1 }], IfSteps: [], ElseSteps: [] } },
  { type: "ForEach", word: "For each", group: "Control", shape: "ForEachStep", more: "PlainMore", start: { IterableItems: [], MaxConcurrency: 2, ForEachBody: [] } },
  { type: "Callback", word: "Ask and wait", group: "Control", shape: "CallbackStep", more: "CallbackMore", start: {} },
  { type: "Lambda", word: "Call a function", group: "Control", shape: "CallbackStep", more: "LambdaMore", foremost: true, start: {} },
  { type: "Fail", word: "Fail", group: "Control", shape: "FailStep", more: "PlainMore", start: { ErrorMessage: "Not good enough" } },
  { type: "RegisterModel", word: "Register model", group: "Ship", operations: ["CreateModelPackage"], more: "StepMore", first: ["ModelPackageGroupName", "InferenceSpecification", "ModelApprovalStatus"], start: {} },
  { type: "EndpointConfig", word: "Endpoint config", group: "Ship", operations: ["CreateEndpointConfig"], more: "PlainMore", given: ["EndpointConfigName"], first: ["EndpointConfigName", "ProductionVariants"], start: {} },
  { type: "Endpoint", word: "Endpoint", group: "Ship", operations: ["CreateEndpoint"], more: "PlainMore", first: ["EndpointName", "EndpointConfigName"], start: {} },
  { type: "Deploy", word: "Deploy", group: "Ship", operations: ["CreateEndpoint", "CreateEndpointConfig"], shape: "DeployStep", more: "PlainMore", start: { InstanceType: "ml.m5.large", InitialInstanceCount: 1 } },
];
export const kindOf = (type: string) => STEPS.find((one) => one.type === type);
/** Steps that hold others: in which members, and what a connection to one inside is called. */
export const HOLDS: Record<string, { member: string; word: string; label: string; color: string }[]> = {
  Condition: [
    { member: "IfSteps", word: "yes", label: "if true", color: "#2e8b57" },
    { member: "ElseSteps", word: "no", label: "else", color: "#d13212" },
  ],
  ForEach: [{ member: "ForEachBody", word: "each", label: "for each", color: "#7c5cdb" }],
};
