// A form for the arguments of a step, made of the operation's own shape.
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { listFunctions } from "../../api/automation";
import { PickDialog } from "../../shared/pick";
import { put } from "./edit";
import { type Choice, isReference, spoken } from "./references";
import { isPlace } from "./script";
import { fault, membersOf, NUMBERS, type Shape, type Shapes } from "./shapes";

interface Props {
  shapes: Shapes;
  shape: string;
  label: string;
  value: unknown;
  required?: boolean;
  first?: string[];
  choices: Choice[];
  set: (value: unknown) => void;
  /** At the top: names that the studio gives by itself. */
  given?: string[];
  /** Whether it stays when all that is in it is gone. */
  stays?: boolean;
  /** Of an entry that can go. */
  remove?: () => void;
  depth?: number;
}

const ANY: Shapes = { Any: { Type: "any" } };

/** A value as it was typed: numbers and truth values where the shape, or the text itself, says so. */
export function typed(shape: Shape, text: string): unknown {
  if (text === "") return undefined;
  const number = Number(text);
  if (NUMBERS.has(shape.Type)) return text.trim() !== "" && !Number.isNaN(number) && !text.endsWith(".") ? number : text;
  if (shape.Type !== "any") return text;
  if (text === "true" || text === "false") return text === "true";
  return String(number) === text ? number : text;
}

/** A reference: what it leads to in words, and what of it is to be said besides. */
function Reference({ value, set, label, choices, depth }: { value: Record<string, unknown>; set: (value: unknown) => void; label: string; choices: Choice[]; depth: number }) {
  const file = value["Std:JsonGet"] as { Path?: unknown } | undefined;
  const joined = value["Std:Join"] as { On?: string; Values?: unknown[] } | undefined;
  if (file)
    return (
      <SpaceBetween size="xxs">
        <Input readOnly value={spoken(value)} ariaLabel={label} />
        <Input value={String(file.Path ?? "")} ariaLabel={`Path in the file, of ${label}`} placeholder="path in it, such as metrics.auc.value" invalid={!file.Path} onChange={({ detail }) => set(put(value, ["Std:JsonGet", "Path"], detail.value))} />
      </SpaceBetween>
    );
  if (joined)
    return (
      <SpaceBetween size="xxs">
        <Input value={joined.On ?? ""} ariaLabel={`Between the parts of ${label}`} placeholder="between the parts" onChange={({ detail }) => set(put(value, ["Std:Join", "On"], detail.value))} />
        {(joined.Values ?? []).map((one, at) => (
          <Field key={at} shapes={ANY} shape="Any" label={`Part ${at + 1} of ${label}`} value={one === "" ? undefined : one} choices={choices} depth={depth + 1} set={(to) => set(put(value, ["Std:Join", "Values", at], to ?? ""))} />
        ))}
        <SpaceBetween direction="horizontal" size="xs">
          <Button onClick={() => set(put(value, ["Std:Join", "Values"], [...(joined.Values ?? []), ""]))}>Add a part</Button>
          {(joined.Values ?? []).length > 1 && <Button onClick={() => set(put(value, ["Std:Join", "Values"], joined.Values!.slice(0, -1)))}>Remove the last</Button>}
        </SpaceBetween>
      </SpaceBetween>
    );
  return <Input readOnly value={spoken(value)} ariaLabel={label} />;
}

function Plain({ shape, value, set, label }: { shape: Shape; value: unknown; set: (value: unknown) => void; label: string }) {
  const options = (shape.Type === "boolean" ? ["true", "false"] : (shape.Enum ?? [])).map((one) => ({ value: one, label: one }));
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
  return <Input ariaLabel={label} value={value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value as string | number)} onChange={({ detail }) => set(typed(shape, detail.value))} />;
}

