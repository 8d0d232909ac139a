// What values may be: the operations' own shapes, and those of steps that no operation knows of. Checked as one types. Pure.
import { isReference } from "./references";

export interface Member {
  Name: string;
  Shape: string;
  Required?: boolean;
}
export interface Shape {
  /** "any" is ours: a word, a number or a truth value. */
  Type: string;
  Members?: Member[];
  Element?: string;
  Value?: string;
  Enum?: string[];
  Min?: number;
  Max?: number;
  Pattern?: string;
  /** Ours: by the value of the member Type, which others there are. */
  Cases?: Record<string, string[]>;
}
export type Shapes = Record<string, Shape>;
export const NUMBERS = new Set(["integer", "long", "float", "double"]);
const WHOLE = new Set(["integer", "long"]);

const text = (more: Partial<Shape> = {}): Shape => ({ Type: "string", ...more });
const structure = (...members: [name: string, shape: string, required?: boolean][]): Shape => ({
  Type: "structure",
  Members: members.map(([Name, Shape, Required]) => ({ Name, Shape, Required })),
});

/** Of steps and parts of steps that are no operation's input; names of shapes that operations have are theirs. */
export const OWN: Shapes = {
  Any: { Type: "any" },
  AnyList: { Type: "list", Element: "Any" },
  Word: text(),
  Flag: { Type: "boolean" },
  Condition: {
    ...structure(["Type", "ConditionType", true], ["LeftValue", "Any", true], ["RightValue", "Any", true], ["QueryValue", "Any", true], ["Values", "AnyList", true], ["Condition", "Condition", true], ["Expression", "Condition", true], ["Conditions", "ConditionList", true]),
    Cases: { In: ["QueryValue", "Values"], Not: ["Condition"], "Not.Expression": ["Expression"], Or: ["Conditions"], "": ["LeftValue", "RightValue"] },
  },
  ConditionType: text({ Enum: ["Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo", "In", "Not", "Or"] }),
  ConditionList: { Type: "list", Element: "Condition", Min: 1 },
  ConditionStep: structure(["Conditions", "ConditionList", true]),
  FailStep: structure(["ErrorMessage", "Word"]),
  CallbackStep: { Type: "map", Value: "Any" },
  ForEachStep: structure(["IterableItems", "AnyList", true], ["MaxConcurrency", "AtOnce", true], ["Selector", "Selector"]),
  AtOnce: { Type: "integer", Min: 1, Max: 50 },
  Selector: structure(["Pick", "Pick", true], ["Field", "Any", true]),
  Pick: text({ Enum: ["MaxBy", "MinBy"] }),
  DeployStep: structure(
    ["EndpointName", "EndpointName", true],
    ["ModelPackageArn", "Word"],
    ["Approval", "Approval"],
    ["ModelName", "Word"],
    ["InstanceType", "ProductionVariantInstanceType"],
    ["InitialInstanceCount", "InitialTaskCount"],
    ["ServerlessConfig", "ProductionVariantServerlessConfig"],
    ["DeploymentConfig", "DeploymentConfig"],
    ["DataCaptureConfig", "DataCaptureConfig"],
    ["RetainAllVariantProperties", "Flag"],
    ["ExecutionRoleArn", "RoleArn"],
    ["Tags", "TagList"],
  ),
  Approval: text({ Enum: ["Required", "Wait"] }),
  StepMore: structure(["DisplayName", "Word"], ["Description", "Word"], ["PropertyFiles", "PropertyFileList"], ["RetryPolicies", "RetryList"]),
  CallbackMore: structure(["DisplayName", "Word"], ["Description", "Word"], ["OutputParameters", "OutputParameterList"]),
  LambdaMore: structure(["FunctionArn", "Word", true], ["OutputParameters", "OutputParameterList"], ["DisplayName", "Word"], ["Description", "Word"]),
  PlainMore: structure(["DisplayName", "Word"], ["Description", "Word"]),
  PropertyFileList: { Type: "list", Element: "PropertyFile" },
  PropertyFile: structure(["PropertyFileName", "Word", true], ["OutputName", "Word", true], ["FilePath", "Word", true]),
  OutputParameterList: { Type: "list", Element: "OutputParameter" },
  OutputParameter: structure(["OutputName", "Word", true], ["OutputType", "OutputType", true]),
  OutputType: text({ Enum: ["String", "Integer", "Float", "Boolean"] }),
  RetryList: { Type: "list", Element: "RetryPolicy" },
  RetryPolicy: structure(["ExceptionType", "ExceptionList", true], ["MaxAttempts", "Attempts"], ["ExpireAfterMin", "Minutes"], ["IntervalSeconds", "Seconds"], ["BackoffRate", "Rate"]),
  ExceptionList: { Type: "list", Element: "Exception", Min: 1 },
  Exception: text({ Enum: ["Step.SERVICE_FAULT", "Step.THROTTLING", "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"] }),
  Attempts: { Type: "integer", Min: 1, Max: 20 },
  Minutes: { Type: "integer", Min: 1, Max: 14_400 },
  Seconds: { Type: "integer", Min: 0, Max: 3_600 },
  Rate: { Type: "float", Min: 1, Max: 10 },
};

