// What the pipelines' pages ask for.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { sagemaker } from "../../api/client";
import { type Definition, type Execution, type ExecutionSummary, type Pipeline, running, type StepRecord } from "./types";

export const usePipeline = (name: string) =>
  useQuery({ queryKey: ["Pipeline", name], queryFn: () => sagemaker<Pipeline>("DescribePipeline", { PipelineName: name }) });

export const useDefinition = (text: string | undefined) => useMemo(() => (text ? (JSON.parse(text) as Definition) : undefined), [text]);

/** A page of them, the newest first; `token` is what the page before said. */
export const useExecutions = (name: string, token: string | undefined) =>
  useQuery({
    queryKey: ["executions", name, token],
    queryFn: () => sagemaker<{ PipelineExecutionSummaries: ExecutionSummary[]; NextToken?: string }>("ListPipelineExecutions", { PipelineName: name, MaxResults: 50, NextToken: token }),
    placeholderData: keepPreviousData,
  });

/** Every step that has begun, by name. */
async function steps(arn: string): Promise<Record<string, StepRecord>> {
  const found: Record<string, StepRecord> = {};
  let token: string | undefined;
  do {
    const page = await sagemaker<{ PipelineExecutionSteps: StepRecord[]; NextToken?: string }>("ListPipelineExecutionSteps", {
      PipelineExecutionArn: arn,
      MaxResults: 100,
      SortOrder: "Ascending",
      NextToken: token,
    });
    for (const one of page.PipelineExecutionSteps) found[one.StepName] = one;
    token = page.NextToken;
  } while (token);
  return found;
}

/** What an execution was started with; it stays as it is. */
const useGiven = (arn: string | undefined) =>
  useQuery({
    queryKey: ["given", arn],
    enabled: Boolean(arn),
    staleTime: Infinity,
    queryFn: async () => {
      const [definition, given] = await Promise.all([
        sagemaker<{ PipelineDefinition: string }>("DescribePipelineDefinitionForExecution", { PipelineExecutionArn: arn }),
        sagemaker<{ PipelineParameters: { Name: string; Value: string }[] }>("ListPipelineParametersForExecution", { PipelineExecutionArn: arn, MaxResults: 50 }),
      ]);
      return { definition: definition.PipelineDefinition, parameters: given.PipelineParameters };
    },
  });

/** How it stands, with what it was started with. */
export function useExecution(arn: string | undefined) {
  const given = useGiven(arn);
  const stands = useQuery({
    queryKey: ["executions", "one", arn],
    enabled: Boolean(arn),
    queryFn: async () => {
      const [about, records] = await Promise.all([sagemaker<Execution>("DescribePipelineExecution", { PipelineExecutionArn: arn }), steps(arn!)]);
      return { about, records };
    },
    refetchInterval: (query) => (query.state.data && !running(query.state.data.about.PipelineExecutionStatus) ? false : 3000),
  });
  const data = useMemo(() => (given.data && stands.data ? { ...given.data, ...stands.data } : undefined), [given.data, stands.data]);
  const refetch = () => Promise.all([given.refetch(), stands.refetch()]);
  return { data, error: given.error ?? stands.error, refetch };
}
