// A form for the arguments of a step, made of the operation's own shape.
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { put } from "./edit";
import { type Choice, isReference, spoken } from "./references";
import { GIVEN } from "./steps";

export interface Shape {
  Type: string;
  Members?: { Name: string; Shape: string; Required?: boolean }[];
  Element?: string;
  Value?: string;
  Enum?: string[];
  Min?: number;
  Max?: number;
  Pattern?: string;
}
export type Shapes = Record<string, Shape>;
const NUMBERS = new Set(["integer", "long", "float", "double"]);

/** What is wrong with a plain value, in a sentence. */
export function fault(shape: Shape, value: unknown): string | undefined {
  if (value === undefined || isReference(value)) return undefined;
  if (NUMBERS.has(shape.Type)) {
    if (typeof value !== "number") return "A number, or a value chosen by {}.";
    if (shape.Min !== undefined && value < shape.Min) return `At least ${shape.Min}.`;
    if (shape.Max !== undefined && value > shape.Max) return `At most ${shape.Max}.`;
  }
  if (shape.Type === "string" && typeof value === "string" && shape.Max !== undefined && value.length > shape.Max) return `At most ${shape.Max} characters.`;
  return undefined;
}

interface Props {
  shapes: Shapes;
  shape: string;
  label: string;
  value: unknown;
  required?: boolean;
  first?: string[];
  choices: Choice[];
  set: (value: unknown) => void;
  depth?: number;
}

function Plain({ shape, value, set, label }: { shape: Shape; value: unknown; set: (value: unknown) => void; label: string }) {
  const options = (shape.Type === "boolean" ? ["true", "false"] : (shape.Enum ?? [])).map((one) => ({ value: one, label: one }));
  if (isReference(value)) return <Input readOnly value={spoken(value)} ariaLabel={label} />;
  if (options.length > 0)
    return (
      <Select
        ariaLabel={label}
        filteringType={options.length > 12 ? "auto" : "none"}
        options={options}
        selectedOption={value === undefined ? null : { value: String(value), label: String(value) }}
        onChange={({ detail }) => set(shape.Type === "boolean" ? detail.selectedOption.value === "true" : detail.selectedOption.value)}
      />
    );
  const typed = (text: string) => (text === "" ? undefined : NUMBERS.has(shape.Type) && text.trim() !== "" && !Number.isNaN(Number(text)) && !text.endsWith(".") ? Number(text) : text);
  return <Input ariaLabel={label} value={value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value as string | number)} onChange={({ detail }) => set(typed(detail.value))} />;
}

function Entries({ shapes, shape, value, set, choices, depth = 0 }: Props) {
  const about = shapes[shape]!;
  const [name, setName] = useState("");
  const held = (value ?? {}) as Record<string, unknown>;
  return (
    <SpaceBetween size="xs">
      {Object.entries(held).map(([key, one]) => (
        <Field key={key} shapes={shapes} shape={about.Value!} label={key} value={one} choices={choices} depth={depth + 1} set={(to) => set(put(held, [key], to))} />
      ))}
      <SpaceBetween direction="horizontal" size="xs">
        <Input ariaLabel="New name" placeholder="name" value={name} onChange={({ detail }) => setName(detail.value)} />
        <Button
          disabled={!name || name in held}
          onClick={() => {
            set({ ...held, [name]: "" });
            setName("");
          }}
        >
          Add
        </Button>
      </SpaceBetween>
    </SpaceBetween>
  );
}

export function Field(props: Props) {
  const { shapes, shape, label, value, set, choices, required, first, depth = 0 } = props;
  const about = shapes[shape];
  if (!about) return null;
  if (about.Type === "structure" && !isReference(value)) {
    const rank = (name: string) => ((first ?? []).includes(name) ? first!.indexOf(name) : 1000);
    const members = [...(about.Members ?? [])].filter((one) => !GIVEN.has(one.Name)).sort((one, other) => rank(one.Name) - rank(other.Name) || Number(other.Required ?? false) - Number(one.Required ?? false));
    const fields = (
      <SpaceBetween size="s">
        {members.map((one) => (
          <Field key={one.Name} shapes={shapes} shape={one.Shape} label={one.Name} required={one.Required} value={(value as Record<string, unknown> | undefined)?.[one.Name]} choices={choices} depth={depth + 1} set={(to) => set(put(value, [one.Name], to))} />
        ))}
      </SpaceBetween>
    );
    return depth === 0 ? fields : <Folded label={label} required={required} open={value !== undefined}>{() => fields}</Folded>;
  }
  if (about.Type === "list" && !isReference(value)) {
    const items = Array.isArray(value) ? (value as unknown[]) : [];
    const fresh = () => (shapes[about.Element!]?.Type === "structure" ? {} : "");
    return (
      <Folded label={`${label} (${items.length})`} required={required} open={items.length > 0}>
        {() => (
          <SpaceBetween size="xs">
            {items.map((one, at) => (
              <div key={at}>
                <Field shapes={shapes} shape={about.Element!} label={`${label} ${at + 1}`} value={one} choices={choices} depth={depth + 1} set={(to) => set(put(items, [at], to))} />
                <Button variant="inline-link" ariaLabel={`Remove ${label} ${at + 1}`} onClick={() => set(items.length > 1 ? put(items, [at], undefined) : undefined)}>
                  Remove
                </Button>
              </div>
            ))}
            <Button onClick={() => set([...items, fresh()])}>Add to {label}</Button>
          </SpaceBetween>
        )}
      </Folded>
    );
  }
  if (about.Type === "map" && !isReference(value)) return <Folded label={label} required={required} open={value !== undefined}>{() => <Entries {...props} />}</Folded>;
  const groups = [...new Set(choices.map((one) => one.group))];
  return (
    <FormField
      label={required ? `${label} *` : label}
      errorText={fault(about, value)}
      secondaryControl={
        isReference(value) ? (
          <Button iconName="close" ariaLabel={`Type ${label} instead`} onClick={() => set(undefined)} />
        ) : (
          <ButtonDropdown
            ariaLabel={`Take ${label} from`}
            expandToViewport
            items={groups.map((group) => ({ text: group, items: choices.map((one, at) => ({ id: String(at), text: one.label, group: one.group })).filter((one) => one.group === group) }))}
            onItemClick={({ detail }) => set(choices[Number(detail.id)]!.value)}
          >
            {"{}"}
          </ButtonDropdown>
        )
      }
    >
      <Plain shape={about} value={value} set={set} label={label} />
    </FormField>
  );
}

/** What is inside is made only once it is opened: shapes may hold themselves. */
function Folded({ label, required, open, children }: { label: string; required?: boolean; open: boolean; children: () => React.ReactNode }) {
  const [shown, setShown] = useState(open);
  return (
    <ExpandableSection headerText={required ? `${label} *` : label} expanded={shown} onChange={({ detail }) => setShown(detail.expanded)}>
      {shown && children()}
    </ExpandableSection>
  );
}
