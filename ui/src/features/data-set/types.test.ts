import { describe, expect, it } from "vitest";

import { bars, type Column, filterOf, moved, nameProblem, snippets, type Version } from "./types";

const column: Column = { Name: "a", Type: "BIGINT", Nulls: 0, Distinct: 3, Complete: true, TopValues: [{ Value: "x", Count: 3 }, { Value: "y", Count: 1 }] };

describe("data sets", () => {
  it("reads the filter's words", () => {
    expect(filterOf("price owner:ann tag:team=risk")).toEqual({ NameContains: "price", Owner: "ann", TagKey: "team", TagValue: "risk" });
    expect(filterOf("owner: tag:x")).toEqual({});
    expect(filterOf(undefined)).toEqual({});
  });
  it("says what is wrong with a name", () => {
    expect(nameProblem("")).toBeDefined();
    expect(nameProblem("-a")).toBeDefined();
    expect(nameProblem("churn-2.x_y")).toBeUndefined();
  });
  it("draws numbers by range and others by value", () => {
    expect(bars({ ...column, Minimum: 0, Maximum: 2, Histogram: [1, 3] })).toEqual([
      { share: 1 / 3, told: "0 to 1: 1" },
      { share: 1, told: "1 to 2: 3" },
    ]);
    expect(bars(column)[0]).toEqual({ share: 1, told: "x: 3" });
    expect(bars({ ...column, TopValues: [] })).toEqual([]);
  });
  it("tells how far, and how it is used", () => {
    expect([moved(0.01), moved(0.2), moved(1), moved(undefined)]).toEqual(["much the same", "moved", "moved far", ""]);
    const version = { DataSetName: "churn", Version: 2, S3Uri: "s3://b/churn/2/", Format: "parquet" } as Version;
    expect(snippets(version, "x.parquet")[0]?.text).toContain('pd.read_parquet("s3://b/churn/2/x.parquet")');
    expect(snippets({ ...version, Format: "files" }, "x.png").map((one) => one.id)).toEqual(["sdk", "boto3", "cli"]);
  });
});
