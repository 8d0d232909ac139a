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
  return `${used}, ${amount(query.data.Cost, query.data.Currency)}`;
}
