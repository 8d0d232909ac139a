// Versions side by side as rows of a table: one row per name, one value per version. Pure.
import { bytes, time } from "../../shared/format";
import type { Compared } from "./query";

export interface Row {
  name: string;
  values: (string | undefined)[];
}

/** The index of the best number: the least of losses and errors, the greatest of all else; none where all are alike. */
export function bestOf(name: string, values: (string | undefined)[]): number | undefined {
  const known = values.map((one) => (one === undefined ? NaN : Number(one)));
  const finite = known.filter((one) => !Number.isNaN(one));
  if (finite.length < 2 || new Set(finite).size === 1 || /deviation|confusion/i.test(name)) return undefined;
  const less = /loss|err|rmse|mae|mse|mape|perplexity/i.test(name);
  return known.indexOf(less ? Math.min(...finite) : Math.max(...finite));
}

export function rows(all: Record<string, string | undefined>[]): Row[] {
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))];
  return names.map((name) => ({ name, values: all.map((one) => one[name]) }));
}

/** Of all reports; the same name in a second one is told apart by its report. */
export function numbersOf(one: Compared): Record<string, string> {
  const found: Record<string, string> = {};
  for (const read of one.reports)
    for (const [name, value] of Object.entries(read.report?.numbers ?? {})) found[name in found ? `${read.title}: ${name}` : name] = String(value);
  return found;
}

export function factsOf({ version, job, size }: Compared): Record<string, string | undefined> {
  const container = version.InferenceSpecification?.Containers[0];
  return {
    Approval: version.ModelApprovalStatus,
    Registered: time(version.CreationTime),
    By: version.CreatedBy?.UserProfileName,
    "Training job": job?.TrainingJobName,
    Stage: version.ModelLifeCycle && `${version.ModelLifeCycle.Stage} (${version.ModelLifeCycle.StageStatus})`,
    Size: size === undefined ? undefined : bytes(size),
    Image: container?.Image?.split("/").pop(),
    "Instance type": job?.ResourceConfig.InstanceType,
    ...version.CustomerMetadataProperties,
  };
}

/** Numbers as lines from version to version. */
export const trends = (metrics: Row[], versions: number[]) =>
  metrics
    .map((row) => ({ name: row.name, points: row.values.flatMap((value, index) => (value === undefined ? [] : [{ x: versions[index]!, y: Number(value) }])) }))
    .filter((one) => one.points.length > 2 && new Set(one.points.map((point) => point.y)).size > 1);
