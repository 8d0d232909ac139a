// What the Deploy dialog asks of the API, made of what was filled in. Pure: the dialog, the Code view and tests call it.
import type { InstanceType } from "../../api/types";
import type { ApiCall } from "../../shared/code";
import { amount, money } from "../../shared/format";
import { createRequest, newShare, type Share, shareProblems } from "../inference-component/request";

export type Mode = "realtime" | "shared" | "serverless" | "async" | "batch";

export interface Draft {
  mode: Mode;
  name: string;
  type: string;
  count: string;
  /** Serverless. */
  memory: string;
  concurrency: string;
  provisioned: string;
  /** Asynchronous. */
  output: string;
  perInstance: string;
  success: string;
  failure: string;
  /** Captured requests. */
  capture: boolean;
  captureTo: string;
  sampling: string;
  batch: BatchDraft;
  /** A part of an endpoint's instances; then `name` is the component's. */
  share: Share;
  /** The endpoint that is shared; none: a new one, named beside. */
  endpoint: string;
  variant: string;
  newEndpoint: string;
}

export interface BatchDraft {
  input: string;
  output: string;
  contentType: string;
  accept: string;
  split: string;
  strategy: string;
  assemble: string;
  compression: string;
  payload: string;
  parallel: string;
  join: boolean;
  inputFilter: string;
  outputFilter: string;
}

export const MEMORY = ["1024", "2048", "3072", "4096", "5120", "6144"];
const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const s3 = (text: string) => /^s3:\/\/[^/]+(\/.*)?$/.test(text);
const whole = (text: string, least: number, most = Infinity) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most;

export const newBatch = (bucket: string): BatchDraft => ({
  input: "",
  output: `s3://${bucket}/batch`,
  contentType: "text/csv",
  accept: "text/csv",
  split: "Line",
  strategy: "MultiRecord",
  assemble: "Line",
  compression: "None",
  payload: "6",
  parallel: "1",
  join: false,
  inputFilter: "",
  outputFilter: "",
});

export const newDraft = (name: string, bucket: string): Draft => ({
  mode: "realtime",
  name,
  type: "ml.m5.large",
  count: "1",
  memory: "2048",
  concurrency: "5",
  provisioned: "0",
  output: `s3://${bucket}/async/${name}`,
  perInstance: "4",
  success: "",
  failure: "",
  capture: false,
  captureTo: `s3://${bucket}/capture`,
  sampling: "100",
  batch: newBatch(bucket),
  share: newShare,
  endpoint: "",
  variant: "AllTraffic",
  newEndpoint: "shared-models",
});

export type Problems = Partial<Record<keyof Draft | keyof BatchDraft | keyof Share, string>>;

export function problemsOf(draft: Draft): Problems {
  const found: Problems = {};
  if (!NAME.test(draft.name)) found.name = "Letters, digits and single dashes between them; 63 at most.";
  if (draft.mode !== "serverless" && !whole(draft.count, 1)) found.count = "At least 1.";
  if (draft.mode === "serverless") {
    if (!whole(draft.concurrency, 1, 200)) found.concurrency = "From 1 to 200.";
    if (!whole(draft.provisioned, 0, Number(draft.concurrency))) found.provisioned = "From 0 to the maximum beside it.";
  }
  if (draft.mode === "shared") {
    Object.assign(found, shareProblems(draft.share));
    if (draft.endpoint) delete found.count;
    else if (!NAME.test(draft.newEndpoint)) found.newEndpoint = "Letters, digits and single dashes between them; 63 at most.";
  }
  if (draft.mode === "async") {
    if (!s3(draft.output)) found.output = "An address of the form s3://bucket/folder.";
    for (const member of ["success", "failure"] as const)
      if (draft[member] && !/^(arn:aws:sns:|https?:\/\/)/.test(draft[member])) found[member] = "A topic's ARN, or an address that begins with http:// or https://.";
    if (!whole(draft.perInstance, 1, 1000)) found.perInstance = "From 1 to 1000.";
  }
  if (draft.capture && draft.mode === "realtime") {
    if (!s3(draft.captureTo)) found.captureTo = "An address of the form s3://bucket/folder.";
    if (!whole(draft.sampling, 0, 100)) found.sampling = "From 0 to 100.";
  }
  return draft.mode === "batch" ? { ...found, ...batchProblems(draft.batch) } : found;
}

export function batchProblems(batch: BatchDraft): Problems {
  const found: Problems = {};
  if (!s3(batch.input)) found.input = "An address of the form s3://bucket/folder-or-file.";
  if (!s3(batch.output)) found.output = "An address of the form s3://bucket/folder.";
  if (!whole(batch.payload, 0, 100)) found.payload = "From 0 (sent in pieces) to 100.";
  if (!whole(batch.parallel, 0)) found.parallel = "A whole number; 0 lets the model decide.";
  if ((batch.join || batch.inputFilter || batch.outputFilter) && batch.split === "None" && batch.contentType !== "application/json")
    found.split = "Joins and filters need records: split by line.";
  for (const member of ["inputFilter", "outputFilter"] as const) if (batch[member] && !batch[member].startsWith("$")) found[member] = "A JSONPath, beginning with $.";
  return found;
}

