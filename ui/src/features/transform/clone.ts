// A job's members as the form's fields.
import type { TransformJob } from "../../api/types";
import { type BatchDraft, newBatch } from "../deploy/request";

/** "$" is all of a record: no filter. */
const filter = (path: string | undefined): string => (path && path !== "$" ? path : "");

export const batchOf = (job: TransformJob, bucket: string): BatchDraft => ({
  ...newBatch(bucket),
  input: job.TransformInput.DataSource.S3DataSource.S3Uri,
  output: job.TransformOutput.S3OutputPath,
  contentType: job.TransformInput.ContentType ?? "text/csv",
  accept: job.TransformOutput.Accept ?? "",
  split: job.TransformInput.SplitType ?? "None",
  strategy: job.BatchStrategy ?? "MultiRecord",
  assemble: job.TransformOutput.AssembleWith ?? "None",
  compression: job.TransformInput.CompressionType ?? "None",
  payload: String(job.MaxPayloadInMB ?? 6),
  parallel: String(job.MaxConcurrentTransforms ?? 0),
  join: job.DataProcessing?.JoinSource === "Input",
  inputFilter: filter(job.DataProcessing?.InputFilter),
  outputFilter: filter(job.DataProcessing?.OutputFilter),
});
