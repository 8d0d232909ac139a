// What one thing has used so far and what that cost, as metered: "12 min of ml.m5.large, $0.02".
import { useQuery } from "@tanstack/react-query";

import { studio } from "../api/client";
import { useStudio } from "./context";
import { amount, span } from "./format";

interface Answer {
  Rows: { Keys: { InstanceType: string }; Seconds: number; Cost: number }[];
  Cost: number;
  Currency: string;
}

export interface Used {
  Seconds: number;
  Cost: number;
  InstanceTypes: { InstanceType: string; Seconds: number; Cost: number }[];
}
interface Whole extends Used {
  Currency: string;
  /** Of a pipeline's execution: those that used anything. */
  Steps?: (Used & { StepName: string })[];
}

/** Of what a tuning job or an execution started. */
export function useUsed(arn: string | undefined, live: boolean) {
  const { can } = useStudio();
  const query = useQuery({
    queryKey: ["usage", "of", arn, live],
    enabled: Boolean(arn) && can("studio:GetResourceUsage"),
    queryFn: () => studio<Whole>("GetResourceUsage", { ResourceArn: arn }),
    // What was known last stands until the end's figure is there.
    placeholderData: (known, of) => (of?.queryKey[2] === arn ? known : undefined),
    refetchInterval: live ? 5_000 : false,
  });
  return query.data;
}

/** "40 s of ml.m5.large, $0.02"; `used` is undefined until it is known. */
export function used(one: Used | undefined, currency: string | undefined, live: boolean): string {
  if (!one || !currency) return "–";
  if (one.InstanceTypes.length === 0) return live ? "Nothing yet" : "Nothing";
  const times = one.InstanceTypes.map((type) => `${span(type.Seconds)} of ${type.InstanceType}`).join(", ");
  return `${times}, ${money(one.Cost, currency)}`;
}

/** What was used and is not worth a hundredth of a cent is yet not free. */
const money = (value: number, currency: string) => (value > 0 && value < 0.00005 ? `less than ${amount(0.0001, currency)}` : amount(value, currency));

export const monthStart = () => Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth()) / 1000;

/** `kind`: as usage names it; an app's name is its space's. `live`: whether it may still use something. */
export function Cost({ kind, name, since, live }: { kind: string; name: string; since: number; live: boolean }) {
  const { can } = useStudio();
  const query = useQuery({
    queryKey: ["usage", "of", kind, name, Math.floor(since)],
    enabled: can("studio:GetUsage"),
    queryFn: () => studio<Answer>("GetUsage", { Start: since, GroupBy: ["InstanceType"], Filter: { Kind: kind, Name: name } }),
    refetchInterval: live ? 15_000 : false,
  });
  if (!query.data) return "–";
  if (query.data.Rows.length === 0) return live ? "Nothing yet" : "–";
  const used = query.data.Rows.map((one) => `${span(one.Seconds)} of ${one.Keys.InstanceType}`).join(", ");
  return `${used}, ${money(query.data.Cost, query.data.Currency)}`;
}
