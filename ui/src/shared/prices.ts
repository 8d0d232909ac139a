// The instance types of this studio with its prices, asked for once.
import { useQuery } from "@tanstack/react-query";

import { studio } from "../api/client";
import type { InstanceType, Machine } from "../api/types";
import { bytes, hourly } from "./format";

export const useTypes = () =>
  useQuery({
    queryKey: ["instance-types"],
    queryFn: () => studio<{ InstanceTypes: InstanceType[] }>("ListInstanceTypes"),
    staleTime: Infinity,
    select: (answer) => answer.InstanceTypes,
  });

export const typeOptions = (types: InstanceType[] | undefined) =>
  (types ?? [])
    .filter((one) => !one.InstanceType.startsWith("ml.t3"))
    .map((one) => ({
      value: one.InstanceType,
      label: one.InstanceType,
      description: `${one.Cores} cores, ${bytes(one.Memory)} · ${hourly(one.PricePerHour, one.Currency)}/h`,
      tags: one.Fits ? [] : ["larger than this machine"],
    }));

export const useMachine = () => useQuery({ queryKey: ["machine"], queryFn: () => studio<Machine>("DescribeMachine") });

/** "Free now: 1 of 2 cores, 12 of 22 GiB" */
export const freeNow = (machine: Machine | undefined): string | undefined =>
  machine &&
  `Free now: ${Math.max(0, machine.Total.Cores - machine.Granted.Cores)} of ${machine.Total.Cores} cores, ${bytes(Math.max(0, machine.Total.Memory - machine.Granted.Memory))} of ${bytes(machine.Total.Memory)}`;
