// The script of a step: where the arguments say which it is, and how they say it. Pure.
import { isReference, spoken } from "./references";
import { put } from "./edit";
import type { Step } from "./types";

export const SCRIPTED = new Set(["Processing", "Training"]);
const FOLDER = "/opt/ml/processing/input/code";
type Entry = Record<string, unknown>;

const text = (value: unknown) => (typeof value === "string" ? value : undefined);
const last = (uri: string) => uri.slice(uri.lastIndexOf("/") + 1);
const quoted = (value: string) => value.replace(/^"|"$/g, "");

/** What the step runs, in words; undefined where nothing says so. */
export function scriptOf(step: Step): string | undefined {
  const args = step.Arguments ?? {};
  if (step.Type === "Training") {
    const given = (args.HyperParameters ?? {}) as Entry;
    const program = text(given.sagemaker_program);
    return program === undefined ? undefined : `${quoted(program)}${text(given.sagemaker_submit_directory) ? ` in ${quoted(given.sagemaker_submit_directory as string)}` : ""}`;
  }
  const inputs = Array.isArray(args.ProcessingInputs) ? (args.ProcessingInputs as Entry[]) : [];
  const code = inputs.find((one) => one.InputName === "code");
  return text((code?.S3Input as Entry | undefined)?.S3Uri);
}

/** A processing step that runs a script of the bucket: it is brought along as the input "code". */
export function withScript(step: Step, uri: string): Step {
  const given = step.Arguments?.ProcessingInputs;
  const inputs = Array.isArray(given) ? (given as Entry[]) : [];
  const code = { InputName: "code", S3Input: { S3Uri: uri, LocalPath: FOLDER, S3DataType: "S3Prefix", S3InputMode: "File" } };
  const rest = inputs.filter((one) => one.InputName !== "code");
  const held = step.Arguments?.AppSpecification;
  const before = (held as Entry | undefined)?.ContainerEntrypoint;
  // Words before the script, such as another interpreter, stay.
  const words = Array.isArray(before) && before.length > 1 && before.every((one) => typeof one === "string") && String(before[before.length - 1]).startsWith(FOLDER) ? (before.slice(0, -1) as string[]) : ["python3"];
  const inputsSet = put(step, ["Arguments", "ProcessingInputs"], [code, ...rest]);
  return put(inputsSet, ["Arguments", "AppSpecification", "ContainerEntrypoint"], [...words, `${FOLDER}/${last(uri)}`]) as Step;
}

/** A training step that runs `program` out of an archive of the bucket. */
export function withProgram(step: Step, program: string, archive: string): Step {
  const given = step.Arguments?.HyperParameters;
  const held = given === undefined || isReference(given) ? {} : given;
  return put(step, ["Arguments", "HyperParameters"], { ...(held as Entry), sagemaker_program: program, sagemaker_submit_directory: archive }) as Step;
}

/** A name for an input that no other has, after what the address ends with. */
function freeName(uri: string, taken: string[]): string {
  const plain = (last(uri.replace(/\/+$/, "")).replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "") || "data").slice(0, 40);
  for (let n = 1; ; n++) {
    const name = n === 1 ? plain : `${plain}-${n}`;
    if (!taken.includes(name) && name !== "code") return name;
  }
}

export const READS = new Set(["Processing", "Training", "Transform"]);

/** What a step reads, by the name it has there. */
export function dataOf(step: Step): { name: string; uri: string }[] {
  const args = step.Arguments ?? {};
  const place = (value: unknown) => spoken(value ?? "");
  if (step.Type === "Transform") {
    const uri = ((args.TransformInput as Entry | undefined)?.DataSource as { S3DataSource?: Entry } | undefined)?.S3DataSource?.S3Uri;
    return uri === undefined ? [] : [{ name: "input", uri: place(uri) }];
  }
  const list = step.Type === "Training" ? args.InputDataConfig : args.ProcessingInputs;
  const entries = Array.isArray(list) ? (list as Entry[]) : [];
  return entries
    .filter((one) => one.InputName !== "code")
    .map((one) => ({
      name: String((one.ChannelName ?? one.InputName ?? "") as string),
      uri: place(step.Type === "Training" ? (one.DataSource as { S3DataSource?: Entry } | undefined)?.S3DataSource?.S3Uri : (one.S3Input as Entry | undefined)?.S3Uri),
    }));
}

/** The step with one more thing to read; a batch transform reads one. */
export function withData(step: Step, uri: string): Step {
  if (step.Type === "Transform") return put(step, ["Arguments", "TransformInput", "DataSource", "S3DataSource"], { S3DataType: "S3Prefix", S3Uri: uri }) as Step;
  const member = step.Type === "Training" ? "InputDataConfig" : "ProcessingInputs";
  const given = step.Arguments?.[member];
  const entries = Array.isArray(given) ? (given as Entry[]) : [];
  const name = freeName(uri, dataOf(step).map((one) => one.name));
  const made =
    step.Type === "Training"
      ? { ChannelName: name, DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: uri, S3DataDistributionType: "FullyReplicated" } } }
      : { InputName: name, S3Input: { S3Uri: uri, LocalPath: `/opt/ml/processing/input/${name}`, S3DataType: "S3Prefix", S3InputMode: "File" } };
  return put(step, ["Arguments", member], [...entries, made]) as Step;
}

export const isArchive = (uri: string) => /\.(tar\.gz|tgz)$/.test(uri);
/** Whether a value of this name and shape is an address in S3. */
export const isPlace = (label: string, shape: string) => shape === "S3Uri" || /^(S3Uri|S3OutputPath|ModelDataUrl|S3OutputLocation)$/.test(label);