function Entries({ shapes, shape, value, set, choices, depth = 0 }: Props) {
  const about = shapes[shape]!;
  const [name, setName] = useState("");
  const held = (value ?? {}) as Record<string, unknown>;
  return (
    <SpaceBetween size="xs">
      {Object.entries(held).map(([key, one]) => (
        <Field key={key} shapes={shapes} shape={about.Value!} label={key} value={one} choices={choices} depth={depth + 1} set={(to) => set({ ...held, [key]: to ?? "" })} remove={() => set(put(held, [key], undefined))} />
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

const empty = (value: unknown) => value !== undefined && typeof value === "object" && value !== null && Object.keys(value).length === 0;

function Members(props: Props) {
  const { shapes, shape, value, set, choices, first = [], given = [], required, stays, depth = 0 } = props;
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : 1000);
  const members = membersOf(shapes[shape]!, value)
    .filter((one) => !given.includes(one.Name))
    .sort((one, other) => rank(one.Name) - rank(other.Name) || Number(other.Required ?? false) - Number(one.Required ?? false));
  const change = (name: string, to: unknown) => {
    const next = put(value, [name], to);
    set(empty(next) && depth > 0 && !required && !stays ? undefined : next);
  };
  return (
    <SpaceBetween size="s">
      {members.map((one) => (
        <Field key={one.Name} shapes={shapes} shape={one.Shape} label={one.Name} required={one.Required} value={(value as Record<string, unknown> | undefined)?.[one.Name]} choices={choices} depth={depth + 1} set={(to) => change(one.Name, to)} />
      ))}
    </SpaceBetween>
  );
}

function Items(props: Props) {
  const { shapes, shape, label, value, set, choices, depth = 0 } = props;
  const element = shapes[shape]!.Element!;
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  const fresh = () => (shapes[element]?.Type === "structure" ? {} : "");
  return (
    <SpaceBetween size="xs">
      {items.map((one, at) => (
        <div key={at}>
          <Field shapes={shapes} shape={element} label={`${label} ${at + 1}`} value={one === "" ? undefined : one} choices={choices} depth={depth + 1} stays set={(to) => set(put(items, [at], to ?? fresh()))} />
          <Button variant="inline-link" ariaLabel={`Remove ${label} ${at + 1}`} onClick={() => set(items.length > 1 ? put(items, [at], undefined) : undefined)}>
            Remove
          </Button>
        </div>
      ))}
      <Button onClick={() => set([...items, fresh()])}>Add to {label}</Button>
    </SpaceBetween>
  );
}

export function Field(props: Props) {
  const { shapes, shape, label, value, set, choices, required, remove, depth = 0 } = props;
  const about = shapes[shape];
  if (!about) return null;
  const wanted = required && value === undefined ? "Must be given." : undefined;
  if (!isReference(value)) {
    if (about.Type === "structure" && depth === 0) return <Members {...props} />;
    const open = value !== undefined || (Boolean(required) && depth < 4);
    if (about.Type === "structure") return <Folded label={label} required={required} open={open}>{() => <Members {...props} />}</Folded>;
    if (about.Type === "list") {
      const count = Array.isArray(value) ? value.length : 0;
      // A list may also be one value that becomes one.
      const from = about.Element === "Any" ? choices : [];
      return (
        <Folded label={label} count={count} required={required} open={open} wrong={wanted ?? (about.Min && value !== undefined && count < about.Min ? `At least ${about.Min}.` : undefined)} from={<Take label={label} choices={from} set={set} />}>
          {() => <Items {...props} />}
        </Folded>
      );
    }
    if (about.Type === "map") return depth === 0 ? <Entries {...props} /> : <Folded label={label} required={required} open={open}>{() => <Entries {...props} />}</Folded>;
  }
  return (
    <FormField label={required ? `${label} *` : label} errorText={wanted ?? fault(about, value)}>
      <div className="with-button">
        {isReference(value) ? <Reference value={value} set={set} label={label} choices={choices} depth={depth} /> : <Plain shape={about} value={value} set={set} label={label} />}
        {!isReference(value) && isPlace(label, shape) && <Browse label={label} set={set} />}
        {!isReference(value) && label === "FunctionArn" && <Functions set={set} />}
        {isReference(value) ? <Button iconName="close" ariaLabel={`Type ${label} instead`} onClick={() => set(undefined)} /> : <Take label={label} choices={choices} set={set} />}
        {remove && <Button iconName="remove" ariaLabel={`Remove ${label}`} onClick={remove} />}
      </div>
    </FormField>
  );
}

/** An address chosen from the buckets and data sets. */
function Browse({ label, set }: { label: string; set: (value: unknown) => void }) {
  const [picking, setPicking] = useState(false);
  const take = (uri: string) => {
    setPicking(false);
    set(uri);
  };
  return (
    <>
      <Button iconName="folder" ariaLabel={`Browse for ${label}`} onClick={() => setPicking(true)} />
      {picking && <PickDialog title={`Choose ${label}`} data close={() => setPicking(false)} take={take} />}
    </>
  );
}

/** One of the project's functions. */
function Functions({ set }: { set: (value: unknown) => void }) {
  const functions = useQuery({ queryKey: ["list", "Function", "all"], queryFn: listFunctions });
  const items = (functions.data ?? []).map((one) => ({ id: one.FunctionArn, text: one.FunctionName, description: one.Description || undefined }));
  return (
    <ButtonDropdown ariaLabel="Choose a function" expandToViewport loading={functions.isPending} items={items.length > 0 ? items : [{ id: "", text: "No functions yet: write one under Functions", disabled: true }]} onItemClick={({ detail }) => set(detail.id)}>
      Choose
    </ButtonDropdown>
  );
}

/** A menu of whatever a value can be taken from. */
function Take({ label, choices, set }: { label: string; choices: Choice[]; set: (value: unknown) => void }) {
  if (choices.length === 0) return null;
  const groups = [...new Set(choices.map((one) => one.group))];
  return (
    <ButtonDropdown
      ariaLabel={`Take ${label} from`}
      expandToViewport
      items={groups.map((group) => ({ text: group, items: choices.map((one, at) => ({ id: String(at), text: one.label, group: one.group })).filter((one) => one.group === group) }))}
      onItemClick={({ detail }) => set(structuredClone(choices[Number(detail.id)]!.value))}
    >
      {"{}"}
    </ButtonDropdown>
  );
}

interface FoldedProps {
  label: string;
  count?: number;
  required?: boolean;
  open: boolean;
  wrong?: string;
  from?: React.ReactNode;
  children: () => React.ReactNode;
}

/** What is inside is made only once it is opened: shapes may hold themselves. */
function Folded({ label, count, required, open, wrong, from, children }: FoldedProps) {
  const [shown, setShown] = useState(open);
  return (
    <ExpandableSection headerText={`${label}${count === undefined ? "" : ` (${count})`}${required ? " *" : ""}`} headerDescription={wrong} expanded={shown} onChange={({ detail }) => setShown(detail.expanded)}>
      {shown && (
        <div role="group" aria-label={label}>
          {from}
          {children()}
        </div>
      )}
    </ExpandableSection>
  );
}
