// The tab "Card": the model card that a version carries.
import { useQueryClient } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import type { Job } from "../../api/types";
import { orNothing } from "../../shared/absent";
import { ModelCardView } from "../model-card/card";
import { type Content, filled, parse } from "../model-card/content";
import { readReports, sourceJob } from "./query";
import type { Version } from "./types";

async function known(version: Version, content: Content): Promise<Content> {
  const [reports, name] = await Promise.all([readReports(version), sourceJob(version)]);
  const job = name ? await orNothing(sagemaker<Job>("DescribeTrainingJob", { TrainingJobName: name })) : undefined;
  return filled(content, {
    creator: version.CreatedBy?.UserProfileName,
    artifact: version.InferenceSpecification?.Containers[0]?.ModelDataUrl,
    reports: reports.map((one) => ({ title: one.title, uri: one.uri, numbers: one.report?.numbers ?? {} })),
    job: job && {
      arn: job.TrainingJobArn,
      image: job.AlgorithmSpecification.TrainingImage,
      datasets: (job.InputDataConfig ?? []).flatMap((one) => one.DataSource.S3DataSource?.S3Uri ?? []),
      metrics: (job.FinalMetricDataList ?? []).map((one) => ({ name: one.MetricName, value: one.Value })),
      parameters: job.HyperParameters ?? {},
    },
  });
}

export function VersionCard({ version }: { version: Version }) {
  const client = useQueryClient();
  const content = parse(version.ModelCard?.ModelCardContent);
  const save = async (next: Content, status: string) => {
    const text = JSON.stringify(next);
    // An archived card takes no content, also not the same.
    const changed = text !== JSON.stringify(content) || !version.ModelCard;
    await sagemaker("UpdateModelPackage", { ModelPackageArn: version.ModelPackageArn, ModelCard: { ModelCardContent: changed ? text : undefined, ModelCardStatus: status } });
    await client.invalidateQueries({ queryKey: ["ModelPackage"] });
  };
  return <ModelCardView content={content} status={version.ModelCard?.ModelCardStatus} fill={(now) => known(version, now)} save={save} />;
}
