// A call of the API as text to paste: Python and shell.
const python = (value: unknown, indent = 0): string => {
  const pad = " ".repeat(indent + 4);
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return value.length ? `[\n${value.map((one) => pad + python(one, indent + 4)).join(",\n")},\n${" ".repeat(indent)}]` : "[]";
  if (value !== null && typeof value === "object")
    return `{\n${Object.entries(value)
      .map(([key, one]) => `${pad}${JSON.stringify(key)}: ${python(one, indent + 4)}`)
      .join(",\n")},\n${" ".repeat(indent)}}`;
  return JSON.stringify(value);
};

const clean = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
const snake = (operation: string): string => operation.replace(/(?!^)([A-Z])/g, "_$1").toLowerCase();

export interface ApiCall {
  operation: string;
  input: object;
}

const one = (client: string, { operation, input }: ApiCall): string => {
  const members = Object.entries(clean(input))
    .map(([key, value]) => `    ${key}=${python(value, 4)},`)
    .join("\n");
  return `${client}.${snake(operation)}(\n${members}\n)`;
};

export const pythonOf = (calls: ApiCall[], service = "sagemaker"): string => {
  const client = service.split("-").pop()!;
  return `import boto3\n\n${client} = boto3.client("${service}")\n${calls.map((call) => one(client, call)).join("\n")}`;
};

export const shellOf = (calls: ApiCall[], service = "sagemaker"): string =>
  calls
    .map((call) => `aws ${service} ${snake(call.operation).replaceAll("_", "-")} --cli-input-json '${JSON.stringify(clean(call.input), null, 2).replaceAll("'", "'\\''")}'`)
    .join("\n");
