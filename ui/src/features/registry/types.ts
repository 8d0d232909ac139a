// Registered models as the API shows them; times are epoch seconds.
export interface Group {
  ModelPackageGroupName: string;
  ModelPackageGroupArn: string;
  ModelPackageGroupDescription?: string;
  CreationTime: number;
}
export interface VersionSummary {
  ModelPackageArn: string;
  ModelPackageVersion: number;
  ModelApprovalStatus?: string;
  ModelPackageDescription?: string;
  CreationTime: number;
}
export interface Version extends VersionSummary {
  ApprovalDescription?: string;
  CreatedBy?: { UserProfileName?: string };
  LastModifiedBy?: { UserProfileName?: string };
  LastModifiedTime?: number;
  InferenceSpecification?: { Containers: { Image: string; ModelDataUrl?: string }[] };
  ModelMetrics?: { ModelQuality?: { Statistics?: { S3Uri: string } } };
  CustomerMetadataProperties?: Record<string, string>;
}
