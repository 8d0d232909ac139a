// The members of AWS's documents that the pages read. Times are epoch seconds.
export interface Session {
  user: string;
  studioAdmin: boolean;
  projects: { account: string; name: string; role: Role }[];
  project: { account: string; name: string; role: Role } | null;
  region: string;
  version: string;
  endpoint: string;
  /** The identity provider, where there is one. */
  signOn: { label: string; connected: boolean } | null;
  /** What each service does. */
  operations: Record<string, string[]>;
}
export type Role = "admin" | "contributor" | "viewer";

export interface JobSummary {
  TrainingJobName: string;
  TrainingJobStatus: string;
  SecondaryStatus?: string;
  CreationTime: number;
  TrainingEndTime?: number;
  LastModifiedTime?: number;
}
export interface Metric {
  MetricName: string;
  Value: number;
}
export interface Channel {
  ChannelName: string;
  ContentType?: string;
  DataSource: { S3DataSource?: { S3Uri: string; S3DataType: string; S3DataDistributionType?: string } };
}
export interface Job extends JobSummary {
  TrainingJobArn: string;
  SecondaryStatus: string;
  SecondaryStatusTransitions: { Status: string; StartTime: number; EndTime?: number; StatusMessage?: string }[];
  FailureReason?: string;
  HyperParameters?: Record<string, string>;
  Environment?: Record<string, string>;
  AlgorithmSpecification: {
    TrainingImage?: string;
    TrainingInputMode?: string;
    MetricDefinitions?: { Name: string; Regex: string }[];
    ContainerEntrypoint?: string[];
    ContainerArguments?: string[];
  };
  ResourceConfig: { InstanceType?: string; InstanceCount?: number; VolumeSizeInGB?: number };
  StoppingCondition: { MaxRuntimeInSeconds?: number };
  InputDataConfig?: Channel[];
  OutputDataConfig: { S3OutputPath: string };
  ModelArtifacts?: { S3ModelArtifacts: string };
  FinalMetricDataList?: Metric[];
  ModelPackageConfig?: { ModelPackageGroupArn: string; SourceModelPackageArn?: string };
  OutputModelPackageArn?: string;
  TrainingStartTime?: number;
  TrainingTimeInSeconds?: number;
  BillableTimeInSeconds?: number;
  RoleArn: string;
}
export interface Container {
  Image?: string;
  ModelDataUrl?: string;
  ModelPackageName?: string;
  Environment?: Record<string, string>;
}
export interface ModelSummary {
  ModelName: string;
  ModelArn: string;
  CreationTime: number;
}
export interface Model extends ModelSummary {
  PrimaryContainer?: Container;
  Containers?: Container[];
  ExecutionRoleArn?: string;
}
export interface EndpointSummary {
  EndpointName: string;
  EndpointArn: string;
  EndpointStatus: string;
  CreationTime: number;
  LastModifiedTime: number;
}
export interface ServerlessSize {
  MemorySizeInMB: number;
  MaxConcurrency: number;
  ProvisionedConcurrency?: number;
}
export interface LiveVariant {
  VariantName: string;
  CurrentWeight?: number;
  DesiredWeight?: number;
  CurrentInstanceCount?: number;
  DesiredInstanceCount?: number;
  CurrentServerlessConfig?: ServerlessSize;
  DesiredServerlessConfig?: ServerlessSize;
  VariantStatus?: { Status: string; StatusMessage?: string; StartTime?: number }[];
  DeployedImages?: { SpecifiedImage: string }[];
}
export interface TrafficPattern {
  Type: "ALL_AT_ONCE" | "CANARY" | "LINEAR";
  WaitIntervalInSeconds: number;
  CanarySize?: { Type: string; Value: number };
  LinearStepSize?: { Type: string; Value: number };
}
export interface DeploymentConfig {
  BlueGreenUpdatePolicy?: { TrafficRoutingConfiguration: TrafficPattern; TerminationWaitInSeconds?: number };
  RollingUpdatePolicy?: { MaximumBatchSize: { Type: string; Value: number }; WaitIntervalInSeconds: number };
  AutoRollbackConfiguration?: { Alarms: { AlarmName: string }[] };
}
export interface AsyncConfig {
  ClientConfig?: { MaxConcurrentInvocationsPerInstance?: number };
  OutputConfig: { S3OutputPath?: string; S3FailurePath?: string; NotificationConfig?: { SuccessTopic?: string; ErrorTopic?: string } };
}
export interface Endpoint extends EndpointSummary {
  EndpointConfigName: string;
  FailureReason?: string;
  ProductionVariants?: LiveVariant[];
  ShadowProductionVariants?: LiveVariant[];
  DataCaptureConfig?: { EnableCapture: boolean; CaptureStatus: string; CurrentSamplingPercentage: number; DestinationS3Uri: string };
  AsyncInferenceConfig?: AsyncConfig;
  LastDeploymentConfig?: DeploymentConfig;
  PendingDeploymentSummary?: { EndpointConfigName: string; ProductionVariants?: LiveVariant[]; StartTime?: number };
}
export interface ConfigVariant {
  VariantName: string;
  /** None: a place for inference components. */
  ModelName?: string;
  ManagedInstanceScaling?: { Status?: string; MinInstanceCount?: number; MaxInstanceCount?: number };
  InstanceType?: string;
  InitialInstanceCount?: number;
  InitialVariantWeight?: number;
  ServerlessConfig?: ServerlessSize;
}
export interface EndpointConfig {
  EndpointConfigName: string;
  ProductionVariants: ConfigVariant[];
  ShadowProductionVariants?: ConfigVariant[];
  DataCaptureConfig?: object;
  AsyncInferenceConfig?: AsyncConfig;
  ExecutionRoleArn?: string;
}
export interface TransformSummary {
  TransformJobName: string;
  TransformJobStatus: string;
  CreationTime: number;
  TransformEndTime?: number;
}
export interface TransformJob extends TransformSummary {
  TransformJobArn: string;
  FailureReason?: string;
  ModelName: string;
  MaxConcurrentTransforms?: number;
  MaxPayloadInMB?: number;
  BatchStrategy?: string;
  TransformInput: { DataSource: { S3DataSource: { S3Uri: string } }; ContentType?: string; SplitType?: string; CompressionType?: string };
  TransformOutput: { S3OutputPath: string; Accept?: string; AssembleWith?: string };
  TransformResources: { InstanceType: string; InstanceCount: number };
  TransformStartTime?: number;
  DataProcessing?: { InputFilter?: string; OutputFilter?: string; JoinSource?: string };
}
export interface Series {
  Metric: string;
  Host: string;
  Count: number;
  Last: number;
  Minimum: number;
  Maximum: number;
  Points: { Time: number; Value: number }[];
}
export interface InstanceType {
  InstanceType: string;
  Cores: number;
  Memory: number;
  Gpus: number;
  PricePerHour: number;
  Currency: string;
  Fits: boolean;
}
export interface Machine {
  Total: { Cores: number; Memory: number; Gpus: number };
  Granted: { Cores: number; Memory: number; Gpus: number };
  Running: { Kind: string; Name: string; Since?: number }[];
  Waiting: { Kind: string; Name: string; Reason: string }[];
  Hostname: string;
  Load: number;
  MemoryUsed: number;
  Disk: { Total: number; Free: number };
}
export interface ImageEntry {
  Image: string;
  Name: string;
  Framework: string;
  Version: string;
  State: string;
}
export interface Preview {
  Format: string;
  Columns?: { Name: string; Type: string }[];
  Rows?: (string | null)[][];
  TotalRows?: number;
  Text?: string;
  Truncated: boolean;
  Entries?: { Name: string; Size: number }[];
  Size: number;
}
