import { describe, expect, it } from "vitest";

import { pageOf, place, reduced, shownOf } from "./layout";

const arn = (rest: string) => `arn:aws:sagemaker:us-east-1:123456789012:${rest}`;
const edge = (SourceArn: string, DestinationArn: string) => ({ SourceArn, DestinationArn });

describe("lineage", () => {
  it("knows the page of what it shows", () => {
    expect(pageOf(arn("training-job/a"))).toBe("/jobs/a");
    expect(pageOf(arn("processing-job/a"))).toBe("/processing/a");
    expect(pageOf(arn("transform-job/a"))).toBe("/batch/a");
    expect(pageOf(arn("model-package/churn/3"))).toBe("/registry/churn/3");
    expect(pageOf(arn("model-package-group/churn"))).toBe("/registry/churn");
    expect(pageOf(arn("endpoint/live"))).toBe("/endpoints/live");
    expect(pageOf(arn("pipeline/daily/execution/abc"))).toBe("/pipelines/daily/abc");
    expect(pageOf(arn("pipeline/daily"))).toBeUndefined();
  });
  it("names things as people know them", () => {
    const job = shownOf({ Arn: arn("experiment-trial-component/train-aws-training-job"), Type: "TrainingJob", LineageType: "TrialComponent" }, { DisplayName: "Train", Source: { SourceArn: arn("training-job/train") }, Status: { PrimaryStatus: "Completed" } });
    expect(job).toMatchObject({ name: "Train", word: "Training job", to: "/jobs/Train", told: "Completed" });
    const data = shownOf({ Arn: arn("artifact/1"), Type: "DataSet", LineageType: "Artifact" }, { Source: { SourceUri: "s3://b/a/rows.csv" } });
    expect(data).toMatchObject({ name: "a/rows.csv", word: "Data set", to: "/data/b?prefix=a%2F" });
    const image = shownOf({ Arn: arn("artifact/2"), Type: "Image", LineageType: "Artifact" }, { Source: { SourceUri: "1.dkr.ecr.x.amazonaws.com/scikit:1.2" } });
    expect(image).toMatchObject({ name: "scikit:1.2", word: "Image", to: undefined });
    const version = shownOf({ Arn: arn("artifact/3"), Type: "ModelPackage", LineageType: "Artifact" }, { Source: { SourceUri: arn("model-package/churn/3") }, Properties: { ModelPackageName: "Churn/3" } });
    expect(version).toMatchObject({ name: "Churn v3", to: "/registry/Churn/3" });
    expect(shownOf({ Arn: arn("artifact/4"), LineageType: "Artifact" }, undefined).name).toBe("4");
  });
  it("leaves out what only shortens a longer way", () => {
    const edges = [edge("data", "model"), edge("model", "deploy"), edge("data", "deploy"), edge("deploy", "live")];
    expect(reduced(edges).map((one) => `${one.SourceArn}>${one.DestinationArn}`)).toEqual(["data>model", "model>deploy", "deploy>live"]);
    expect(reduced([edge("a", "b"), edge("b", "a")])).toHaveLength(2);
  });
  it("goes from left to right", () => {
    const nodes = ["a", "b"].map((one) => ({ arn: one, name: one, word: "" }));
    const placed = place(nodes, [edge("a", "b")]);
    expect(placed[0]!.x).toBeLessThan(placed[1]!.x);
  });
});
