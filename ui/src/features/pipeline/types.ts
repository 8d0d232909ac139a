// What pipelines hold, as the API shows it; times are epoch seconds.
export interface PipelineSummary {
  PipelineName: string;
  PipelineArn: string;
  PipelineDescription?: string;
  CreationTime: number;
  LastExecutionTime?: number;
}
export interface Pipeline extends PipelineSummary {
  PipelineDefinition: string;
  RoleArn: string;
  LastModifiedTime: number;
  ParallelismConfiguration?: { MaxParallelExecutionSteps: number };
}
export interface ExecutionSummary {
  PipelineExecutionArn: string;
  PipelineExecutionStatus: string;
  PipelineExecutionDisplayName?: string;
  PipelineExecutionFailureReason?: string;
  StartTime: number;
}
export interface Execution {
  PipelineExecutionArn: string;
  PipelineExecutionStatus: string;
  PipelineExecutionDisplayName?: string;
  FailureReason?: string;
  CreationTime: number;
  LastModifiedTime: number;
  CreatedBy?: { UserProfileName?: string };
}
export interface StepRecord {
  StepName: string;
  StepStatus: string;
  StartTime: number;
  EndTime?: number;
  FailureReason?: string;
  AttemptCount?: number;
  CacheHitResult?: { SourcePipelineExecutionArn: string };
  SelectiveExecutionResult?: { SourcePipelineExecutionArn: string };
  IterationContext?: { ParentStepName: string; Index: number; Item?: string };
  Metadata?: Record<string, { Arn?: string; Outcome?: string; CallbackToken?: string; ErrorMessage?: string }>;
}
export interface Parameter {
  Name: string;
  Type: "String" | "Integer" | "Float" | "Boolean";
  DefaultValue?: unknown;
  EnumValues?: unknown[];
}
export interface Step {
  Name: string;
  Type: string;
  DisplayName?: string;
  Description?: string;
  Arguments?: Record<string, unknown>;
  DependsOn?: string[];
  PropertyFiles?: unknown[];
  OutputParameters?: unknown[];
  CacheConfig?: { Enabled?: boolean; ExpireAfter?: string };
  RetryPolicies?: Record<string, unknown>[];
}
export interface Definition {
  Version?: string;
  Parameters?: Parameter[];
  Steps: Step[];
}

export const executionId = (arn: string) => arn.slice(arn.lastIndexOf("/") + 1);
export const running = (status: string) => status === "Executing" || status === "Stopping";
