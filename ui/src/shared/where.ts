// The page of a resource, by its kind and ARN; ARNs are in lower case, and pages find things by either case.
const PAGES: Record<string, string> = {
  TrainingJob: "/jobs",
  ProcessingJob: "/processing",
  HyperParameterTuningJob: "/tuning",
  TransformJob: "/batch",
  Endpoint: "/endpoints",
  Model: "/models",
  Pipeline: "/pipelines",
  ModelPackageGroup: "/registry",
  ModelCard: "/cards",
  Image: "/environments",
  Space: "/spaces",
  DataSet: "/data/sets",
  Schedule: "/schedules",
  Rule: "/rules",
  Function: "/functions",
  NotebookSnapshot: "/shared-notebooks",
};
/** Kinds whose pages show comments under a tab. */
const TABBED = new Set(["TrainingJob", "Endpoint", "Pipeline", "PipelineExecution"]);
const PLACES: Record<string, string> = { Member: "/members", Project: "/projects", Alarm: "/alarms", AccessKey: "/keys", Webhook: "/notifications?tab=webhooks", Budget: "/usage?tab=budgets", Quota: "/usage?tab=quotas", Prices: "/usage?tab=prices", MlflowTrackingServer: "/experiments" };

export function pageOf(kind: string, name: string, arn?: string): string | undefined {
  const rest = arn?.split(":").slice(5).join(":") ?? "";
  if (kind === "PipelineExecution") {
    const [, pipeline, execution] = /^pipeline\/(.+)\/execution\/(.+)$/.exec(rest) ?? [];
    return pipeline ? `/pipelines/${pipeline}/${execution}` : undefined;
  }
  if (kind === "ModelPackage") {
    const [type, group, version] = rest.split("/");
    return type === "model-package" && group ? `/registry/${group}${version ? `/${version}` : ""}` : undefined;
  }
  if (PLACES[kind]) return PLACES[kind];
  return PAGES[kind] && name ? `${PAGES[kind]}/${encodeURIComponent(name)}` : undefined;
}

export const commentsOf = (kind: string, name: string, arn?: string): string | undefined => {
  const page = pageOf(kind, name, arn);
  return page && TABBED.has(kind) ? `${page}?tab=comments` : page;
};

const WORDS: Record<string, string> = {
  HyperParameterTuningJob: "tuning job",
  ModelPackage: "model version",
  ModelPackageGroup: "model group",
  PipelineExecution: "pipeline execution",
  App: "space's app",
  Image: "environment",
  MlflowTrackingServer: "MLflow tracking server",
  ImageVersion: "environment version",
  TransformJob: "batch transform job",
  Rule: "event rule",
};
/** "TrainingJob" as people say it. */
export const wordOf = (kind: string): string => WORDS[kind] ?? kind.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

const PAST: [RegExp, string][] = [
  [/^Create|^Register|^Put(?!Comment)/, "made or changed"],
  [/^Update|^Set/, "changed"],
  [/^Delete|^Deregister|^Remove/, "removed"],
  [/^Stop|^Cancel/, "stopped"],
  [/^Start/, "started"],
  [/^Run/, "ran"],
  [/^Enable/, "enabled"],
  [/^Disable/, "paused"],
  [/^Retry/, "retried"],
  [/^AddTags/, "tagged"],
  [/^PutComment/, "commented on"],
  [/^Send/, "answered"],
];

/** What was done, as the feed says it. */
export function deedOf(operation: string): string {
  if (operation.startsWith("Create")) return "made";
  if (operation === "DeleteTags") return "took tags from";
  return PAST.find(([form]) => form.test(operation))?.[1] ?? operation;
}
