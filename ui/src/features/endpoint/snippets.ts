// Ready to paste: the same request by curl, boto3, JavaScript and Triton's client. The key is named, never shown.
// The body is a request that the model can answer (sample.ts).
import { rowOf, type Tensor } from "./sample";

const inPython = (json: string): string => json.replace(/\btrue\b/g, "True");

export const curl = (base: string, name: string, body: string, path = "invocations") => `curl ${base}/endpoints/${name}/${path} \\
  -H "Authorization: Bearer $AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
  -H "Content-Type: application/json" -H "Accept: application/json" \\
  -d '${body.replace(/'/g, "'\\''")}'`;

export const python = (name: string, body: string) => `import boto3, json

runtime = boto3.client("sagemaker-runtime")
answer = runtime.invoke_endpoint(
    EndpointName="${name}",
    ContentType="application/json",
    Accept="application/json",
    Body=json.dumps(${inPython(body)}),
)
print(json.loads(answer["Body"].read()))`;

export const javascript = (base: string, name: string, body: string) => `const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env;
const answer = await fetch("${base}/endpoints/${name}/invocations", {
  method: "POST",
  headers: {
    Authorization: \`Bearer \${id}:\${secret}\`,
    "Content-Type": "application/json",
    Accept: "application/json",
  },
  body: JSON.stringify(${body}),
});
console.log(await answer.json());`;

const NUMPY: Record<string, string> = { BYTES: "object", BOOL: "bool", FP64: "float64", INT64: "int64", INT32: "int32" };

/** A tensor for each named column, or one for the row as a whole. */
const tensors = (inputs: Tensor[]): string => {
  const row = rowOf(inputs);
  const columns = inputs.length === row.length && inputs.length > 1 ? inputs.map((one, place) => ({ ...one, values: [row[place]] })) : [{ name: inputs[0]?.name ?? "rows", datatype: "FP32", values: row }];
  return columns.map((one) => `    ("${one.name}", "${one.datatype}", np.array([${inPython(JSON.stringify(one.values))}], "${NUMPY[one.datatype] ?? "float32"}")),`).join("\n");
};

export const triton = (base: string, name: string, inputs: Tensor[]) => `import os
import numpy as np
import tritonclient.http as triton  # pip install tritonclient[http]

client = triton.InferenceServerClient("${base.replace(/^https?:\/\//, "")}"${base.startsWith("https:") ? ", ssl=True" : ""})
inputs = []
for column, datatype, values in [
${tensors(inputs)}
]:
    inputs.append(triton.InferInput(column, values.shape, datatype))
    inputs[-1].set_data_from_numpy(values)
token = os.environ["AWS_ACCESS_KEY_ID"] + ":" + os.environ["AWS_SECRET_ACCESS_KEY"]
answer = client.infer("${name}", inputs, headers={"Authorization": f"Bearer {token}"})
print(answer.as_numpy("predict"))`;

export const asyncPython = (name: string, bucket: string) => `import boto3

runtime = boto3.client("sagemaker-runtime")
answer = runtime.invoke_endpoint_async(
    EndpointName="${name}",
    ContentType="application/json",
    InputLocation="s3://${bucket}/requests/one.json",
)
print(answer["OutputLocation"])`;

export const componentPython = (endpoint: string, component: string, body: string) => `import boto3, json

runtime = boto3.client("sagemaker-runtime")
answer = runtime.invoke_endpoint(
    EndpointName="${endpoint}",
    InferenceComponentName="${component}",
    ContentType="application/json",
    Accept="application/json",
    Body=json.dumps(${inPython(body)}),
)
print(json.loads(answer["Body"].read()))`;
