// Processing jobs as the API shows them; times are epoch seconds.
export interface ProcessingSummary {
  ProcessingJobName: string;
  ProcessingJobArn: string;
  ProcessingJobStatus: string;
  CreationTime: number;
  ProcessingEndTime?: number;
}
export interface ProcessingJob extends ProcessingSummary {
  FailureReason?: string;
  ExitMessage?: string;
  ProcessingStartTime?: number;
  AppSpecification: { ImageUri: string; ContainerEntrypoint?: string[]; ContainerArguments?: string[] };
  ProcessingInputs?: { InputName: string; S3Input?: { S3Uri: string; LocalPath?: string } }[];
  ProcessingOutputConfig?: { Outputs: { OutputName: string; S3Output?: { S3Uri: string; LocalPath?: string; S3UploadMode: string } }[] };
  ProcessingResources: { ClusterConfig: { InstanceType: string; InstanceCount: number } };
  Environment?: Record<string, string>;
}
