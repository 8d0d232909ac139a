import { useQuery } from "@tanstack/react-query";

import { studio } from "../../api/client";
import type { Budget, Price, Quota, Usage } from "./types";

export interface Asked {
  start: number;
  end: number;
  everywhere: boolean;
}

/** As GetUsage and ExportUsage take it. Whole days, so that a refetch is the same question. */
export const inputOf = ({ start, end, everywhere }: Asked, by: string[], tag?: string) => ({
  Start: Math.floor(start / 86_400) * 86_400,
  End: Math.floor(end / 86_400) * 86_400,
  GroupBy: by,
  ...(tag ? { TagKey: tag } : {}),
  ...(everywhere ? { AllProjects: true } : {}),
});

export const useUsage = (asked: Asked, by: string[], tag?: string) => {
  const input = inputOf(asked, by, tag);
  return useQuery({
    queryKey: ["usage", input],
    enabled: !by.includes("Tag") || Boolean(tag),
    queryFn: () => studio<Usage>("GetUsage", input),
    placeholderData: (old) => old,
    refetchInterval: 30_000,
  });
};

export const useBudgets = () =>
  useQuery({ queryKey: ["budgets"], queryFn: () => studio<{ Budgets: Budget[]; Currency: string }>("ListBudgets"), refetchInterval: 15_000 });

export const useQuotas = (everywhere: boolean) =>
  useQuery({
    queryKey: ["quotas", everywhere],
    queryFn: () => studio<{ Quotas: Quota[] }>("ListQuotas", everywhere ? { AllProjects: true } : {}),
    select: (answer) => answer.Quotas,
    refetchInterval: 15_000,
  });

export const usePriceTable = () => useQuery({ queryKey: ["prices"], queryFn: () => studio<{ Prices: Price[]; Currency: string }>("GetPrices") });
