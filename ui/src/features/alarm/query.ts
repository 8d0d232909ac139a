import { useQuery } from "@tanstack/react-query";

import { cloudwatch } from "../../api/client";

export interface Alarm {
  AlarmName: string;
  AlarmArn?: string;
  AlarmDescription?: string;
  StateValue?: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  StateReason?: string;
  StateUpdatedTimestamp?: number;
  MetricName?: string;
  Namespace?: string;
  Statistic?: string;
  ExtendedStatistic?: string;
  Dimensions?: { Name: string; Value: string }[];
  Period?: number;
  EvaluationPeriods?: number;
  Threshold?: number;
  ComparisonOperator?: string;
}

export const useAlarms = (can: boolean) =>
  useQuery({
    queryKey: ["alarms"],
    enabled: can,
    queryFn: () => cloudwatch<{ MetricAlarms?: Alarm[] }>("DescribeAlarms", { MaxRecords: 100 }),
    select: (answer) => answer.MetricAlarms ?? [],
    refetchInterval: 10_000,
  });

export const SIGNS: Record<string, string> = { GreaterThanThreshold: ">", GreaterThanOrEqualToThreshold: "≥", LessThanThreshold: "<", LessThanOrEqualToThreshold: "≤" };

/** "ModelLatency > 500000, average of 60 s, 1 time" */
export const ruleOf = (alarm: Alarm): string =>
  `${alarm.MetricName ?? "an expression"} ${SIGNS[alarm.ComparisonOperator ?? ""] ?? alarm.ComparisonOperator ?? ""} ${alarm.Threshold ?? ""}, ${(alarm.Statistic ?? alarm.ExtendedStatistic ?? "").toLowerCase()} of ${alarm.Period ?? 60} s, ${alarm.EvaluationPeriods ?? 1} time${alarm.EvaluationPeriods === 1 ? "" : "s"}`;