/** The members that a structure has here. */
export const membersOf = (shape: Shape, value: unknown): Member[] => {
  if (!shape.Cases) return shape.Members ?? [];
  const type = (value as { Type?: string } | undefined)?.Type ?? "";
  // The SDKs call it Condition; Expression is an older word for it.
  const spelled = type === "Not" && (value as { Expression?: unknown }).Expression !== undefined ? "Not.Expression" : type;
  const there = shape.Cases[spelled] ?? shape.Cases[""]!;
  return (shape.Members ?? []).filter((one) => one.Name === "Type" || there.includes(one.Name));
};

const JAVA: Record<string, string> = { L: "\\p{L}", N: "\\p{N}", Z: "\\p{Z}", P: "\\p{P}", S: "\\p{S}", M: "\\p{M}", Alnum: "a-zA-Z0-9", Alpha: "a-zA-Z" };
const patterns = new Map<string, RegExp | undefined>();

/** As a browser understands it; undefined where it can't be said so: then only the server checks. */
function patternOf(given: string): RegExp | undefined {
  if (!patterns.has(given)) {
    let made: RegExp | undefined;
    try {
      made = new RegExp(`^(?:${given.replace(/\\p\{(\w+)\}/g, (all, name: string) => JAVA[name] ?? all)})$`, "u");
    } catch {
      try {
        made = /\\p\{/.test(given) ? undefined : new RegExp(`^(?:${given})$`);
      } catch {
        made = undefined;
      }
    }
    patterns.set(given, made);
  }
  return patterns.get(given);
}

/** What is wrong with a plain value, in a sentence. */
export function fault(shape: Shape, value: unknown): string | undefined {
  if (value === undefined || isReference(value)) return undefined;
  if (NUMBERS.has(shape.Type)) {
    if (typeof value !== "number") return "A number, or a value chosen by {}.";
    if (WHOLE.has(shape.Type) && !Number.isInteger(value)) return "A whole number.";
    if (shape.Min !== undefined && value < shape.Min) return `At least ${shape.Min}.`;
    if (shape.Max !== undefined && value > shape.Max) return `At most ${shape.Max}.`;
  }
  if (shape.Type === "string") {
    if (typeof value !== "string") return typeof value === "object" ? "A text, or a value chosen by {}." : undefined;
    if (shape.Enum && !shape.Enum.includes(value)) return `One of ${shape.Enum.slice(0, 8).join(", ")}${shape.Enum.length > 8 ? ", …" : ""}.`;
    if (shape.Min !== undefined && value.length < shape.Min) return shape.Min === 1 ? "Give a value." : `At least ${shape.Min} characters.`;
    if (shape.Max !== undefined && value.length > shape.Max) return `At most ${shape.Max} characters.`;
    if (shape.Pattern && !(patternOf(shape.Pattern)?.test(value) ?? true)) return `Must be of the form ${shape.Pattern}`;
  }
  return undefined;
}

export interface Fault {
  at: string;
  why: string;
}

/** Everything wrong with a value of a shape. given: names that the studio gives by itself, at the top alone. */
export function faults(shapes: Shapes, name: string, value: unknown, at = "", given: string[] = []): Fault[] {
  const shape = shapes[name];
  if (!shape || isReference(value)) return [];
  const inside = (member: string) => (at ? `${at}.${member}` : member);
  if (shape.Type === "structure") {
    if (value !== undefined && (typeof value !== "object" || value === null || Array.isArray(value))) return [{ at, why: "An object." }];
    return membersOf(shape, value).flatMap((one) => {
      const held = (value as Record<string, unknown> | undefined)?.[one.Name];
      if (held === undefined) return one.Required && !given.includes(one.Name) ? [{ at: inside(one.Name), why: "Must be given." }] : [];
      return faults(shapes, one.Shape, held, inside(one.Name));
    });
  }
  if (shape.Type === "list") {
    if (!Array.isArray(value)) return [{ at, why: "A list." }];
    const few = shape.Min !== undefined && value.length < shape.Min ? [{ at, why: `At least ${shape.Min}.` }] : [];
    return [...few, ...(value as unknown[]).flatMap((one, n) => faults(shapes, shape.Element!, one, `${at} ${n + 1}`))];
  }
  if (shape.Type === "map") return Object.entries((value ?? {}) as object).flatMap(([key, one]) => faults(shapes, shape.Value!, one, inside(key)));
  const why = fault(shape, value);
  return why ? [{ at, why }] : [];
}
