// What a rule waits for, as its form says it and as the pattern EventBridge knows; both ways. Pure.
import { parseS3 } from "../../shared/format";

export interface Trigger {
  kind: "object" | "model" | "ended" | "drift" | "pattern";
  /** s3://bucket/prefix */
  place: string;
  suffix: string;
  /** A model group; any where it is empty. */
  group: string;
  approval: string;
  job: string;
  state: string;
  /** The pattern itself. */
  pattern: string;
}
export const FRESH: Trigger = { kind: "object", place: "", suffix: "", group: "", approval: "Approved", job: "TrainingJob", state: "Failed", pattern: "" };

export const KINDS: { value: Trigger["kind"]; label: string; description: string }[] = [
  { value: "object", label: "A new object in a bucket", description: "Put, copied or uploaded, by a person or by a job" },
  { value: "model", label: "A model version is decided on", description: "Approved, rejected or waiting for approval" },
  { value: "ended", label: "A job fails or ends", description: "Training, processing, tuning, batch transform, or a pipeline's execution" },
  { value: "drift", label: "Drift is found", description: "A monitoring job completes with violations" },
  { value: "pattern", label: "A pattern of your own", description: "The event pattern as JSON" },
];
export const JOBS: { value: string; label: string; detailType: string; member: string; named: string; states: string[] }[] = [
  { value: "TrainingJob", label: "Training job", detailType: "SageMaker Training Job State Change", member: "TrainingJobStatus", named: "TrainingJobName", states: ["Failed", "Completed", "Stopped"] },
  { value: "ProcessingJob", label: "Processing job", detailType: "SageMaker Processing Job State Change", member: "ProcessingJobStatus", named: "ProcessingJobName", states: ["Failed", "Completed", "Stopped"] },
  { value: "TransformJob", label: "Batch transform job", detailType: "SageMaker Transform Job State Change", member: "TransformJobStatus", named: "TransformJobName", states: ["Failed", "Completed", "Stopped"] },
  { value: "HyperParameterTuningJob", label: "Tuning job", detailType: "SageMaker HyperParameter Tuning Job State Change", member: "HyperParameterTuningJobStatus", named: "HyperParameterTuningJobName", states: ["Failed", "Completed", "Stopped"] },
  { value: "PipelineExecution", label: "Pipeline execution", detailType: "SageMaker Model Building Pipeline Execution Status Change", member: "currentPipelineExecutionStatus", named: "pipelineExecutionArn", states: ["Failed", "Succeeded", "Stopped"] },
];
export const APPROVALS = ["Approved", "Rejected", "PendingManualApproval"];
const jobOf = (kind: string) => JOBS.find((one) => one.value === kind) ?? JOBS[0]!;
const MODEL = "SageMaker Model Package State Change";
const VIOLATIONS = "CompletedWithViolations";

/** Of how an own pattern begins. */
export const BLANK = JSON.stringify({ source: ["my.app"], "detail-type": ["Something happened"] }, null, 2);

export function patternOf(trigger: Trigger): string {
  if (trigger.kind === "pattern") return trigger.pattern;
  return JSON.stringify(objectOf(trigger), null, 2);
}

function objectOf(trigger: Trigger): object {
  const sagemaker = (type: string, detail: object) => ({ source: ["aws.sagemaker"], "detail-type": [type], detail });
  if (trigger.kind === "model") return sagemaker(MODEL, { ...(trigger.group ? { ModelPackageGroupName: [trigger.group] } : {}), ModelApprovalStatus: [trigger.approval] });
  if (trigger.kind === "drift") return sagemaker(jobOf("ProcessingJob").detailType, { ProcessingJobStatus: ["Completed"], ExitMessage: [{ prefix: VIOLATIONS }] });
  if (trigger.kind === "ended") {
    const job = jobOf(trigger.job);
    return sagemaker(job.detailType, { [job.member]: [trigger.state] });
  }
  const { bucket, key } = parseS3(trigger.place.trim());
  const { suffix } = trigger;
  // A prefix and a suffix of one key are a wildcard: two conditions in a list would be either.
  const keys = key && suffix ? [{ wildcard: `${escaped(key)}*${escaped(suffix)}` }] : key ? [{ prefix: key }] : suffix ? [{ suffix }] : undefined;
  return { source: ["aws.s3"], "detail-type": ["Object Created"], detail: { bucket: { name: [bucket] }, ...(keys ? { object: { key: keys } } : {}) } };
}

