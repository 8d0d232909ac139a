// Update an endpoint: its variants under a new configuration, and how the traffic moves over to them.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import Toggle from "@cloudscape-design/components/toggle";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import type { EndpointConfig, ModelSummary } from "../../api/types";
import { pythonOf } from "../../shared/code";
import { useStudio } from "../../shared/context";
import { Dialog } from "../../shared/dialog";
import { Code } from "../../shared/parts";
import { freeNow, typeOptions, useMachine, useTypes } from "../../shared/prices";
import { useAlarms } from "../alarm/query";
import { Text } from "../deploy/fields";
import { configOf, deploymentOf, problemsOf, type UpdateDraft, updateDraft, type VariantDraft } from "./update-request";

const stamp = () => new Date().toISOString().replace(/[-:T]/g, "").slice(4, 14);

function VariantRow({ one, models, set, remove }: { one: VariantDraft; models: { value: string; label: string }[]; set: (part: Partial<VariantDraft>) => void; remove?: () => void }) {
  const types = useTypes();
  const options = typeOptions(types.data);
  return (
    <fieldset className="variant">
      <legend>{one.shadow ? "Shadow variant" : "Variant"}</legend>
      <Text label="Name" value={one.name} change={(name) => set({ name })} />
      <FormField label="Model">
        {one.place ? <Input value="Inference components" disabled /> : <Select
          filteringType="auto"
          options={models}
          selectedOption={one.model ? { value: one.model, label: one.model } : null}
          placeholder="Choose a model"
          onChange={({ detail }) => set({ model: detail.selectedOption.value ?? "" })}
        />}
      </FormField>
      {one.serverless ? (
        <FormField label="Compute">
          <Input value={`Serverless, ${one.serverless.MemorySizeInMB / 1024} GB`} disabled />
        </FormField>
      ) : (
        <FormField label="Instance type">
          <Select filteringType="auto" options={options} selectedOption={options.find((type) => type.value === one.type) ?? { value: one.type, label: one.type }} onChange={({ detail }) => set({ type: detail.selectedOption.value ?? one.type })} />
        </FormField>
      )}
      {!one.serverless && <Text label="Instances" number value={one.count} change={(count) => set({ count })} />}
      <Text label="Weight" number value={one.weight} change={(weight) => set({ weight })} />
      <div className="variant-end">
        <Toggle checked={one.shadow} disabled={Boolean(one.serverless) || one.place} onChange={({ detail }) => set({ shadow: detail.checked })}>
          Shadow
        </Toggle>
        {remove && <Button variant="inline-link" ariaLabel={`Remove ${one.name}`} onClick={remove}>Remove</Button>}
      </div>
    </fieldset>
  );
}

const SHIFTS = [
  { value: "ALL_AT_ONCE", label: "All at once", description: "When the new version answers, it gets everything." },
  { value: "CANARY", label: "Canary", description: "A small part first, the rest if all is well." },
  { value: "LINEAR", label: "Linear", description: "Step by step, of equal size." },
  { value: "ROLLING", label: "Rolling", description: "Some instances at a time: started, watched, then as many old ones stopped." },
];

