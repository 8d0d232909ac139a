// Registered models as the API shows them; times are epoch seconds.
import type { Container } from "../../api/types";

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
export interface Source {
  S3Uri: string;
  ContentType?: string;
}
export interface LifeCycle {
  Stage: string;
  StageStatus: string;
  StageDescription?: string;
}
export interface InferenceSpecification {
  Containers: Container[];
  SupportedContentTypes?: string[];
  SupportedResponseMIMETypes?: string[];
  SupportedTransformInstanceTypes?: string[];
  SupportedRealtimeInferenceInstanceTypes?: string[];
}
export interface Version extends VersionSummary {
  ModelPackageGroupName: string;
  ApprovalDescription?: string;
  CreatedBy?: { UserProfileName?: string };
  LastModifiedBy?: { UserProfileName?: string };
  LastModifiedTime?: number;
  InferenceSpecification?: InferenceSpecification;
  AdditionalInferenceSpecifications?: (InferenceSpecification & { Name: string; Description?: string })[];
  ModelMetrics?: Record<string, Record<string, Source>>;
  DriftCheckBaselines?: Record<string, Record<string, Source>>;
  MetadataProperties?: { CommitId?: string; Repository?: string; GeneratedBy?: string; ProjectId?: string };
  CustomerMetadataProperties?: Record<string, string>;
  ModelLifeCycle?: LifeCycle;
  ModelCard?: { ModelCardContent?: string; ModelCardStatus?: string };
  Domain?: string;
  Task?: string;
  SamplePayloadUrl?: string;
  SourceUri?: string;
}
