// Schedules, as the studio and the scheduler tell of them; times are epoch seconds.
import type { Run, Target } from "../../shared/started";

export interface ScheduleState {
  Name: string;
  Arn: string;
  State: "ENABLED" | "DISABLED";
  User?: string;
  Description?: string;
  ScheduleExpression: string;
  ScheduleExpressionTimezone?: string;
  StartDate?: number;
  EndDate?: number;
  CreationTime: number;
  Target: Target;
  Next: number[];
  Last?: Run;
}
export interface Schedule {
  Name: string;
  State: "ENABLED" | "DISABLED";
  ScheduleExpression: string;
  ScheduleExpressionTimezone?: string;
  StartDate?: number;
  EndDate?: number;
  Description?: string;
  Target: { Arn: string; RoleArn: string; Input?: string; SageMakerPipelineParameters?: { PipelineParameterList: { Name: string; Value: string }[] } };
  FlexibleTimeWindow: { Mode: string; MaximumWindowInMinutes?: number };
  ActionAfterCompletion?: string;
}
