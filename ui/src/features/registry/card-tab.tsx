// The tab "Card": the model card that a version carries.
import Button from "@cloudscape-design/components/button";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { sagemaker, studio } from "../../api/client";
import type { Job } from "../../api/types";
import { orNothing } from "../../shared/absent";
import { useStudio } from "../../shared/context";
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

/** The card as a document for people who have no studio. */
function Pdf({ version }: { version: Version }) {
  const { can, fail } = useStudio();
  const [busy, setBusy] = useState(false);
  if (!can("studio:GetModelPackageCardPdf")) return null;
  const download = async () => {
    setBusy(true);
    try {
      const made = await studio<{ FileName: string; Pdf: string }>("GetModelPackageCardPdf", { ModelPackageArn: version.ModelPackageArn });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([Uint8Array.from(atob(made.Pdf), (one) => one.charCodeAt(0))], { type: "application/pdf" }));
      link.download = made.FileName;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      fail("Writing the PDF", error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button iconName="download" loading={busy} onClick={() => void download()}>
      PDF
    </Button>
  );
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
  return <ModelCardView content={content} status={version.ModelCard?.ModelCardStatus} fill={(now) => known(version, now)} save={save} more={<Pdf version={version} />} />;
}
