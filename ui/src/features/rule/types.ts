import type { Run, Target } from "../../shared/started";

export interface Firing {
  Time: number;
  Source: string;
  DetailType: string;
  /** JSON */
  Event: string;
  Target: Target;
  Run: Run;
}
export interface RuleState {
  Name: string;
  Arn: string;
  State: "ENABLED" | "DISABLED";
  User?: string;
  Description?: string;
  EventPattern?: string;
  ScheduleExpression?: string;
  CreationTime: number;
  Targets: Target[];
  Last?: Firing;
}
export interface RuleTarget {
  Id: string;
  Arn: string;
  RoleArn?: string;
  Input?: string;
  InputPath?: string;
  InputTransformer?: { InputPathsMap?: Record<string, string>; InputTemplate: string };
  SageMakerPipelineParameters?: { PipelineParameterList: { Name: string; Value: string }[] };
}
export interface Rule {
  Name: string;
  State: "ENABLED" | "DISABLED";
  EventPattern?: string;
  ScheduleExpression?: string;
  Description?: string;
  RoleArn?: string;
}