const escaped = (text: string) => text.replace(/[\\*]/g, "\\$&");
const plain = (text: string) => text.replace(/\\([\\*])/g, "$1");

interface Pattern {
  "detail-type"?: unknown[];
  detail?: Record<string, unknown>;
}

/** What the form would say for a pattern; what no form says is a pattern of one's own. */
export function triggerOf(text: string): Trigger {
  const own: Trigger = { ...FRESH, kind: "pattern", pattern: text };
  let pattern: Pattern;
  try {
    pattern = JSON.parse(text) as Pattern;
  } catch {
    return own;
  }
  // Only what would be written again just so.
  const found = guesses(pattern).find((one) => same(objectOf(one), pattern));
  return found ? { ...found, pattern: text } : own;
}

function guesses(pattern: Pattern): Trigger[] {
  const detail = pattern.detail ?? {};
  const first = (name: string) => word((detail[name] as unknown[] | undefined)?.[0]);
  const bucket = word(((detail.bucket as { name?: unknown[] } | undefined)?.name ?? [])[0]);
  const key = ((detail.object as { key?: { prefix?: string; suffix?: string; wildcard?: string }[] } | undefined)?.key ?? [])[0] ?? {};
  const [before = "", after = ""] = (key.wildcard ?? "").split(/(?<!\\)\*/);
  const place = `s3://${bucket}${key.prefix ?? key.wildcard ? `/${key.prefix ?? plain(before)}` : ""}`;
  return [
    { ...FRESH, kind: "object", place, suffix: key.suffix ?? plain(after) },
    { ...FRESH, kind: "model", group: first("ModelPackageGroupName"), approval: first("ModelApprovalStatus") },
    { ...FRESH, kind: "drift" },
    ...JOBS.map((job): Trigger => ({ ...FRESH, kind: "ended", job: job.value, state: first(job.member) })),
  ];
}

const word = (value: unknown) => (typeof value === "string" ? value : "");

function same(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && same((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]));
}

/** In a sentence: "a new object in s3://…". */
export function spokenTrigger(trigger: Trigger): string {
  switch (trigger.kind) {
    case "object":
      return `a new object in ${trigger.place}${trigger.suffix ? ` that ends with ${trigger.suffix}` : ""}`;
    case "model":
      return `a version of ${trigger.group || "any model"} ${trigger.approval === "PendingManualApproval" ? "waits for approval" : `is ${trigger.approval.toLowerCase()}`}`;
    case "ended":
      return `a ${jobOf(trigger.job).label.toLowerCase()} ${trigger.state === "Failed" ? "fails" : trigger.state === "Stopped" ? "is stopped" : "completes"}`;
    case "drift":
      return "a monitoring job finds violations";
    case "pattern":
      return typesOf(trigger.pattern);
  }
}

function typesOf(text: string): string {
  try {
    const types = ((JSON.parse(text) as Pattern)["detail-type"] ?? []).filter((one) => typeof one === "string");
    return types.length > 0 ? types.join(" or ") : "a pattern of its own";
  } catch {
    return "a pattern of its own";
  }
}

/** What of the event a parameter can be taken from. */
export function fieldsOf(trigger: Trigger): { value: string; label: string }[] {
  const whole = [{ value: "$.time", label: "When it happened" }];
  switch (trigger.kind) {
    case "object":
      return [
        { value: "$.detail.object.key", label: "The object's key" },
        { value: "$.detail.bucket.name", label: "The bucket" },
        { value: "$.detail.object.size", label: "Its size in bytes" },
        { value: "$.detail.object.etag", label: "Its ETag" },
        ...whole,
      ];
    case "model":
      return [
        { value: "$.detail.ModelPackageArn", label: "The version's ARN" },
        { value: "$.detail.ModelPackageGroupName", label: "The model group" },
        { value: "$.detail.ModelPackageVersion", label: "The version's number" },
        { value: "$.detail.ModelApprovalStatus", label: "What was decided" },
        ...whole,
      ];
    case "ended":
    case "drift": {
      const job = trigger.kind === "drift" ? jobOf("ProcessingJob") : jobOf(trigger.job);
      return [
        { value: `$.detail.${job.named}`, label: job.value === "PipelineExecution" ? "The execution's ARN" : "The job's name" },
        { value: `$.detail.${job.member}`, label: "How it ended" },
        ...(job.value === "PipelineExecution" ? [] : [{ value: trigger.kind === "drift" ? "$.detail.ExitMessage" : "$.detail.FailureReason", label: "Why" }]),
        { value: "$.resources[0]", label: "Its ARN" },
        ...whole,
      ];
    }
    case "pattern":
      return [{ value: "$.detail", label: "The whole detail, as JSON" }, { value: "$.source", label: "The source" }, ...whole];
  }
}

