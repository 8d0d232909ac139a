// What the steps of an execution came to: which records belong to a step, what it measured, where its results lie.
import { sagemaker } from "../../api/client";
import { textOf } from "../../api/s3";
import { parseS3 } from "../../shared/format";
import { all, branches } from "./edit";
import type { Definition, Step, StepRecord } from "./types";

/** Steps that run once for each item, by name: the ForEach they are in. */
export function inLoops(definition: Definition): Map<string, string> {
  const found = new Map<string, string>();
  for (const one of all(definition.Steps)) if (one.Type === "ForEach") for (const member of branches(one)) for (const each of (one.Arguments?.[member] as Step[] | undefined) ?? []) found.set(each.Name, one.Name);
  return found;
}

/** The records of a step, in the order of its items. */
export function recordsOf(name: string, loops: Map<string, string>, records: Record<string, StepRecord>): StepRecord[] {
  if (!loops.has(name)) return records[name] ? [records[name]] : [];
  return Object.values(records)
    .filter((one) => one.IterationContext?.ParentStepName === loops.get(name) && one.StepName.slice(0, one.StepName.lastIndexOf("-")) === name)
    .sort((one, other) => one.IterationContext!.Index - other.IterationContext!.Index);
}

const RANK = ["Failed", "Executing", "Stopping", "Starting", "Stopped", "Succeeded"];

/** One record for several: the worst of what they say, from the first start to the last end. */
export function summed(records: StepRecord[]): StepRecord | undefined {
  if (records.length < 2) return records[0];
  const status = RANK.find((word) => records.some((one) => one.StepStatus === word)) ?? records[0]!.StepStatus;
  const ended = records.every((one) => one.EndTime !== undefined);
  return {
    StepName: records[0]!.StepName,
    StepStatus: status,
    StartTime: Math.min(...records.map((one) => one.StartTime)),
    EndTime: ended ? Math.max(...records.map((one) => one.EndTime!)) : undefined,
    FailureReason: records.find((one) => one.FailureReason)?.FailureReason,
  };
}

/** What the step made: its kind and its name. ARNs are in lower case; names match without case. */
export function made(record: StepRecord | undefined): { kind: string; name: string } | undefined {
  const [kind, about] = Object.entries(record?.Metadata ?? {})[0] ?? [];
  return kind && about?.Arn?.includes("/") ? { kind, name: about.Arn.split("/").slice(1).join("/") } : undefined;
}

/** Every number in a document, by its path. */
export function numbers(value: unknown, at = ""): [name: string, value: number][] {
  if (typeof value === "number") return [[at, value]];
  if (!value || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, one]) => numbers(one, at ? `${at}.${key}` : key));
}

export interface Results {
  metrics: Record<string, number>;
  artifacts: { name: string; uri: string }[];
}
interface Output {
  OutputName: string;
  S3Output?: { S3Uri: string };
}
interface Described {
  FinalMetricDataList?: { MetricName: string; Value: number }[];
  ModelArtifacts?: { S3ModelArtifacts: string };
  ProcessingOutputConfig?: { Outputs?: Output[] };
  TransformOutput?: { S3OutputPath: string };
  BestTrainingJob?: { TrainingJobName: string; FinalHyperParameterTuningJobObjectiveMetric?: { MetricName: string; Value: number } };
  PrimaryContainer?: { ModelDataUrl?: string };
  InferenceSpecification?: { Containers?: { ModelDataUrl?: string }[] };
}

const MOST = 50;

/** The numbers in the files that a step says it writes. */
async function measured(step: Step, outputs: Output[]): Promise<[string, number][]> {
  const files = (step.PropertyFiles ?? []) as { PropertyFileName: string; OutputName: string; FilePath: string }[];
  const found = await Promise.all(
    files.map(async (one) => {
      const uri = outputs.find((each) => each.OutputName === one.OutputName)?.S3Output?.S3Uri;
      if (!uri) return [];
      try {
        const { bucket, key } = parseS3(`${uri.replace(/\/$/, "")}/${one.FilePath}`);
        return numbers(JSON.parse(await textOf(bucket, key)));
      } catch {
        // The file is gone, or is no JSON: then it says nothing.
        return [];
      }
    }),
  );
  return found.flat().slice(0, MOST);
}

const DESCRIBE: Record<string, [operation: string, member: string]> = {
  TrainingJob: ["DescribeTrainingJob", "TrainingJobName"],
  ProcessingJob: ["DescribeProcessingJob", "ProcessingJobName"],
  TransformJob: ["DescribeTransformJob", "TransformJobName"],
  TuningJob: ["DescribeHyperParameterTuningJob", "HyperParameterTuningJobName"],
  Model: ["DescribeModel", "ModelName"],
};

/** What the step measured and where its results lie, as what it made says. */
export async function resultsOf(step: Step, record: StepRecord): Promise<Results> {
  const thing = made(record);
  const ask = thing && DESCRIBE[thing.kind];
  if (!ask) return { metrics: {}, artifacts: [] };
  const about = await sagemaker<Described>(ask[0], { [ask[1]]: thing.name });
  const outputs = about.ProcessingOutputConfig?.Outputs ?? [];
  const best = about.BestTrainingJob?.FinalHyperParameterTuningJobObjectiveMetric;
  const metrics: [string, number][] = [...(about.FinalMetricDataList ?? []).map((one): [string, number] => [one.MetricName, one.Value]), ...(best ? [[`best ${best.MetricName}`, best.Value] as [string, number]] : []), ...(record.StepStatus === "Succeeded" ? await measured(step, outputs) : [])];
  const places: [string, string | undefined][] = [
    ["Model", about.ModelArtifacts?.S3ModelArtifacts ?? about.PrimaryContainer?.ModelDataUrl],
    ["Predictions", about.TransformOutput?.S3OutputPath],
    ...outputs.map((one): [string, string | undefined] => [one.OutputName, one.S3Output?.S3Uri]),
  ];
  return { metrics: Object.fromEntries(metrics), artifacts: places.flatMap(([name, uri]) => (uri ? [{ name, uri }] : [])) };
}

export interface Row {
  name: string;
  sides: string[];
  differs: boolean;
}
export const rowOf = (name: string, sides: string[]): Row => ({ name, sides, differs: sides.some((one) => one !== sides[0]) });

/** Whether a step went otherwise: another end, or a time that is longer by more than chance. */
export function differ([one, other]: (StepRecord | undefined)[]): boolean {
  if (!one || !other) return one !== other;
  if (one.StepStatus !== other.StepStatus || Boolean(one.CacheHitResult) !== Boolean(other.CacheHitResult) || Boolean(one.SelectiveExecutionResult) !== Boolean(other.SelectiveExecutionResult)) return true;
  const took = (record: StepRecord) => (record.EndTime ?? Date.now() / 1000) - record.StartTime;
  const times = [took(one), took(other)];
  return Math.abs(times[0]! - times[1]!) > Math.max(1, 0.2 * Math.max(...times));
}

/** A step with all that come after it: what must run again when it does. */
export function from(ways: { from: string; to: string }[], name: string): string[] {
  const found = new Set([name]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const one of ways) if (found.has(one.from)) found.add(one.to);
  }
  return [...found];
}
