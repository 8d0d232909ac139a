// A definition as a script of the SDK's third generation that makes the same one again. Pure.
//
// The SDK's own TrainingStep, ProcessingStep and so on make their requests themselves, and not quite those that stand in a
// definition; so each step that makes something is one of its Steps with the request as it is. All else is the SDK's own.
import { all, branches } from "./edit";
import { isReference, pathsOf } from "./references";
import type { Definition, Parameter, Step } from "./types";

type Bag = Record<string, unknown>;
/** Types that the SDK has, by what Describe answers of what they make. */
const SHAPES: Record<string, string | undefined> = {
  Processing: "DescribeProcessingJobResponse",
  Training: "DescribeTrainingJobResponse",
  Transform: "DescribeTransformJobResponse",
  Tuning: "DescribeHyperParameterTuningJobResponse",
  Model: "DescribeModelOutput",
  RegisterModel: "DescribeModelPackageOutput",
  EndpointConfig: "DescribeEndpointConfigOutput",
  Endpoint: "DescribeEndpointOutput",
};
const KNOWN = new Set([...Object.keys(SHAPES), "Condition", "Callback", "Fail", "ForEach", "Lambda", "QualityCheck", "ClarifyCheck", "EMR", "AutoML"]);
const EXECUTION: Record<string, string> = {
  StartDateTime: "START_DATETIME",
  CurrentDateTime: "CURRENT_DATETIME",
  PipelineName: "PIPELINE_NAME",
  PipelineArn: "PIPELINE_ARN",
  PipelineExecutionId: "PIPELINE_EXECUTION_ID",
  PipelineExecutionArn: "PIPELINE_EXECUTION_ARN",
  TrainingJobName: "TRAINING_JOB_NAME",
  ProcessingJobName: "PROCESSING_JOB_NAME",
};
const COMPARISONS = new Set(["Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"]);
const CORE = "sagemaker.core.workflow";
const MLOPS = "sagemaker.mlops.workflow";
const HOMES: Record<string, string> = {
  ExecutionVariables: `${CORE}.execution_variables`,
  Join: `${CORE}.functions`,
  JsonGet: `${CORE}.functions`,
  PipelineSession: `${CORE}.pipeline_context`,
  PipelineVariable: "sagemaker.core.helper.pipeline_variable",
  Properties: `${CORE}.properties`,
  PropertyFile: `${CORE}.properties`,
  ParameterString: `${CORE}.parameters`,
  ParameterInteger: `${CORE}.parameters`,
  ParameterFloat: `${CORE}.parameters`,
  ParameterBoolean: `${CORE}.parameters`,
  CacheConfig: `${MLOPS}.steps`,
  Step: `${MLOPS}.steps`,
  StepTypeEnum: `${MLOPS}.steps`,
  ConditionStep: `${MLOPS}.condition_step`,
  FailStep: `${MLOPS}.fail_step`,
  CallbackStep: `${MLOPS}.callback_step`,
  CallbackOutput: `${MLOPS}.callback_step`,
  CallbackOutputTypeEnum: `${MLOPS}.callback_step`,
  ForEachStep: `${MLOPS}.for_each_step`,
  ForEachSelector: `${MLOPS}.for_each_step`,
  CurrentItem: `${MLOPS}.for_each_step`,
  Pipeline: `${MLOPS}.pipeline`,
  ParallelismConfiguration: `${MLOPS}.parallelism_config`,
  PipelineExperimentConfig: `${MLOPS}.pipeline_experiment_config`,
};
const homeOf = (name: string) => HOMES[name] ?? `${CORE}.conditions`;

const WORDS = new Set("False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with json os boto3 session pipeline definition role steps more other client".split(" "));
/** A name in Python for a word, like no other yet. */
function variable(word: string, taken: Set<string>): string {
  const stem = word.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9]+/g, "_").replace(/^(?=\d)/, "_").toLowerCase() || "_";
  let made = WORDS.has(stem) ? `${stem}_` : stem;
  for (let n = 2; taken.has(made); n++) made = `${stem}_${n}`;
  taken.add(made);
  return made;
}