/** An event that such a rule waits for, to try it with. */
export function sampleOf(trigger: Trigger, account: string): string {
  const event = (source: string, type: string, resources: string[], detail: object) =>
    JSON.stringify({ version: "0", id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": type, source, account, time: "2026-01-01T12:00:00Z", region: "us-east-1", resources, detail }, null, 2);
  const arn = (rest: string) => `arn:aws:sagemaker:us-east-1:${account}:${rest}`;
  if (trigger.kind === "object") {
    const { bucket, key } = parseS3(trigger.place.trim());
    return event("aws.s3", "Object Created", [`arn:aws:s3:::${bucket}`], { version: "0", bucket: { name: bucket }, object: { key: `${key}example${trigger.suffix || ".csv"}`, size: 1024, etag: "b1946ac92492d2347c6235b4d2611184" }, reason: "PutObject" });
  }
  if (trigger.kind === "model") {
    const group = trigger.group || "churn";
    const version = arn(`model-package/${group.toLowerCase()}/1`);
    return event("aws.sagemaker", MODEL, [version], { ModelPackageGroupName: group, ModelPackageVersion: 1, ModelPackageArn: version, ModelPackageStatus: "Completed", ModelApprovalStatus: trigger.approval });
  }
  if (trigger.kind === "ended" || trigger.kind === "drift") {
    const job = trigger.kind === "drift" ? jobOf("ProcessingJob") : jobOf(trigger.job);
    if (job.value === "PipelineExecution") {
      const pipeline = arn("pipeline/churn");
      return event("aws.sagemaker", job.detailType, [`${pipeline}/execution/abcdefghijkl`], { pipelineArn: pipeline, pipelineExecutionArn: `${pipeline}/execution/abcdefghijkl`, previousPipelineExecutionStatus: "Executing", currentPipelineExecutionStatus: trigger.state });
    }
    const state = trigger.kind === "drift" ? { ProcessingJobStatus: "Completed", ExitMessage: `${VIOLATIONS}: feature age has drifted` } : { [job.member]: trigger.state, ...(trigger.state === "Failed" ? { FailureReason: "AlgorithmError: exit code 1" } : {}) };
    return event("aws.sagemaker", job.detailType, [arn("job/example")], { [job.named]: "example", ...state });
  }
  return event("my.app", "Something happened", [], {});
}

/** What a path finds in an event, as text; undefined where there is nothing. */
export function valueAt(event: unknown, path: string): string | undefined {
  if (!path.startsWith("$.")) return path;
  let found: unknown = event;
  for (const [, name, place] of path.slice(1).matchAll(/\.([\w-]+)|\[(\d+)\]/g)) {
    found = typeof found === "object" && found !== null ? (found as Record<string, unknown>)[name ?? place!] : undefined;
  }
  return found === undefined || found === null ? undefined : typeof found === "string" ? found : JSON.stringify(found);
}

export function problemsOf(trigger: Trigger): { place?: string; pattern?: string } {
  if (trigger.kind === "object" && !/^s3:\/\/[a-z0-9.-]{3,63}(\/.*)?$/.test(trigger.place.trim())) return { place: "An address of the form s3://bucket or s3://bucket/folder/." };
  if (trigger.kind !== "pattern") return {};
  try {
    JSON.parse(trigger.pattern);
    return {};
  } catch (error) {
    return { pattern: `This is no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Names by which a template may take what the event has: "<key>" for $.detail.object.key. */
export const namesOf = (trigger: Trigger): Record<string, string> => Object.fromEntries(fieldsOf(trigger).map((one) => [(/([\w-]+)(?:\[\d+\])?$/.exec(one.value)?.[1] ?? "value").replaceAll("-", "_"), one.value]));

/** Of the paths those that a template names. */
export const used = (template: string, paths: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(paths).filter(([name]) => template.includes(`<${name}>`)));
