export interface Run {
  TrainingJobName: string;
  TrainingJobArn: string;
  NotebookJobName: string;
  NotebookName: string;
  NotebookScheduleName?: string;
  Origin: string;
  Status: string;
  User?: string;
  Image: string;
  InstanceType?: string;
  Parameters?: Record<string, string>;
  CreationTime: number;
  EndTime?: number;
  FailureReason?: string;
  OutputUri: string;
  Notebook?: string;
}
export interface Schedule {
  NotebookScheduleName: string;
  ScheduleExpression: string;
  ScheduleExpressionTimezone: string;
  NotebookName: string;
  Parameters?: Record<string, string>;
  State: string;
  User?: string;
  LastTime?: number;
  LastError?: string;
}
export interface Snapshot {
  NotebookSnapshotId: string;
  NotebookName: string;
  Title: string;
  Source: string;
  User: string;
  Size: number;
  CreationTime: number;
  Notebook?: string;
}
/** Which notebook is meant: a file of a space (address: where it can be read), or an object. */
export interface Source {
  SpaceName?: string;
  Path?: string;
  S3Uri?: string;
  address?: string;
}
