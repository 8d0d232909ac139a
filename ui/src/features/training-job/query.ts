import { useQuery } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import type { Job } from "../../api/types";
import { ended } from "../../shared/actions";
import { money } from "../../shared/format";
import { usePrice } from "../../shared/prices";

export const useJob = (name: string) =>
  useQuery({
    queryKey: ["TrainingJob", name],
    queryFn: () => sagemaker<Job>("DescribeTrainingJob", { TrainingJobName: name }),
    refetchInterval: (query) => (query.state.data && ended(query.state.data.TrainingJobStatus) ? false : 5000),
  });

export function useCost(job: Job | undefined): string {
  const price = usePrice(job?.ResourceConfig.InstanceType);
  if (!job?.TrainingStartTime || price === undefined) return "–";
  const seconds = job.BillableTimeInSeconds ?? Date.now() / 1000 - job.TrainingStartTime;
  return `${money((price * (job.ResourceConfig.InstanceCount ?? 1) * seconds) / 3600)} at AWS's list price`;
}
