// Values for a pipeline's parameters where something else starts it: typed, left to their defaults, or taken from what is known then.
import Autosuggest from "@cloudscape-design/components/autosuggest";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import { Failure } from "../../shared/parts";
import type { Given } from "./given";
import { useDefinition, usePipeline } from "./query";
import { wrong } from "./start";
import type { Parameter } from "./types";

export interface Source {
  /** What stands for it in the value: "$.detail.object.key". */
  value: string;
  label: string;
}

export const usePipelineNames = () =>
  useQuery({
    queryKey: ["list", "Pipeline", "names"],
    queryFn: () => sagemaker<{ PipelineSummaries: { PipelineName: string }[] }>("ListPipelines", { MaxResults: 100, SortBy: "Name", SortOrder: "Ascending" }),
    select: (answer) => answer.PipelineSummaries.map((one) => one.PipelineName),
  });

export function PipelineChoice({ value, set, error }: { value: string; set: (name: string) => void; error?: string }) {
  const names = usePipelineNames();
  return (
    <FormField label="Pipeline" errorText={error ?? (names.isError ? "The pipelines could not be loaded." : undefined)}>
      <Select
        filteringType="auto"
        placeholder="Choose a pipeline"
        empty="No pipelines yet: draw one first."
        statusType={names.isPending ? "loading" : "finished"}
        options={(names.data ?? []).map((one) => ({ value: one, label: one }))}
        selectedOption={value ? { value, label: value } : null}
        onChange={({ detail }) => set(detail.selectedOption.value ?? "")}
      />
    </FormField>
  );
}

/** What is wrong with a value; what is only known later can't be checked now. */
export function wrongGiven(parameter: Parameter, text: string, later: (text: string) => boolean): string | undefined {
  if (text === "") return parameter.DefaultValue === undefined ? "Give a value: the parameter has no default." : undefined;
  return later(text) ? undefined : wrong(parameter, text);
}

interface Props {
  pipeline: string;
  given: Given;
  set: (given: Given) => void;
  sources: Source[];
  later: (text: string) => boolean;
  /** Whether what is missing is said, too. */
  tried: boolean;
}

export function ParameterFields({ pipeline, given, set, sources, later, tried }: Props) {
  const query = usePipeline(pipeline);
  const definition = useDefinition(query.data?.PipelineDefinition);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!definition) return <p className="quiet">Loading the parameters…</p>;
  const parameters = definition.Parameters ?? [];
  if (parameters.length === 0) return <Box color="text-body-secondary">This pipeline has no parameters.</Box>;
  return (
    <SpaceBetween size="s">
      {parameters.map((one) => {
        const text = given[one.Name] ?? "";
        const why = wrongGiven(one, text, later);
        return (
          <FormField key={one.Name} label={one.Name} constraintText={one.Type === "String" ? undefined : one.Type} errorText={tried || text !== "" ? why : undefined}>
            <Autosuggest
              ariaLabel={one.Name}
              clearAriaLabel={`Clear ${one.Name}`}
              value={text}
              placeholder={one.DefaultValue === undefined ? "A value, or choose one from the list" : `Default: ${String(one.DefaultValue as string | number | boolean)}`}
              enteredTextLabel={(typed) => `Use “${typed}”`}
              filteringType="manual"
              options={(one.EnumValues ?? []).map((each) => ({ value: String(each as string) })).concat(sources.map((each) => ({ value: each.value, label: each.value, description: each.label })) as { value: string }[])}
              onChange={({ detail }) => set({ ...given, [one.Name]: detail.value })}
            />
          </FormField>
        );
      })}
    </SpaceBetween>
  );
}