export function UpdateDialog({ name, config, close }: { name: string; config: EndpointConfig; close: () => void }) {
  const { can, notify } = useStudio();
  const client = useQueryClient();
  const [draft, setDraft] = useState<UpdateDraft>(() => updateDraft(config, `${name.slice(0, 50)}-${stamp()}`));
  const set = (part: Partial<UpdateDraft>) => setDraft((old) => ({ ...old, ...part }));
  const machine = useMachine();
  const models = useQuery({ queryKey: ["list", "Model", "all"], queryFn: () => sagemaker<{ Models: ModelSummary[] }>("ListModels", { MaxResults: 100 }) });
  const alarms = useAlarms(can("cloudwatch:DescribeAlarms"));
  const problems = problemsOf(draft);
  const modelOptions = (models.data?.Models ?? []).map((one) => ({ value: one.ModelName, label: one.ModelName }));
  const calls = [
    { operation: "CreateEndpointConfig", input: configOf(draft, config) },
    { operation: "UpdateEndpoint", input: { EndpointName: name, EndpointConfigName: draft.configName, DeploymentConfig: deploymentOf(draft) } },
  ];
  const apply = async () => {
    try {
      for (const call of calls) await sagemaker(call.operation, call.input);
    } catch (error) {
      // The configuration may exist by now; another try takes another name.
      set({ configName: `${name.slice(0, 50)}-${stamp()}` });
      throw error;
    }
    notify({ id: name, type: "success", content: `${name} is being updated.`, dismissible: true });
    await client.invalidateQueries({ queryKey: ["Endpoint", name] });
  };
  const change = (index: number, part: Partial<VariantDraft>) => set({ variants: draft.variants.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  const add = () => set({ variants: [...draft.variants, { name: `variant-${draft.variants.length + 1}`, model: draft.variants[0]?.model ?? "", type: draft.variants[0]?.type ?? "ml.m5.large", count: "1", weight: "1", shadow: false, place: draft.variants[0]?.place }] });
  return (
    <Dialog size="max" title={`Update ${name}`} verb="Update" close={close} act={apply} disabled={problems.length > 0} disabledReason={problems[0]} refusal="Not updated">
      <SpaceBetween size="s">
        {draft.variants.map((one, index) => (
          <VariantRow
            key={index}
            one={one}
            models={modelOptions}
            set={(part) => change(index, part)}
            remove={draft.variants.length > 1 ? () => set({ variants: draft.variants.filter((_, at) => at !== index) }) : undefined}
          />
        ))}
        <SpaceBetween direction="horizontal" size="s" alignItems="center">
          <Button iconName="add-plus" disabled={draft.variants.some((one) => one.serverless)} disabledReason="A serverless endpoint has exactly one variant." onClick={add}>
            Add variant
          </Button>
          <Box color="text-body-secondary">{freeNow(machine.data)}. {draft.shift === "ROLLING" ? "Beside what runs now, one batch needs room." : "The old version goes on until the new one answers, so both need room."}</Box>
        </SpaceBetween>
        {problems.map((one) => (
          <Box key={one} color="text-status-error">
            {one}
          </Box>
        ))}
      </SpaceBetween>
      <Tiles ariaLabel="How the traffic moves over" columns={4} value={draft.shift} items={SHIFTS} onChange={({ detail }) => set({ shift: detail.value as UpdateDraft["shift"] })} />
      <ColumnLayout columns={3}>
        {draft.shift !== "ALL_AT_ONCE" && <Text label={{ CANARY: "First part (%)", LINEAR: "Each step (%)", ROLLING: "Each batch (%)" }[draft.shift]} number value={draft.percent} change={(percent) => set({ percent })} />}
        {draft.shift !== "ALL_AT_ONCE" && <Text label="Watched for (seconds)" number value={draft.wait} change={(wait) => set({ wait })} />}
        {draft.shift !== "ROLLING" && <Text label="Old version kept for (seconds)" number value={draft.bake} change={(bake) => set({ bake })} />}
        {can("cloudwatch:DescribeAlarms") && (
          <FormField label="Back at an alarm" description="If one of them goes off, the old version takes over again.">
            <Multiselect
              options={(alarms.data ?? []).map((one) => ({ value: one.AlarmName, label: one.AlarmName }))}
              selectedOptions={draft.alarms.map((one) => ({ value: one, label: one }))}
              placeholder={alarms.data?.length ? "Choose alarms" : "No alarms yet"}
              onChange={({ detail }) => set({ alarms: detail.selectedOptions.map((one) => one.value ?? "") })}
            />
          </FormField>
        )}
      </ColumnLayout>
      <ExpandableSection headerText="The same in Python">
        <Code text={pythonOf(calls)} />
      </ExpandableSection>
    </Dialog>
  );
}
