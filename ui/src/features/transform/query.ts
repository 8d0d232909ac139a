import { useQuery } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import { listObjects } from "../../api/s3";
import type { TransformJob } from "../../api/types";
import { ended } from "../../shared/actions";
import { parseS3 } from "../../shared/format";

export const useTransform = (name: string) =>
  useQuery({
    queryKey: ["TransformJob", name],
    queryFn: () => sagemaker<TransformJob>("DescribeTransformJob", { TransformJobName: name }),
    refetchInterval: (query) => (query.state.data && ended(query.state.data.TransformJobStatus) ? false : 2000),
  });

/** Objects of the input and answers that are there: the measure of a job's progress that needs no word of the server. */
export const useFiles = (job: TransformJob | undefined) =>
  useQuery({
    queryKey: ["TransformJob", job?.TransformJobName, "files"],
    enabled: Boolean(job),
    refetchInterval: job && ended(job.TransformJobStatus) ? false : 3000,
    queryFn: async () => {
      const input = parseS3(job!.TransformInput.DataSource.S3DataSource.S3Uri);
      const output = parseS3(job!.TransformOutput.S3OutputPath);
      const folder = output.key && !output.key.endsWith("/") ? `${output.key}/` : output.key;
      const [asked, answered] = await Promise.all([listObjects(input.bucket, input.key, undefined, ""), listObjects(output.bucket, folder, undefined, "")]);
      const inputs = asked.objects.length || 1;
      const since = (job!.TransformStartTime ?? job!.CreationTime) * 1000;
      const answers = answered.objects.filter((one) => one.key.endsWith(".out") && Date.parse(one.modified) >= since - 1000);
      return { inputs, answers: answers.map((one) => ({ ...one, bucket: output.bucket })) };
    },
  });
