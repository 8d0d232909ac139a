// What a function is besides its code: handler, memory, timeout, environment variables.
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { type Settings, settingProblems } from "./calls";

export function SettingFields({ value, set }: { value: Settings; set: (part: Partial<Settings>) => void }) {
  const problems = settingProblems(value);
  const change = (at: number, part: Partial<Settings["variables"][number]>) => set({ variables: value.variables.map((one, n) => (n === at ? { ...one, ...part } : one)) });
  return (
    <SpaceBetween size="m">
      <ColumnLayout columns={3}>
        <FormField label="Handler" description="File and function: main.handler" errorText={problems.handler}>
          <Input value={value.handler} spellcheck={false} onChange={({ detail }) => set({ handler: detail.value })} />
        </FormField>
        <FormField label="Memory (MB)" description="With it come cores, as on AWS" errorText={problems.memory}>
          <Input inputMode="numeric" value={value.memory} onChange={({ detail }) => set({ memory: detail.value })} />
        </FormField>
        <FormField label="Timeout (seconds)" description="After it the call is ended" errorText={problems.timeout}>
          <Input inputMode="numeric" value={value.timeout} onChange={({ detail }) => set({ timeout: detail.value })} />
        </FormField>
      </ColumnLayout>
      <FormField label="Description">
        <Input value={value.description} onChange={({ detail }) => set({ description: detail.value })} />
      </FormField>
      <FormField label="Environment variables" errorText={problems.variables}>
        <AttributeEditor
          items={value.variables}
          addButtonText="Add a variable"
          removeButtonText="Remove"
          removeButtonAriaLabel={(one) => `Remove ${one.key}`}
          empty="None."
          onAddButtonClick={() => set({ variables: [...value.variables, { key: "", value: "" }] })}
          onRemoveButtonClick={({ detail }) => set({ variables: value.variables.filter((_, n) => n !== detail.itemIndex) })}
          definition={[
            { label: "Name", control: (one, at) => <Input ariaLabel="Name of the variable" value={one.key} onChange={({ detail }) => change(at, { key: detail.value })} /> },
            { label: "Value", control: (one, at) => <Input ariaLabel="Value of the variable" value={one.value} onChange={({ detail }) => change(at, { value: detail.value })} /> },
          ]}
        />
      </FormField>
    </SpaceBetween>
  );
}
