// Model cards as the API shows them; times are epoch seconds.
export interface CardSummary {
  ModelCardName: string;
  ModelCardArn: string;
  ModelCardStatus: string;
  CreationTime: number;
  LastModifiedTime?: number;
}
export interface Card extends CardSummary {
  ModelCardVersion: number;
  Content: string;
  CreatedBy?: { UserProfileName?: string };
  LastModifiedBy?: { UserProfileName?: string };
}
export interface CardVersion {
  ModelCardVersion: number;
  ModelCardStatus: string;
  CreationTime: number;
}
export interface Export {
  ModelCardExportJobName: string;
  ModelCardExportJobArn: string;
  ModelCardVersion: number;
  Status: string;
  CreatedAt: number;
  FailureReason?: string;
  ExportArtifacts?: { S3ExportArtifacts: string };
}