class Writer {
  used = new Set<string>();
  getting = false;
  raw = false;
  names = new Map<string, string>();
  parameters = new Map<string, string>();
  /** By step: what the SDK's own classes can't say of it. */
  patches: Bag = {};
  private readonly ready = new Set<string>();
  private readonly steps: Map<string, Step>;
  private readonly inner: Set<string>;

  constructor(private readonly definition: Definition) {
    const taken = new Set<string>();
    for (const one of definition.Parameters ?? []) this.parameters.set(one.Name, variable(one.Name, taken));
    for (const one of all(definition.Steps)) this.names.set(one.Name, variable(one.Name, taken));
    this.steps = new Map(all(definition.Steps).map((one) => [one.Name, one]));
    this.inner = new Set(all(definition.Steps).filter((one) => one.Type === "ForEach").flatMap((one) => ((one.Arguments?.ForEachBody as Step[] | undefined) ?? []).map((each) => each.Name)));
  }

  use(name: string): string {
    this.used.add(name);
    return name;
  }

  path(path: string): string {
    const [root, name] = path.split(/[.[]/);
    const parameter = root === "Parameters" ? this.parameters.get(name!) : undefined;
    if (parameter) return parameter;
    if (root === "Execution" && EXECUTION[name!] && path === `Execution.${name}`) return `${this.use("ExecutionVariables")}.${EXECUTION[name!]}`;
    if (path === "ForEach.CurrentItem") return `${this.use("CurrentItem")}()`;
    const step = root === "Steps" ? this.steps.get(name!) : undefined;
    const rest = step ? path.slice(`Steps.${step.Name}.`.length) : "";
    if (step && this.ready.has(step.Name) && !this.inner.has(step.Name) && SHAPES[step.Type] && pathsOf(step).includes(rest)) return `${this.names.get(step.Name)}.properties.${rest.replaceAll("['", '["').replaceAll("']", '"]')}`;
    this.getting = true;
    return `Get(${JSON.stringify(path)})`;
  }

  /** A value as Python, references as what the SDK has for them. */
  value(value: unknown, indent = 0): string {
    if (value === null || value === undefined) return "None";
    if (value === true) return "True";
    if (value === false) return "False";
    if (Array.isArray(value)) return this.laid("[", "]", (value as unknown[]).map((one) => this.value(one, indent + 4)), indent);
    if (typeof value === "object") {
      if (isReference(value)) return this.reference(value, indent);
      return this.laid("{", "}", Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${this.value(one, indent + 4)}`), indent);
    }
    return JSON.stringify(value);
  }

  /** On one line where it is short, else each part on its own. */
  private laid(open: string, close: string, parts: string[], indent: number): string {
    const flat = open + parts.join(", ") + close;
    if (flat.length < 80 && !flat.includes("\n")) return flat;
    return `${open}\n${parts.map((one) => `${" ".repeat(indent + 4)}${one},\n`).join("")}${" ".repeat(indent)}${close}`;
  }

  private reference(value: Bag, indent: number): string {
    if (typeof value.Get === "string") return this.path(value.Get);
    const joined = value["Std:Join"] as { On?: string; Values?: unknown[] } | undefined;
    if (joined && Array.isArray(joined.Values)) return `${this.use("Join")}(on=${JSON.stringify(joined.On ?? "")}, values=${this.value(joined.Values, indent)})`;
    const file = value["Std:JsonGet"] as { PropertyFile?: { Get?: string }; Path?: unknown } | undefined;
    const found = file && /^Steps\.([^.[]+)\.PropertyFiles\.(.+)$/.exec(String(file.PropertyFile?.Get));
    if (found && typeof file.Path === "string" && Object.keys(file).length === 2) return `${this.use("JsonGet")}(step_name=${JSON.stringify(found[1])}, property_file=${JSON.stringify(found[2])}, json_path=${JSON.stringify(file.Path)})`;
    // What the SDK has no word for goes as it is.
    return `Given(${pythonOf(value)})`;
  }

  parameter(one: Parameter): string {
    const name = this.use(`Parameter${one.Type}`);
    const number = one.Type === "Float" && Number.isInteger(one.DefaultValue) ? `${String(one.DefaultValue)}.0` : this.value(one.DefaultValue);
    const initial = one.DefaultValue === undefined || one.DefaultValue === null ? "" : `, default_value=${number}`;
    const allowed = one.Type === "String" && one.EnumValues?.length ? `, enum_values=${this.value(one.EnumValues)}` : "";
    return `${this.parameters.get(one.Name)} = ${name}(name=${JSON.stringify(one.Name)}${initial}${allowed})`;
  }

  private condition(given: unknown): string | undefined {
    const one = given as Bag;
    const type = String(one.Type);
    const said = (name: string, ...parts: string[]) => `${this.use(`Condition${name}`)}(${parts.join(", ")})`;
    if (COMPARISONS.has(type)) return said(type, `left=${this.value(one.LeftValue, 8)}`, `right=${this.value(one.RightValue, 8)}`);
    if (type === "In" && Array.isArray(one.Values)) return said("In", `value=${this.value(one.QueryValue, 8)}`, `in_values=${this.value(one.Values, 8)}`);
    if (type === "Not") {
      const inner = one.Condition && this.condition(one.Condition);
      return inner ? said("Not", `expression=${inner}`) : undefined;
    }
    if (type === "Or" && Array.isArray(one.Conditions)) {
      const inner = (one.Conditions as unknown[]).map((each) => this.condition(each));
      return inner.includes(undefined) ? undefined : said("Or", `conditions=[${inner.join(", ")}]`);
    }
    return undefined;
  }

  private common(step: Step): string[] {
    return [
      `    name=${JSON.stringify(step.Name)},`,
      ...(step.DisplayName ? [`    display_name=${JSON.stringify(step.DisplayName)},`] : []),
      ...(step.Description ? [`    description=${JSON.stringify(step.Description)},`] : []),
      ...(step.DependsOn?.length ? [`    depends_on=${this.value(step.DependsOn, 4)},`] : []),
    ];
  }

  private patch(step: Step, said: string[]) {
    const rest = Object.entries(step).filter(([key]) => !said.includes(key));
    if (rest.length > 0) this.patches[step.Name] = { ...(this.patches[step.Name] as Bag | undefined), ...Object.fromEntries(rest) };
  }

  private list(steps: unknown): string {
    return `[${((steps as Step[] | undefined) ?? []).map((one) => this.names.get(one.Name)).join(", ")}]`;
  }

  /** The SDK's own step, where it can say it; else nothing. */
  private own(step: Step): string[] | undefined {
    const args = step.Arguments ?? {};
    const base = ["Name", "Type", "DisplayName", "Description", "DependsOn", "Arguments"];
    const only = (...members: string[]) => Object.keys(args).every((one) => members.includes(one));
    if (step.Type === "Fail" && only("ErrorMessage") && args.ErrorMessage !== undefined) {
      this.patch(step, base);
      return [`${this.use("FailStep")}(`, ...this.common(step), `    error_message=${this.value(args.ErrorMessage, 4)},`, ")"];
    }
    if (step.Type === "Condition" && only("Conditions", "IfSteps", "ElseSteps") && Array.isArray(args.Conditions)) {
      const conditions = (args.Conditions as unknown[]).map((one) => this.condition(one));
      if (conditions.includes(undefined)) return undefined;
      this.patch(step, base);
      return [`${this.use("ConditionStep")}(`, ...this.common(step), "    conditions=[", ...conditions.map((one) => `        ${one},`), "    ],", `    if_steps=${this.list(args.IfSteps)},`, `    else_steps=${this.list(args.ElseSteps)},`, ")"];
    }
    if (step.Type === "ForEach") return this.loop(step, base);
    const outputs = step.OutputParameters as { OutputName: string; OutputType: string }[] | undefined;
    const queue = (step as unknown as Bag).SqsQueueUrl;
    if (step.Type === "Callback" && typeof queue === "string" && Array.isArray(outputs) && !step.CacheConfig) {
      this.patch(step, [...base, "SqsQueueUrl", "OutputParameters"]);
      const made = outputs.map((one) => `        ${this.use("CallbackOutput")}(${JSON.stringify(one.OutputName)}, ${this.use("CallbackOutputTypeEnum")}.${one.OutputType}),`);
      return [`${this.use("CallbackStep")}(`, ...this.common(step), `    sqs_queue_url=${JSON.stringify(queue)},`, `    inputs=${this.value(args, 4)},`, "    outputs=[", ...made, "    ],", ")"];
    }
    return undefined;
  }

  private loop(step: Step, base: string[]): string[] | undefined {
    const args = step.Arguments ?? {};
    const items = args.IterableItems;
    const body = args.ForEachBody as Step[] | undefined;
    const plain = Array.isArray(items) ? items.length >= 1 && items.length <= 100 && (items as unknown[]).every((one) => typeof one !== "object" || isReference(one)) : isReference(items);
    const selector = args.Selector as { Pick?: string; Field?: { Get?: string } } | undefined;
    const picked = !selector || (typeof selector.Field?.Get === "string" && Object.keys(selector).length === 2);
    if (!plain || !picked || !body?.length || !Number.isInteger(args.MaxConcurrency) || !Object.keys(args).every((one) => ["IterableItems", "MaxConcurrency", "Selector", "ForEachBody"].includes(one))) return undefined;
    this.patch(step, base);
    if (selector) this.getting = true;
    return [
      `${this.use("ForEachStep")}(`,
      ...this.common(step),
      `    iterable_items=${this.value(items, 4)},`,
      `    max_concurrency=${String(args.MaxConcurrency)},`,
      `    for_each_body=${this.list(body)},`,
      ...(selector ? [`    selector=${this.use("ForEachSelector")}(${JSON.stringify(selector.Pick)}, Get(${JSON.stringify(selector.Field!.Get)})),`] : []),
      ")",
    ];
  }

  private request(step: Step): string[] {
    this.raw = true;
    for (const one of ["Properties", "Step", "StepTypeEnum"]) this.use(one);
    const type = KNOWN.has(step.Type) ? step.Type : "Endpoint";
    if (type !== step.Type) this.patches[step.Name] = { Type: step.Type };
    const { Enabled, ExpireAfter, ...unknown } = (step.CacheConfig ?? {}) as Bag;
    const cached = step.CacheConfig && Object.keys(unknown).length === 0 && typeof Enabled === "boolean";
    const files = (step.PropertyFiles ?? []) as { PropertyFileName: string; OutputName: string; FilePath: string }[];
    const said = ["Name", "Type", "DisplayName", "Description", "DependsOn", "Arguments", "PropertyFiles", ...(cached ? ["CacheConfig"] : [])];
    const more = Object.fromEntries(Object.entries(step).filter(([key]) => !said.includes(key)));
    const file = (one: (typeof files)[number]) => `        ${this.use("PropertyFile")}(name=${JSON.stringify(one.PropertyFileName)}, output_name=${JSON.stringify(one.OutputName)}, path=${JSON.stringify(one.FilePath)}),`;
    return [
      "ApiStep(",
      ...this.common(step),
      `    type=${JSON.stringify(type)},`,
      `    request=${this.value(step.Arguments ?? {}, 4)},`,
      ...(cached ? [`    cache_config=${this.use("CacheConfig")}(enable_caching=${Enabled ? "True" : "False"}${ExpireAfter === undefined ? "" : `, expire_after=${JSON.stringify(ExpireAfter)}`}),`] : []),
      ...(files.length > 0 ? ["    property_files=[", ...files.map(file), "    ],"] : []),
      ...(Object.keys(more).length > 0 ? [`    more=${this.value(more, 4)},`] : []),
      ")",
    ];
  }

  /** The steps, each after those whose variables it uses. */
  body(): string[] {
    const lines: string[] = [];
    const begun = new Set<string>();
    const write = (step: Step) => {
      if (begun.has(step.Name)) return;
      begun.add(step.Name);
      const held = branches(step).flatMap((name) => (step.Arguments?.[name] as Step[] | undefined) ?? []);
      const own = Object.fromEntries(Object.entries(step.Arguments ?? {}).filter(([name]) => !branches(step).includes(name)));
      for (const name of new Set([...JSON.stringify(own).matchAll(/"Get":"Steps\.([^.["]+)/g)].map((one) => one[1]!))) {
        const other = this.steps.get(name);
        if (other) write(other);
      }
      // Those inside a step that is written whole are part of it.
      const alone = held.length === 0 || this.tried(step);
      if (alone) held.forEach(write);
      else all(held).forEach((one) => begun.add(one.Name));
      const made = (alone && this.own(step)) || this.request(step);
      lines.push("", `${this.names.get(step.Name)} = ${made[0]}`, ...made.slice(1));
      this.ready.add(step.Name);
    };
    this.definition.Steps.forEach(write);
    return lines;
  }

  /** Whether the SDK has a step for one that holds others. */
  private tried(step: Step): boolean {
    const kept = { used: new Set(this.used), getting: this.getting, patches: { ...this.patches } };
    const made = this.own(step) !== undefined;
    Object.assign(this, kept);
    return made;
  }
}

const API_STEP = `
class ApiStep(Step):
    """A step whose request is as it stands here. (The SDK's TrainingStep, ProcessingStep and so on make theirs themselves, and
    not quite the same; they can take the place of any of these.)"""

    SHAPES = {
SHAPES
    }

    def __init__(self, name, type, request, cache_config=None, property_files=(), more=None, **kwargs):
        super().__init__(name, step_type=StepTypeEnum(type), **kwargs)
        self.request, self.cache_config, self.property_files, self.more = request, cache_config, property_files, more or {}
        self._properties = Properties(step_name=name, step=self, shape_name=self.SHAPES.get(type))

    @property
    def arguments(self):
        return self.request

    @property
    def properties(self):
        return self._properties

    def to_request(self):
        made = {**super().to_request(), **self.more}
        if self.cache_config:
            made.update(self.cache_config.config)
        if self.property_files:
            made["PropertyFiles"] = [one.expr for one in self.property_files]
        return made
`.replace(
  "SHAPES\n    }",
  `${Object.entries(SHAPES)
    .map(([type, shape]) => `        "${type}": "${shape}",`)
    .join("\n")}\n    }`,
);

const variableClass = (name: string, about: string, expr: string) => `
class ${name}(PipelineVariable):
    """${about}"""

    def __init__(self, given):
        self._given = given

    @property
    def expr(self):
        return ${expr}

    @property
    def _referenced_steps(self):
        return []
`;

const PATCHING = `

def patch(steps, more):
    """What the SDK's classes have no word for, said of the steps by name."""
    for step in steps:
        step.update(more.get(step["Name"], {}))
        for member in ("IfSteps", "ElseSteps", "ForEachBody"):
            patch(step.get("Arguments", {}).get(member) or [], more)
`;

interface About {
  description?: string;
  parallel?: number;
}

const bySdk = (about: About) => [
  "pipeline.upsert(",
  "    role_arn=role,",
  ...(about.description ? [`    description=${JSON.stringify(about.description)},`] : []),
  ...(about.parallel ? [`    parallelism_config=ParallelismConfiguration(${about.parallel}),`] : []),
  ")",
];

const byBoto3 = (name: string, about: About) => [
  'client = boto3.client("sagemaker")',
  "settings = dict(",
  `    PipelineName=${JSON.stringify(name)},`,
  "    PipelineDefinition=json.dumps(definition),",
  "    RoleArn=role,",
  ...(about.description ? [`    PipelineDescription=${JSON.stringify(about.description)},`] : []),
  ...(about.parallel ? [`    ParallelismConfiguration={"MaxParallelExecutionSteps": ${about.parallel}},`] : []),
  ")",
  "try:",
  `    client.describe_pipeline(PipelineName=${JSON.stringify(name)})`,
  "except client.exceptions.ResourceNotFound:",
  "    client.create_pipeline(**settings, ClientRequestToken=os.urandom(16).hex())",
  "else:",
  "    client.update_pipeline(**settings)",
];

export function script(name: string, definition: Definition, about: About = {}): string {
  const writer = new Writer(definition);
  const parameters = (definition.Parameters ?? []).map((one) => writer.parameter(one));
  const body = writer.body();
  const { PipelineExperimentConfig, MlflowConfig, ...members } = definition as unknown as Bag;
  const rest = Object.fromEntries(Object.entries(members).filter(([key]) => !["Version", "Parameters", "Steps"].includes(key)));
  const other = Object.fromEntries(Object.entries(rest).filter(([, one]) => !(one && typeof one === "object" && Object.keys(one).length === 0)));
  const experiment = PipelineExperimentConfig as Bag | null | undefined;
  const said = experiment && Object.keys(experiment).length === 2 && experiment.ExperimentName !== undefined && experiment.TrialName !== undefined;
  if (experiment && !said) other.PipelineExperimentConfig = experiment;
  if (MlflowConfig) other.MlflowConfig = MlflowConfig;
  const config = said ? `${writer.use("PipelineExperimentConfig")}(${writer.value(experiment.ExperimentName)}, ${writer.value(experiment.TrialName)})` : "None";
  const allowed = (definition.Parameters ?? []).filter((one) => one.Type !== "String" && one.EnumValues?.length);
  const strange = [...new Set(all(definition.Steps).map((one) => one.Type).filter((one) => !KNOWN.has(one)))];
  const given = body.some((line) => line.includes("Given("));
  const patched = Object.keys(writer.patches).length > 0 || Object.keys(other).length > 0 || allowed.length > 0;
  for (const one of ["Pipeline", "PipelineSession", ...(about.parallel && !patched ? ["ParallelismConfiguration"] : [])]) writer.use(one);
  if (writer.getting || given) writer.use("PipelineVariable");
  const homes = new Map<string, string[]>();
  for (const one of [...writer.used].sort()) homes.set(homeOf(one), [...(homes.get(homeOf(one)) ?? []), one]);
  const imports = [...homes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([home, names]) => `from ${home} import ${names.join(", ")}`);
  const top = definition.Steps.map((one) => writer.names.get(one.Name)).join(", ");
  const lines = [
    `"""The pipeline ${name}, made again by the SDK's third generation: pip install sagemaker. SAGEMAKER_ROLE is the role's ARN."""`,
    "",
    ...(patched ? ["import json"] : []),
    "import os",
    "",
    ...(patched ? ["import boto3"] : []),
    ...imports,
    "",
    ...(writer.raw ? [API_STEP] : []),
    ...(writer.getting ? [variableClass("Get", "A path that the SDK's own properties do not lead along.", '{"Get": self._given}')] : []),
    ...(given ? [variableClass("Given", "An expression that the SDK has no word for, as it is.", "self._given")] : []),
    ...(patched ? [PATCHING] : []),
    "",
    "session = PipelineSession()",
    'role = os.environ["SAGEMAKER_ROLE"]',
    "",
    ...parameters,
    ...body,
    "",
    "pipeline = Pipeline(",
    `    name=${JSON.stringify(name)},`,
    `    parameters=[${(definition.Parameters ?? []).map((one) => writer.parameters.get(one.Name)).join(", ")}],`,
    `    pipeline_experiment_config=${config},`,
    `    steps=[${top}],`,
    "    sagemaker_session=session,",
    ")",
    ...(patched ? ["definition = json.loads(pipeline.definition())"] : []),
    ...(strange.length > 0 ? [`# The SDK has no steps of type ${strange.join(", ")}: they went in as Endpoint, and get their type here; so it is boto3 that`, "# creates the pipeline."] : patched ? ["# The SDK's classes have no word for this; so it is boto3 that creates the pipeline."] : []),
    ...(Object.keys(writer.patches).length > 0 ? [`patch(definition["Steps"], ${pythonOf(writer.patches)})`] : []),
    ...(Object.keys(other).length > 0 ? [`definition.update(${pythonOf(other)})`] : []),
    ...allowed.map((one) => `next(one for one in definition["Parameters"] if one["Name"] == ${JSON.stringify(one.Name)})["EnumValues"] = ${pythonOf(one.EnumValues)}`),
    "",
    ...(patched ? byBoto3(name, about) : bySdk(about)),
    `print("${name} is there: pipeline.start(parameters={…}) starts it.")`,
    "",
  ];
  return lines.join("\n").replace(/\n{4,}/g, "\n\n\n");
}

/** A value as it is. */
function pythonOf(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${(value as unknown[]).map(pythonOf).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${pythonOf(one)}`).join(", ")}}`;
  return JSON.stringify(value);
}
