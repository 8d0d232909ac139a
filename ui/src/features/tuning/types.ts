// Tuning jobs as the API shows them; times are epoch seconds.
export interface Counters {
  Completed: number;
  InProgress: number;
  NonRetryableError: number;
  Stopped: number;
}
export interface TuningSummary {
  HyperParameterTuningJobName: string;
  HyperParameterTuningJobStatus: string;
  Strategy: string;
  CreationTime: number;
  HyperParameterTuningEndTime?: number;
  TrainingJobStatusCounters: Counters;
  ResourceLimits?: { MaxNumberOfTrainingJobs?: number; MaxParallelTrainingJobs: number };
}
export interface Trial {
  TrainingJobName: string;
  TrainingJobStatus: string;
  TunedHyperParameters: Record<string, string>;
  CreationTime: number;
  TrainingStartTime?: number;
  TrainingEndTime?: number;
  FailureReason?: string;
  FinalHyperParameterTuningJobObjectiveMetric?: { MetricName: string; Value: number };
}
export interface Objective {
  Type: "Maximize" | "Minimize";
  MetricName: string;
}
export interface TuningJob extends TuningSummary {
  HyperParameterTuningJobArn: string;
  FailureReason?: string;
  HyperParameterTuningJobConfig: {
    Strategy: string;
    HyperParameterTuningJobObjective?: Objective;
    ResourceLimits: { MaxNumberOfTrainingJobs: number; MaxParallelTrainingJobs: number };
  };
  BestTrainingJob?: Trial;
  TrainingJobDefinitions?: { TuningObjective?: Objective }[];
}

/** Of the job, or of the first of several definitions: they all have the same direction. */
export const objectiveOf = (job: TuningJob): Objective =>
  job.HyperParameterTuningJobConfig.HyperParameterTuningJobObjective ??
  job.TrainingJobDefinitions?.[0]?.TuningObjective ?? { Type: "Maximize", MetricName: "objective" };

/** The best value up to each trial, in the order in which they were started. */
export function bestSoFar(values: number[], smaller: boolean): number[] {
  let best: number | undefined;
  return values.map((value) => (best = best === undefined ? value : smaller ? Math.min(best, value) : Math.max(best, value)));
}
