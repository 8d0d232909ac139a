// What the studio tells of data sets, and what is made of it without React.
export interface Tag {
  Key: string;
  Value: string;
}
export interface DataSet {
  DataSetName: string;
  Description: string;
  Owner: string;
  LatestVersion: number;
  VersionStatus?: string;
  RowCount?: number;
  Size?: number;
  Format?: string;
  CreationTime: number;
  LastModifiedTime: number;
  Tags: Tag[];
}
export interface Column {
  Name: string;
  Type: string;
  Nulls: number;
  Distinct: number;
  Complete: boolean;
  Minimum?: number;
  Maximum?: number;
  Mean?: number;
  StandardDeviation?: number;
  Smallest?: string;
  Largest?: string;
  Quantiles?: number[];
  Histogram?: number[];
  TopValues: { Value: string; Count: number }[];
}
export interface Version {
  DataSetName: string;
  Version: number;
  SourceS3Uri: string;
  Description: string;
  CreatedBy: string;
  CreationTime: number;
  EndTime?: number;
  Progress: number;
  VersionStatus: string;
  FailureReason?: string;
  S3Uri?: string;
  Digest?: string;
  FileCount?: number;
  Size?: number;
  Format?: string;
  RowCount?: number;
}
export interface Change {
  Name: string;
  Change: "Same" | "Added" | "Removed" | "Retyped";
  BaseType?: string;
  OtherType?: string;
  BaseNulls?: number;
  OtherNulls?: number;
  Method?: string;
  Distance?: number;
  Psi?: number;
}
export interface Comparison {
  BaseRows?: number;
  OtherRows?: number;
  SameBytes: boolean;
  Columns: Change[];
}
export interface Use {
  Kind: "TrainingJob" | "ProcessingJob" | "TransformJob";
  Name: string;
  Status: string;
  How: "Read" | "Wrote";
  CreationTime: number;
}

export const USE_PAGES: Record<Use["Kind"], { path: string; word: string }> = {
  TrainingJob: { path: "/jobs", word: "Training job" },
  ProcessingJob: { path: "/processing", word: "Processing job" },
  TransformJob: { path: "/batch", word: "Batch transform" },
};

/** "price owner:ann tag:team=risk" as ListDataSets asks for it. */
export function filterOf(text: string | undefined): { NameContains?: string; Owner?: string; TagKey?: string; TagValue?: string } {
  const found: ReturnType<typeof filterOf> = {};
  const words: string[] = [];
  for (const word of (text ?? "").split(/\s+/).filter(Boolean)) {
    const tag = /^tag:([^=]+)=(.*)$/.exec(word);
    if (tag) {
      found.TagKey = tag[1];
      found.TagValue = tag[2];
    } else if (/^owner:./.test(word)) found.Owner = word.slice(6);
    else if (!/^(owner|tag):/.test(word)) words.push(word);
  }
  return words.length > 0 ? { NameContains: words.join(" "), ...found } : found;
}

export const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9_.])*$/;

export const nameProblem = (name: string): string | undefined =>
  !name ? "Give it a name." : name.length > 100 || !NAME.test(name) ? "Letters, digits, hyphens, dots and underscores, at most 100; a letter or a digit first, no hyphen last." : undefined;

/** How far a distribution moved, in a word; by the usual bounds of PSI. */
export const moved = (psi: number | undefined): string => (psi === undefined ? "" : psi < 0.1 ? "much the same" : psi < 0.25 ? "moved" : "moved far");

/** What is drawn of a column: shares between 0 and 1, each with what it stands for. */
export function bars(column: Column): { share: number; told: string }[] {
  if (column.Histogram && column.Minimum !== undefined && column.Maximum !== undefined) {
    const most = Math.max(...column.Histogram, 1);
    const width = (column.Maximum - column.Minimum) / column.Histogram.length;
    const from = column.Minimum;
    return column.Histogram.map((count, n) => ({ share: count / most, told: `${short(from + n * width)} to ${short(from + (n + 1) * width)}: ${count}` }));
  }
  const top = column.TopValues.slice(0, 12);
  const most = Math.max(...top.map((one) => one.Count), 1);
  return top.map((one) => ({ share: one.Count / most, told: `${one.Value}: ${one.Count}` }));
}

const short = (value: number) => Number(value.toPrecision(4)).toString();

const READ: Record<string, string> = { csv: "read_csv", jsonl: "read_json", parquet: "read_parquet" };

/** The code that uses a version, ready to be pasted. file: one of its objects. */
export function snippets(version: Version, file: string | undefined): { id: string; label: string; text: string }[] {
  const uri = version.S3Uri ?? "";
  const read = READ[version.Format ?? ""];
  const named = `DataSetName="${version.DataSetName}"`;
  return [
    ...(read && file
      ? [{ id: "pandas", label: "pandas", text: `import pandas as pd\n\nframe = pd.${read}("${uri}${file}"${read === "read_json" ? ", lines=True" : ""})` }]
      : []),
    { id: "sdk", label: "SageMaker SDK", text: `from sagemaker.inputs import TrainingInput\n\nestimator.fit({"train": TrainingInput("${uri}")})` },
    {
      id: "boto3",
      label: "boto3",
      text: `channel = {\n    "ChannelName": "train",\n    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "${uri}"}},\n}\n\n# The newest version, by the studio's own service\nstudio.describe_data_set_version(${named})["S3Uri"]`,
    },
    { id: "cli", label: "AWS CLI", text: `aws s3 sync ${uri} ${version.DataSetName}/` },
  ];
}
