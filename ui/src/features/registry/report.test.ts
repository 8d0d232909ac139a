import { describe, expect, it } from "vitest";

import { metadataChange, reportOf, sourcesOf } from "./report";

describe("a report of metrics", () => {
  it("is read as the SDKs write it", () => {
    const report = reportOf({
      binary_classification_metrics: {
        accuracy: { value: 0.9, standard_deviation: "NaN" },
        confusion_matrix: { "0": { "0": 5, "1": 1 }, "1": { "0": 2, "1": 7 } },
        receiver_operating_characteristic_curve: { false_positive_rates: [0, 0.1, 1], true_positive_rates: [0, 0.8, 1] },
        precision_recall_curve: { precisions: [1, 0.5], recalls: [0.2, 1] },
      },
    });
    expect(report.numbers).toEqual({ accuracy: 0.9 });
    expect(report.grids).toEqual([{ title: "confusion_matrix", head: ["0", "1"], rows: [{ name: "0", values: [5, 1] }, { name: "1", values: [2, 7] }] }]);
    expect(report.curves.map((one) => [one.x, one.y])).toEqual([["false_positive_rates", "true_positive_rates"], ["recalls", "precisions"]]);
    expect(report.curves[0]!.points[1]).toEqual({ x: 0.1, y: 0.8 });
  });
  it("is any JSON with numbers", () => {
    expect(reportOf({ rmse: 2.5, by: { north: { rmse: 1 } } }).numbers).toEqual({ rmse: 2.5, "by.north.rmse": 1 });
    expect(reportOf({ accuracy: { value: 1 } }).numbers).toEqual({ accuracy: 1 });
    expect(reportOf({ confusion: [[1, 2], [3, 4]] }).grids[0]!.rows[1]!.values).toEqual([3, 4]);
    expect(reportOf(["x", null]).numbers).toEqual({});
  });
});

it("names the reports of a version", () => {
  const version = { ModelMetrics: { ModelQuality: { Statistics: { S3Uri: "s3://b/a" } }, Bias: { Report: { S3Uri: "s3://b/c" } } } };
  expect(sourcesOf(version as never).map((one) => one.title)).toEqual(["Model quality: statistics", "Bias: report"]);
});

it("says which pairs of the metadata are set and which are gone", () => {
  expect(metadataChange({ a: "1", b: "2" }, [{ key: "a", value: "3" }, { key: " ", value: "x" }])).toEqual({ CustomerMetadataProperties: { a: "3" }, CustomerMetadataPropertiesToRemove: ["b"] });
  expect(metadataChange({}, [])).toEqual({ CustomerMetadataProperties: undefined, CustomerMetadataPropertiesToRemove: undefined });
});
