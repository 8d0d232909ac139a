// Making an environment, or another version of one: the file goes to S3, and the rest is AWS's own operations.
import { ApiError, sagemaker } from "../../api/client";
import { upload } from "../../api/s3";

export async function createVersion(account: string, name: string, text: string, description?: string): Promise<number> {
  const token = crypto.randomUUID();
  const bucket = `sagemaker-us-east-1-${account}`;
  const file = /^\s*\[project\]/m.test(text) ? "pyproject.toml" : "requirements.txt";
  const key = `environments/${name}/${token}/${file}`;
  try {
    await sagemaker("CreateImage", { ImageName: name, RoleArn: `arn:aws:iam::${account}:role/studiolo-execution-role`, Description: description || undefined });
  } catch (error) {
    // A further version of one that is there.
    if (!(error instanceof ApiError) || error.code !== "ResourceInUse") throw error;
  }
  await upload(bucket, key, new Blob([text]), () => undefined, new AbortController().signal);
  const made = await sagemaker<{ ImageVersionArn: string }>("CreateImageVersion", { ImageName: name, BaseImage: `s3://${bucket}/${key}`, ClientToken: token });
  return Number(made.ImageVersionArn.split("/").pop());
}
