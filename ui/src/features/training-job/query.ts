import { useQuery } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import type { Job } from "../../api/types";
import { ended } from "../../shared/actions";

export const useJob = (name: string) =>
  useQuery({
    queryKey: ["TrainingJob", name],
    queryFn: () => sagemaker<Job>("DescribeTrainingJob", { TrainingJobName: name }),
    refetchInterval: (query) => (query.state.data && ended(query.state.data.TrainingJobStatus) ? false : 5000),
  });
