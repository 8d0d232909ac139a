// Start an execution: a field for each parameter of the definition, checked as one types.
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { Dialog } from "../../shared/dialog";
import { type Definition, executionId, type Parameter } from "./types";

export function wrong(parameter: Parameter, text: string): string | undefined {
  if (text === "" && parameter.Type !== "String") return "Give a value.";
  if (parameter.Type === "Integer" && !/^[-+]?\d+$/.test(text)) return "A whole number.";
  if (parameter.Type === "Float" && Number.isNaN(Number(text))) return "A number.";
  return undefined;
}

interface Props {
  pipeline: string;
  definition: Definition;
  given?: { Name: string; Value: string }[];
  /** Only these steps, on what an earlier execution made. */
  only?: { source: string; steps: string[] };
  /** An earlier version than the newest. */
  version?: number;
  close: () => void;
}

export function StartDialog({ pipeline, definition, given, only, version, close }: Props) {
  const navigate = useNavigate();
  const parameters = definition.Parameters ?? [];
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(parameters.map((one) => [one.Name, given?.find((each) => each.Name === one.Name)?.Value ?? (one.DefaultValue === undefined ? "" : String(one.DefaultValue))])),
  );
  const [title, setTitle] = useState("");
  const bad = parameters.some((one) => wrong(one, values[one.Name] ?? "") !== undefined);
  const start = async () => {
    const answer = await sagemaker<{ PipelineExecutionArn: string }>("StartPipelineExecution", {
      PipelineName: pipeline,
      PipelineVersionId: version,
      PipelineExecutionDisplayName: title || undefined,
      PipelineParameters: parameters.map((one) => ({ Name: one.Name, Value: values[one.Name] ?? "" })),
      SelectiveExecutionConfig: only && { SourcePipelineExecutionArn: only.source, SelectedSteps: only.steps.map((StepName) => ({ StepName })) },
      ClientRequestToken: crypto.randomUUID(),
    });
    return () => navigate({ to: `/pipelines/${pipeline}/${executionId(answer.PipelineExecutionArn)}` });
  };
  const set = (name: string, value: string) => setValues((old) => ({ ...old, [name]: value }));
  return (
    <Dialog
      title={version === undefined ? `Start ${pipeline}` : `Start ${pipeline}, version ${version}`}
      verb="Start"
      close={close}
      act={start}
      disabled={bad}
      disabledReason="A parameter is not right yet."
    >
      {only && <Box>{`Runs ${only.steps.join(", ")}; all that comes before is taken from the earlier execution.`}</Box>}
      <FormField label="Name of the execution" description="If you wish to find it again by a word.">
        <Input value={title} onChange={({ detail }) => setTitle(detail.value)} />
      </FormField>
      {parameters.map((one) => {
        const options = (one.Type === "Boolean" ? [true, false] : (one.EnumValues ?? [])).map((each) => ({ value: String(each), label: String(each) }));
        return (
          <FormField key={one.Name} label={one.Name} description={one.Type} errorText={wrong(one, values[one.Name] ?? "")}>
            {options.length > 0 ? (
              <Select options={options} selectedOption={options.find((each) => each.value === values[one.Name]) ?? null} onChange={({ detail }) => set(one.Name, detail.selectedOption.value ?? "")} />
            ) : (
              <Input value={values[one.Name] ?? ""} onChange={({ detail }) => set(one.Name, detail.value)} />
            )}
          </FormField>
        );
      })}
      {parameters.length === 0 && <Box color="text-body-secondary">This pipeline has no parameters.</Box>}
    </Dialog>
  );
}