export function endpointConfig(draft: Draft, model: string, configName: string): Record<string, unknown> {
  const sized =
    draft.mode === "serverless"
      ? {
          ServerlessConfig: {
            MemorySizeInMB: Number(draft.memory),
            MaxConcurrency: Number(draft.concurrency),
            ProvisionedConcurrency: Number(draft.provisioned) || undefined,
          },
        }
      : { InstanceType: draft.type, InitialInstanceCount: Number(draft.count) };
  const told = draft.success || draft.failure ? { SuccessTopic: draft.success || undefined, ErrorTopic: draft.failure || undefined } : undefined;
  return {
    EndpointConfigName: configName,
    ProductionVariants: [{ VariantName: "AllTraffic", ModelName: model, ...sized }],
    AsyncInferenceConfig:
      draft.mode === "async"
        ? {
            ClientConfig: { MaxConcurrentInvocationsPerInstance: Number(draft.perInstance) },
            OutputConfig: { S3OutputPath: draft.output, NotificationConfig: told },
          }
        : undefined,
    DataCaptureConfig:
      draft.capture && draft.mode === "realtime"
        ? {
            EnableCapture: true,
            InitialSamplingPercentage: Number(draft.sampling),
            DestinationS3Uri: draft.captureTo,
            CaptureOptions: [{ CaptureMode: "Input" }, { CaptureMode: "Output" }],
            CaptureContentTypeHeader: { CsvContentTypes: ["text/csv"], JsonContentTypes: ["application/json"] },
          }
        : undefined,
  };
}

export function transformRequest(name: string, model: string, type: string, count: number, batch: BatchDraft): Record<string, unknown> {
  const shaped = batch.join || batch.inputFilter || batch.outputFilter;
  return {
    TransformJobName: name,
    ModelName: model,
    MaxConcurrentTransforms: Number(batch.parallel) || undefined,
    MaxPayloadInMB: Number(batch.payload),
    BatchStrategy: batch.strategy,
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: batch.input } },
      ContentType: batch.contentType,
      SplitType: batch.split,
      CompressionType: batch.compression,
    },
    TransformOutput: { S3OutputPath: batch.output, Accept: batch.accept || undefined, AssembleWith: batch.assemble },
    TransformResources: { InstanceType: type, InstanceCount: count },
    DataProcessing: shaped
      ? { InputFilter: batch.inputFilter || undefined, OutputFilter: batch.outputFilter || undefined, JoinSource: batch.join ? "Input" : "None" }
      : undefined,
  };
}

/** An endpoint without a model of its own, for `role` to run what is brought, and the model as a component of it. */
function sharedCalls(draft: Draft, model: string, role: string): ApiCall[] {
  const name = draft.endpoint || draft.newEndpoint;
  const component = { operation: "CreateInferenceComponent", input: createRequest(name, { ...draft.share, name: draft.name, model, variant: draft.variant }) };
  if (draft.endpoint) return [component];
  const place = { VariantName: draft.variant, InstanceType: draft.type, InitialInstanceCount: Number(draft.count) };
  return [
    { operation: "CreateEndpointConfig", input: { EndpointConfigName: name, ExecutionRoleArn: role, ProductionVariants: [place] } },
    { operation: "CreateEndpoint", input: { EndpointName: name, EndpointConfigName: name } },
    component,
  ];
}

/** The calls that deploy `model`, in order. */
export function callsOf(draft: Draft, model: string, role = ""): ApiCall[] {
  if (draft.mode === "shared") return sharedCalls(draft, model, role);
  if (draft.mode === "batch") return [{ operation: "CreateTransformJob", input: transformRequest(draft.name, model, draft.type, Number(draft.count), draft.batch) }];
  return [
    { operation: "CreateEndpointConfig", input: endpointConfig(draft, model, draft.name) },
    { operation: "CreateEndpoint", input: { EndpointName: draft.name, EndpointConfigName: draft.name } },
  ];
}

/** AWS's list price of a second of a serverless endpoint with 1 GB. */
const SERVERLESS_SECOND = 0.00002;

export function costOf(draft: Draft, types: InstanceType[] | undefined): string | undefined {
  const type = types?.find((one) => one.InstanceType === draft.type);
  if (draft.mode === "serverless") return `About ${money(SERVERLESS_SECOND * (Number(draft.memory) / 1024) * 1000)} for 1,000 requests of a second each at AWS's list price.`;
  if (draft.mode === "shared" && draft.endpoint) return "Nothing more: the endpoint's instances run already.";
  if (type === undefined) return undefined;
  const hourly = type.PricePerHour * Number(draft.count || 0);
  if (draft.mode === "batch") return `About ${amount(hourly, type.Currency)} for each hour that it runs.`;
  return `About ${amount(hourly * 24, type.Currency)} a day at this studio's price.`;
}
