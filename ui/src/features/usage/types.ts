// What the usage operations of the studio's service answer.
export interface UsageRow {
  Keys: Record<string, string>;
  Seconds: number;
  Cost: number;
}
export interface Usage {
  Rows: UsageRow[];
  Seconds: number;
  Cost: number;
  Currency: string;
}
export interface Budget {
  Name: string;
  Amount: number;
  User?: string;
  Thresholds: number[];
  TopicArn?: string;
  Webhook?: string;
  Action: "None" | "Refuse" | "Stop" | "StopAll";
  /** What it has stopped this month. */
  Stopped?: { Kind: string; Name: string; User?: string; Time: number }[];
  Spent: number;
  Month: string;
  Alerts: { Threshold: number; Time: number }[];
  Exceeded: boolean;
}
export interface Limits {
  Instances?: number;
  Cores?: number;
  StorageBytes?: number;
}
export interface Quota {
  Project: string;
  Limits: Limits;
  Used: Required<Limits> & { ObjectBytes: number; HomeBytes: number };
}
export interface Price {
  InstanceType: string;
  PricePerHour: number;
  ListPrice: number;
  Changed: boolean;
}
