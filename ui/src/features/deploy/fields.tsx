// The fields of the four ways a model can be called.
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import Toggle from "@cloudscape-design/components/toggle";

import { freeNow, typeOptions, useMachine, useTypes } from "../../shared/prices";
import { type BatchDraft, type Draft, MEMORY, type Problems } from "./request";

export interface FieldsProps<T> {
  draft: T;
  set: (part: Partial<T>) => void;
  problems: Problems;
}
interface TextProps {
  label: string;
  value: string;
  change: (value: string) => void;
  error?: string;
  description?: string;
  number?: boolean;
  placeholder?: string;
}

export const Text = ({ label, value, change, error, description, number, placeholder }: TextProps) => (
  <FormField label={label} description={description} errorText={error}>
    <Input value={value} type={number ? "number" : "text"} placeholder={placeholder} onChange={({ detail }) => change(detail.value)} />
  </FormField>
);

interface ChoiceProps {
  label: string;
  value: string;
  options: (string | { value: string; label: string; description?: string })[];
  change: (value: string) => void;
  description?: string;
  error?: string;
}

export function Choice({ label, value, options, change, description, error }: ChoiceProps) {
  const all = options.map((one) => (typeof one === "string" ? { value: one, label: one } : one));
  return (
    <FormField label={label} description={description} errorText={error}>
      <Select
        options={all}
        filteringType={all.length > 12 ? "auto" : "none"}
        selectedOption={all.find((one) => one.value === value) ?? { value, label: value }}
        onChange={({ detail }) => change(detail.selectedOption.value ?? value)}
      />
    </FormField>
  );
}

export function Compute({ draft, set, problems }: FieldsProps<{ type: string; count: string }>) {
  const types = useTypes();
  const machine = useMachine();
  const chosen = types.data?.find((one) => one.InstanceType === draft.type);
  const free = machine.data ? machine.data.Total.Memory - machine.data.Granted.Memory : undefined;
  const waits = chosen && free !== undefined && chosen.Memory > free;
  return (
    <ColumnLayout columns={2}>
      <Choice label="Instance type" description={freeNow(machine.data)} value={draft.type} options={typeOptions(types.data)} change={(type) => set({ type })} />
      <Text label="Instances" description={waits ? "It waits until there is room for it." : "How many run at once."} number value={draft.count} error={problems.count} change={(count) => set({ count })} />
    </ColumnLayout>
  );
}

export const ServerlessFields = ({ draft, set, problems }: FieldsProps<Draft>) => (
  <ColumnLayout columns={3}>
    <Choice
      label="Memory"
      description="Of each copy."
      value={draft.memory}
      options={MEMORY.map((one) => ({ value: one, label: `${Number(one) / 1024} GB` }))}
      change={(memory) => set({ memory })}
    />
    <Text label="Most requests at once" description="More are turned away." number value={draft.concurrency} error={problems.concurrency} change={(concurrency) => set({ concurrency })} />
    <Text label="Kept ready" description="For as many, nothing has to wake." number value={draft.provisioned} error={problems.provisioned} change={(provisioned) => set({ provisioned })} />
  </ColumnLayout>
);

export const AsyncFields = ({ draft, set, problems }: FieldsProps<Draft>) => (
  <ColumnLayout columns={2}>
    <Text label="Answers go to" value={draft.output} error={problems.output} change={(output) => set({ output })} />
    <Text label="Requests at once per instance" number value={draft.perInstance} error={problems.perInstance} change={(perInstance) => set({ perInstance })} />
    <Text label="Tell of success" description="A topic's ARN or a webhook's address." placeholder="https://…" value={draft.success} error={problems.success} change={(success) => set({ success })} />
    <Text label="Tell of failure" description="A topic's ARN or a webhook's address." placeholder="https://…" value={draft.failure} error={problems.failure} change={(failure) => set({ failure })} />
  </ColumnLayout>
);

export const CaptureFields = ({ draft, set, problems }: FieldsProps<Draft>) => (
  <>
    <Toggle
      checked={draft.capture}
      onChange={({ detail }) => set({ capture: detail.checked })}
      description="Stores requests and answers in a bucket: to look at them, to monitor drift, to train again."
    >
      Capture data
    </Toggle>
    {draft.capture && (
      <ColumnLayout columns={2}>
        <Text label="Captured to" value={draft.captureTo} error={problems.captureTo} change={(captureTo) => set({ captureTo })} />
        <Text label="Of 100 requests" number value={draft.sampling} error={problems.sampling} change={(sampling) => set({ sampling })} />
      </ColumnLayout>
    )}
  </>
);

export const BatchFields = ({ draft, set, problems }: FieldsProps<BatchDraft>) => (
  <ColumnLayout columns={2}>
    <Text label="Input" description="A file, or a folder of them." placeholder="s3://bucket/data/rows.csv" value={draft.input} error={problems.input} change={(input) => set({ input })} />
    <Text label="Output" description="Each file's answers, with .out after its name." value={draft.output} error={problems.output} change={(output) => set({ output })} />
    <Choice label="Content type" value={draft.contentType} options={["text/csv", "application/json", "application/jsonlines", "application/x-parquet"]} change={(contentType) => set({ contentType })} />
    <Choice label="Accept" value={draft.accept} options={["text/csv", "application/json", "application/jsonlines"]} change={(accept) => set({ accept })} />
  </ColumnLayout>
);

export const BatchMore = ({ draft, set, problems }: FieldsProps<BatchDraft>) => (
  <ColumnLayout columns={2}>
    <Choice label="Split" description="Into records." value={draft.split} options={["None", "Line", "RecordIO", "TFRecord"]} error={problems.split} change={(split) => set({ split })} />
    <Choice label="Strategy" description="Records in one request." value={draft.strategy} options={["MultiRecord", "SingleRecord"]} change={(strategy) => set({ strategy })} />
    <Choice label="Assemble with" description="Between answers." value={draft.assemble} options={["None", "Line"]} change={(assemble) => set({ assemble })} />
    <Choice label="Compression" description="Of the input." value={draft.compression} options={["None", "Gzip"]} change={(compression) => set({ compression })} />
    <Text label="Largest request (MB)" number value={draft.payload} error={problems.payload} change={(payload) => set({ payload })} />
    <Text label="Requests at once per instance" number value={draft.parallel} error={problems.parallel} change={(parallel) => set({ parallel })} />
    <Text label="Input filter" description="What of a record the model sees." placeholder="$[1:]" value={draft.inputFilter} error={problems.inputFilter} change={(inputFilter) => set({ inputFilter })} />
    <Text label="Output filter" description="What of the result is kept." placeholder="$[0,-1]" value={draft.outputFilter} error={problems.outputFilter} change={(outputFilter) => set({ outputFilter })} />
    <Toggle checked={draft.join} onChange={({ detail }) => set({ join: detail.checked })} description="Each answer beside the record it is of.">
      Join with the input
    </Toggle>
  </ColumnLayout>
);
