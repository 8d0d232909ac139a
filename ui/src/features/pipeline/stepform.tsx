// One step of a drawing, to be filled in: its name, what it waits for, its arguments, its cache and retries.
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { type Operations, shapesOf } from "./check";
import { all, branches, change, find, holder, put, reaches, rename } from "./edit";
import { Field } from "./form";
import { ways } from "./layout";
import { choices } from "./references";
import { READS, SCRIPTED } from "./script";
import { DataField, ScriptField } from "./scriptfield";
import { type Fault, OWN } from "./shapes";
import { kindOf } from "./steps";
import type { Definition, Step } from "./types";

const DURATION = /^P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/i;
export const NAME = /^[A-Za-z0-9](-*[A-Za-z0-9]){0,255}$/;

interface Props {
  definition: Definition;
  name: string;
  operations: Operations;
  wrong: Fault[];
  edit: (next: Definition, key?: string) => void;
  choose: (names: string[]) => void;
}

/** What the step may wait for: whatever does not wait for it, where it may be named from here. */
function earlier(definition: Definition, name: string): string[] {
  const there = ways(definition);
  const mine = holder(definition, name);
  return all(definition.Steps)
    .map((one) => one.Name)
    .filter((one) => {
      const loop = holder(definition, one);
      return one !== name && !reaches(there, name, one) && (loop?.step.Type !== "ForEach" || loop.step === mine?.step);
    });
}

function Cache({ step, set }: { step: Step; set: (value: Step["CacheConfig"]) => void }) {
  const held = step.CacheConfig;
  return (
    <SpaceBetween size="xs">
      <Checkbox checked={held?.Enabled ?? false} onChange={({ detail }) => set({ ExpireAfter: "P30D", ...held, Enabled: detail.checked })}>
        Do not run again what did not change
      </Checkbox>
      {held?.Enabled && (
        <FormField label="For how long" description="As P30D or PT12H." errorText={held.ExpireAfter === undefined || DURATION.test(held.ExpireAfter) ? undefined : "A duration such as P30D (30 days) or PT12H (12 hours)."}>
          <Input value={held.ExpireAfter ?? ""} onChange={({ detail }) => set({ ...held, ExpireAfter: detail.value })} />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function Json({ value, set }: { value: unknown; set: (value: Record<string, unknown>) => void }) {
  const [text, setText] = useState<string>();
  let wrong: string | undefined;
  try {
    if (text !== undefined && (JSON.parse(text) === null || typeof JSON.parse(text) !== "object" || Array.isArray(JSON.parse(text)))) wrong = "This is no object.";
  } catch {
    wrong = "This is no JSON yet.";
  }
  return (
    <FormField label="Arguments as JSON" errorText={wrong}>
      <Textarea
        rows={10}
        spellcheck={false}
        value={text ?? JSON.stringify(value, null, 2)}
        onChange={({ detail }) => setText(detail.value)}
        onBlur={() => {
          if (text === undefined || wrong) return;
          set(JSON.parse(text) as Record<string, unknown>);
          setText(undefined);
        }}
      />
    </FormField>
  );
}

export function StepForm({ definition, name, operations, wrong, edit, choose }: Props) {
  const step = find(definition, name)!;
  const kind = kindOf(step.Type);
  const about = shapesOf(step.Type, operations);
  const [called, setCalled] = useState(name);
  const held = branches(step);
  const own = Object.fromEntries(Object.entries(step.Arguments ?? {}).filter(([member]) => !held.includes(member)));
  const inside = Object.fromEntries(held.map((member) => [member, step.Arguments?.[member] ?? []]));
  const alter = (by: (one: Step) => Step, key?: string) => edit(change(definition, name, by), key);
  const arguments_ = (value: unknown) => alter((one) => ({ ...one, Arguments: { ...(value as object), ...inside } }), `form ${name}`);
  const member = (key: string, value: unknown) => alter((one) => put(one, [key], value) as Step, `${key} ${name}`);
  const taken = called !== name && find(definition, called) !== undefined;
  const badName = taken ? "Another step has this name." : NAME.test(called) ? undefined : "Letters, digits and hyphens, at most 256; no hyphen at the ends.";
  const from = choices(definition, name);
  const before = earlier(definition, name);
  const waits = step.DependsOn ?? [];
  return (
    <SpaceBetween size="s">
      {wrong.length > 0 && (
        <Alert type="warning" header={wrong.length === 1 ? "One thing is missing or wrong" : `${wrong.length} things are missing or wrong`}>
          <ul className="faults">
            {wrong.slice(0, 6).map((one) => (
              <li key={one.at + one.why}>{`${one.at}: ${one.why}`}</li>
            ))}
          </ul>
        </Alert>
      )}
      <FormField label="Name of the step" errorText={badName}>
        <Input
          value={called}
          onChange={({ detail }) => setCalled(detail.value)}
          onBlur={() => {
            if (badName || called === name) return;
            edit(rename(definition, name, called));
            choose([called]);
          }}
        />
      </FormField>
      <FormField label="Runs after" description="Besides the steps that it takes a value from.">
        <Multiselect
          placeholder="No other step"
          empty="No step may come before."
          expandToViewport
          options={before.map((one) => ({ value: one, label: one }))}
          selectedOptions={waits.map((one) => ({ value: one, label: one }))}
          onChange={({ detail }) => {
            const next = detail.selectedOptions.map((one) => one.value!);
            member("DependsOn", next.length > 0 ? next : undefined);
          }}
        />
      </FormField>
      {SCRIPTED.has(step.Type) && <ScriptField step={step} set={(next) => alter(() => next, `script ${name}`)} />}
      {READS.has(step.Type) && <DataField step={step} set={(next) => alter(() => next, `data ${name}`)} />}
      {about ? <Field shapes={about.shapes} shape={about.shape} label={step.Type} first={kind?.first} given={kind?.given} value={own} choices={from} set={arguments_} /> : kind ? <p className="quiet">Loading the form…</p> : <p className="quiet">{`Steps of type ${step.Type} are filled in as JSON.`}</p>}
      {kind?.cached && <Cache step={step} set={(value) => member("CacheConfig", value)} />}
      {kind && (
        <ExpandableSection headerText="More of the step" defaultExpanded={kind.foremost}>
          <Field shapes={OWN} shape={kind.more} label="More" value={step} choices={kind.foremost ? from : []} set={(value) => alter(() => value as Step, `more ${name}`)} />
        </ExpandableSection>
      )}
      <ExpandableSection headerText="As JSON">
        <Json value={own} set={arguments_} />
      </ExpandableSection>
    </SpaceBetween>
  );
}
