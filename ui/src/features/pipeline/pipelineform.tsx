// What a pipeline as a whole says: its description, its parameters, and how many steps may run at once.
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { renameParameter } from "./edit";
import { wrong } from "./start";
import type { Definition, Parameter } from "./types";

const TYPES = ["String", "Integer", "Float", "Boolean"] as const;

/** The text of a value of that type; undefined where it is none. */
export function valueOf(type: Parameter["Type"], text: string): unknown {
  if (type === "String") return text;
  if (type === "Boolean") return text === "true" ? true : text === "false" ? false : undefined;
  return wrong({ Name: "", Type: type }, text) ? undefined : Number(text);
}

const textOf = (value: unknown) => (value === undefined ? "" : String(value as string | number | boolean));

function One({ parameter, taken, set, rename, remove }: { parameter: Parameter; taken: (name: string) => boolean; set: (next: Parameter) => void; rename: (to: string) => void; remove: () => void }) {
  const { Name, Type, DefaultValue, EnumValues } = parameter;
  const [called, setCalled] = useState(Name);
  // Only while one types: what stands in the definition may change meanwhile, by undo.
  const [typing, setText] = useState<string>();
  const [listing, setWords] = useState<string>();
  const text = typing ?? textOf(DefaultValue);
  const words = listing ?? (EnumValues ?? []).map(textOf).join(", ");
  const badName = called !== Name && taken(called) ? "Another parameter has this name." : /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(called) ? undefined : "Letters, digits, hyphens and underscores.";
  const bare = Object.fromEntries(Object.entries(parameter).filter(([key]) => key !== "DefaultValue" && key !== "EnumValues")) as unknown as Parameter;
  const make = (type: Parameter["Type"], given: string, list: string) => {
    const value = given === "" ? undefined : valueOf(type, given);
    const several = list.split(",").map((one) => one.trim()).filter(Boolean).map((one) => valueOf(type, one));
    const good = several.length > 0 && !several.includes(undefined);
    set({ ...bare, Type: type, ...(value === undefined ? {} : { DefaultValue: value }), ...(good ? { EnumValues: several } : {}) });
  };
  const value = valueOf(Type, text);
  const badText = text === "" ? undefined : value === undefined ? (Type === "Boolean" ? "true or false." : wrong(parameter, text)) : EnumValues && !EnumValues.includes(value) ? "None of the values that are allowed." : undefined;
  const badWords = words.split(",").some((one) => one.trim() !== "" && valueOf(Type, one.trim()) === undefined) ? `Each must be a value of type ${Type}.` : undefined;
  return (
    <div role="group" aria-label={`Parameter ${Name}`}>
      <SpaceBetween size="xs">
        <FormField label="Name" errorText={badName}>
          <div className="with-button">
            <Input value={called} onChange={({ detail }) => setCalled(detail.value)} onBlur={() => !badName && called !== Name && rename(called)} />
            <Button iconName="remove" ariaLabel={`Remove parameter ${Name}`} onClick={remove} />
          </div>
        </FormField>
        <FormField label="Type">
          <Select expandToViewport options={TYPES.map((one) => ({ value: one, label: one }))} selectedOption={{ value: Type, label: Type }} onChange={({ detail }) => make(detail.selectedOption.value as Parameter["Type"], text, words)} />
        </FormField>
        <FormField label="Default" description="Without one, a value must be given at each start." errorText={badText}>
          <Input
            value={text}
            onBlur={() => !badText && setText(undefined)}
            onChange={({ detail }) => {
              setText(detail.value);
              make(Type, detail.value, words);
            }}
          />
        </FormField>
        {Type !== "Boolean" && (
          <FormField label="Only these values" description="With commas between; none for any." errorText={badWords}>
            <Input
              value={words}
              onBlur={() => !badWords && setWords(undefined)}
              onChange={({ detail }) => {
                setWords(detail.value);
                make(Type, text, detail.value);
              }}
            />
          </FormField>
        )}
      </SpaceBetween>
    </div>
  );
}

interface Props {
  definition: Definition;
  edit: (next: Definition, key?: string) => void;
  description: string;
  describe: (text: string) => void;
  parallel: string;
  setParallel: (text: string) => void;
}

export const wrongParallel = (text: string) => (text === "" || (/^\d+$/.test(text) && Number(text) >= 1) ? undefined : "A whole number from 1 on, or nothing.");

export function PipelineForm({ definition, edit, description, describe, parallel, setParallel }: Props) {
  const parameters = definition.Parameters ?? [];
  const names = new Set(parameters.map((one) => one.Name));
  const put = (next: Parameter[], key?: string) => edit({ ...definition, Parameters: next }, key);
  const free = () => {
    for (let n = 1; ; n++) if (!names.has(`Parameter${n}`)) return `Parameter${n}`;
  };
  return (
    <SpaceBetween size="m">
      <p className="quiet">Add steps, connect them by their handles, and choose one to fill it in. Right-click for more.</p>
      <FormField label="Description">
        <Input value={description} onChange={({ detail }) => describe(detail.value)} />
      </FormField>
      <FormField label="Steps at once" description="At most so many run side by side; 50 where nothing is said." errorText={wrongParallel(parallel)}>
        <Input value={parallel} inputMode="numeric" onChange={({ detail }) => setParallel(detail.value)} />
      </FormField>
      <SpaceBetween size="xs">
        <strong>Parameters</strong>
        {parameters.map((one, at) => (
          <ExpandableSection key={`${parameters.length}.${at}`} headerText={one.Name} headerDescription={`${one.Type}, ${one.DefaultValue === undefined ? "must be given" : textOf(one.DefaultValue)}`} defaultExpanded={/^Parameter\d+$/.test(one.Name)}>
            <One
              parameter={one}
              taken={(name) => names.has(name)}
              set={(next) => put(parameters.map((each, n) => (n === at ? next : each)), `parameter ${at}`)}
              rename={(to) => edit(renameParameter(definition, one.Name, to))}
              remove={() => put(parameters.filter((_, n) => n !== at))}
            />
          </ExpandableSection>
        ))}
        <Button iconName="add-plus" onClick={() => put([...parameters, { Name: free(), Type: "String" }])}>
          Add a parameter
        </Button>
      </SpaceBetween>
    </SpaceBetween>
  );
}
