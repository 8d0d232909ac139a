import { useQuery } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import { listObjects, textOf } from "../../api/s3";
import type { Container, Endpoint, Job } from "../../api/types";
import { orNothing } from "../../shared/absent";
import { parseS3 } from "../../shared/format";
import { type Deployment, fetchHistory, servingAt } from "../endpoint/history";
import { type Report, reportOf, sourcesOf } from "./report";
import type { Version, VersionSummary } from "./types";

/** A version by its group and number: its ARN is that of the group with the number, whatever case the group was asked in. */
export async function fetchVersion(group: string, number: string): Promise<Version> {
  const found = await sagemaker<{ ModelPackageGroupArn: string }>("DescribeModelPackageGroup", { ModelPackageGroupName: group });
  return sagemaker<Version>("DescribeModelPackage", { ModelPackageName: `${found.ModelPackageGroupArn.replace(":model-package-group/", ":model-package/")}/${number}` });
}

export const useVersion = (group: string, number: string) =>
  useQuery({ queryKey: ["ModelPackage", `${group}/${number}`], queryFn: () => fetchVersion(group, number) });

export const fetchVersions = async (group: string): Promise<VersionSummary[]> =>
  (await sagemaker<{ ModelPackageSummaryList: VersionSummary[] }>("ListModelPackages", { ModelPackageGroupName: group, MaxResults: 100, SortOrder: "Descending" })).ModelPackageSummaryList;

export interface Read {
  title: string;
  uri: string;
  text?: string;
  report?: Report;
  error?: unknown;
}

/** What the reports of a version say; one that can't be read does not hide the others. */
export const readReports = (version: Version): Promise<Read[]> =>
  Promise.all(
    sourcesOf(version).map(async ({ title, S3Uri: uri }) => {
      const { bucket, key } = parseS3(uri);
      try {
        const text = await textOf(bucket, key);
        try {
          return { title, uri, text, report: reportOf(JSON.parse(text)) };
        } catch {
          return { title, uri, text };
        }
      } catch (error) {
        return { title, uri, error };
      }
    }),
  );

export const useReports = (version: Version) => useQuery({ queryKey: ["reports", version.ModelPackageArn, version.ModelMetrics], queryFn: () => readReports(version), retry: false });

interface Vertex {
  Arn: string;
  Type?: string;
  LineageType: string;
}
const last = (arn: string) => arn.split("/").pop() ?? "";

/** What lies behind a version or came of it; nothing where the lineage does not know it yet. */
async function lineage(arn: string, direction: "Ascendants" | "Descendants"): Promise<Vertex[]> {
  const found = await sagemaker<{ ArtifactSummaries: { ArtifactArn: string }[] }>("ListArtifacts", { SourceUri: arn });
  const start = found.ArtifactSummaries[0]?.ArtifactArn;
  if (!start) return [];
  return (await sagemaker<{ Vertices: Vertex[] }>("QueryLineage", { StartArns: [start], Direction: direction })).Vertices;
}

/** The training job that made it: as it says itself, else as the lineage knows. */
export async function sourceJob(version: Version): Promise<string | undefined> {
  const said = /:training-job\/(.+)$/.exec(version.MetadataProperties?.GeneratedBy ?? "")?.[1];
  if (said) return said;
  const job = (await lineage(version.ModelPackageArn, "Ascendants")).find((one) => one.Type === "TrainingJob");
  return job && last(job.Arn).replace(/-aws-training-job$/, "");
}

export const useSourceJob = (version: Version) =>
  useQuery({ queryKey: ["registry", "source", version.ModelPackageArn], queryFn: () => sourceJob(version).then((name) => name ?? null), retry: false });

export interface Approval {
  word: string;
  by: string;
  why?: string;
  at: number;
}

export const useApprovals = (version: Version) =>
  useQuery({
    queryKey: ["registry", "approvals", version.ModelPackageArn, version.LastModifiedTime],
    refetchInterval: 3000,
    queryFn: async (): Promise<Approval[]> => {
      const asked = { SourceUri: version.ModelPackageArn, ActionType: "Approval", SortBy: "CreationTime", SortOrder: "Descending", MaxResults: 50 };
      const { ActionSummaries } = await sagemaker<{ ActionSummaries: { ActionName: string; CreationTime: number }[] }>("ListActions", asked);
      return Promise.all(
        ActionSummaries.map(async (one) => {
          const { Properties: told = {} } = await sagemaker<{ Properties?: Record<string, string> }>("DescribeAction", { ActionName: one.ActionName });
          return { word: told.ModelApprovalStatus ?? "–", by: told.By ?? "–", why: told.Why, at: one.CreationTime };
        }),
      );
    },
  });

export interface Place {
  endpoint: Endpoint;
  /** Of the configuration that serves now. */
  variants: string[];
  /** Where it does not serve now: the last deployment that did. */
  before?: Deployment;
}

/** The endpoints that serve it now or did before: those the lineage leads to, whose configurations name a model made of it. */
async function placesOf(arn: string): Promise<Place[]> {
  const reached = (await lineage(arn, "Descendants")).filter((each) => each.LineageType === "Context" && each.Type === "Endpoint");
  const found = await Promise.all(
    reached.map(async (one): Promise<Place | undefined> => {
      const endpoint = await orNothing(sagemaker<Endpoint>("DescribeEndpoint", { EndpointName: last(one.Arn).replace(/-aws-endpoint$/, "") }));
      if (!endpoint) return undefined;
      const history = await fetchHistory(endpoint);
      const own = (deployment: Deployment | undefined) => (deployment?.variants ?? []).filter((each) => each.version?.toLowerCase() === arn.toLowerCase()).map((each) => each.VariantName);
      const variants = own(history[servingAt(history, endpoint)]);
      const before = variants.length ? undefined : history.find((each) => own(each).length > 0);
      return variants.length || before ? { endpoint, variants, before } : undefined;
    }),
  );
  return found.filter((one): one is Place => one !== undefined);
}

export const usePlaces = (arn: string) => useQuery({ queryKey: ["registry", "places", arn], queryFn: () => placesOf(arn), refetchInterval: 10_000 });

/** Bytes of a model's file, or of the first objects of its folder. */
async function sizeOf(container: Container | undefined): Promise<number | undefined> {
  if (!container?.ModelDataUrl) return undefined;
  const { bucket, key } = parseS3(container.ModelDataUrl);
  const { objects } = await listObjects(bucket, key, undefined, "");
  return objects.length ? objects.reduce((sum, one) => sum + one.size, 0) : undefined;
}

export interface Compared {
  version: Version;
  reports: Read[];
  job?: Job;
  size?: number;
}

export async function fetchCompared(group: string, number: string): Promise<Compared> {
  const version = await fetchVersion(group, number);
  const [reports, name, size] = await Promise.all([
    readReports(version),
    sourceJob(version).catch(() => undefined),
    sizeOf(version.InferenceSpecification?.Containers[0]).catch(() => undefined),
  ]);
  return { version, reports, size, job: name ? await orNothing(sagemaker<Job>("DescribeTrainingJob", { TrainingJobName: name })) : undefined };
}
