// Ready to paste: the same request by curl, boto3, JavaScript and Triton's client. The key is named, never shown.
export const curl = (base: string, name: string, path = "invocations") => `curl ${base}/endpoints/${name}/${path} \\
  -H "Authorization: Bearer $AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
  -H "Content-Type: application/json" -H "Accept: application/json" \\
  -d '[[1.0, 2.0, 3.0]]'`;

export const python = (name: string) => `import boto3, json

runtime = boto3.client("sagemaker-runtime")
answer = runtime.invoke_endpoint(
    EndpointName="${name}",
    ContentType="application/json",
    Accept="application/json",
    Body=json.dumps([[1.0, 2.0, 3.0]]),
)
print(json.loads(answer["Body"].read()))`;

export const javascript = (base: string, name: string) => `const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env;
const answer = await fetch("${base}/endpoints/${name}/invocations", {
  method: "POST",
  headers: {
    Authorization: \`Bearer \${id}:\${secret}\`,
    "Content-Type": "application/json",
    Accept: "application/json",
  },
  body: JSON.stringify([[1.0, 2.0, 3.0]]),
});
console.log(await answer.json());`;

export const triton = (base: string, name: string) => `import os
import numpy as np
import tritonclient.http as triton  # pip install tritonclient[http]

client = triton.InferenceServerClient("${base.replace(/^https?:\/\//, "")}"${base.startsWith("https:") ? ", ssl=True" : ""})
rows = triton.InferInput("rows", [1, 3], "FP32")
rows.set_data_from_numpy(np.array([[1, 2, 3]], np.float32))
token = os.environ["AWS_ACCESS_KEY_ID"] + ":" + os.environ["AWS_SECRET_ACCESS_KEY"]
answer = client.infer("${name}", [rows], headers={"Authorization": f"Bearer {token}"})
print(answer.as_numpy("predict"))`;

export const asyncPython = (name: string, bucket: string) => `import boto3

runtime = boto3.client("sagemaker-runtime")
answer = runtime.invoke_endpoint_async(
    EndpointName="${name}",
    ContentType="application/json",
    InputLocation="s3://${bucket}/requests/one.json",
)
print(answer["OutputLocation"])`;

export const componentPython = (endpoint: string, component: string) => `import boto3, json

runtime = boto3.client("sagemaker-runtime")
answer = runtime.invoke_endpoint(
    EndpointName="${endpoint}",
    InferenceComponentName="${component}",
    ContentType="application/json",
    Accept="application/json",
    Body=json.dumps([[1.0, 2.0, 3.0]]),
)
print(json.loads(answer["Body"].read()))`;
