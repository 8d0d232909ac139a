// The drawn pipeline: steps put on a canvas, connected, filled in, and saved as the definition that the SDKs write.
import "@xyflow/react/dist/style.css";

import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow, useReactFlow, ReactFlowProvider } from "@xyflow/react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { sagemaker, studio } from "../../api/client";
import { describe, useStudio } from "../../shared/context";
import { Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { isDark } from "../../shared/theme";
import { add, begin, type Branch, change, depend, did, find, freeName, type History, move, paste, reaches, redo, remove, rename, undepend, undo } from "./edit";
import { Field, type Shapes } from "./form";
import { HEIGHT, place, ways, WIDTH } from "./layout";
import { usePipeline } from "./query";
import { choices, namedIn } from "./references";
import { STEPS } from "./steps";
import type { Definition } from "./types";

type Spots = Record<string, { x: number; y: number }>;
interface Shown extends Record<string, unknown> {
  name: string;
  type: string;
  bad: boolean;
}

function StepNode({ data, selected }: NodeProps<Node<Shown>>) {
  return (
    <div className={`step ${selected ? "chosen" : ""}`} data-state={data.bad ? "Failed" : "Plain"}>
      <Handle type="target" position={Position.Top} />
      <strong title={data.name}>{data.name}</strong>
      <span>{data.type}</span>
      {data.type === "Condition" ? (
        <>
          <Handle type="source" id="IfSteps" title="if true" position={Position.Bottom} style={{ left: "25%", background: "#2e8b57" }} />
          <Handle type="source" id="after" title="after" position={Position.Bottom} />
          <Handle type="source" id="ElseSteps" title="else" position={Position.Bottom} style={{ left: "75%", background: "#d13212" }} />
        </>
      ) : (
        <Handle type="source" id="after" position={Position.Bottom} />
      )}
    </div>
  );
}
const TYPES = { step: StepNode };

function StepForm({ definition, name, edit, choose }: { definition: Definition; name: string; edit: (next: Definition, key?: string) => void; choose: (names: string[]) => void }) {
  const step = find(definition, name)!;
  const kind = STEPS.find((one) => one.type === step.Type);
  const shape = useQuery({
    queryKey: ["shape", kind?.operation],
    enabled: Boolean(kind?.operation),
    staleTime: Infinity,
    queryFn: () => studio<{ Input: string; Shapes: Shapes }>("DescribeOperationShape", { Operation: kind!.operation }),
  });
  const [called, setCalled] = useState(name);
  const [text, setText] = useState<string>();
  const { IfSteps, ElseSteps, ...own } = step.Arguments ?? {};
  const branches = step.Type === "Condition" ? { IfSteps: IfSteps ?? [], ElseSteps: ElseSteps ?? [] } : {};
  const arguments_ = (value: unknown) => edit(change(definition, name, (one) => ({ ...one, Arguments: { ...(value as object), ...branches } })), `form ${name}`);
  const taken = called !== name && (!called || find(definition, called) !== undefined);
  const cached = step.CacheConfig?.Enabled ?? false;
  let wrong: string | undefined;
  try {
    if (text !== undefined) JSON.parse(text);
  } catch {
    wrong = "This is no JSON yet.";
  }
  return (
    <SpaceBetween size="s">
      <FormField label="Name of the step" errorText={taken ? "Another step has this name, or none is given." : undefined}>
        <Input
          value={called}
          onChange={({ detail }) => setCalled(detail.value)}
          onBlur={() => {
            if (taken || called === name) return;
            edit(rename(definition, name, called));
            choose([called]);
          }}
        />
      </FormField>
      <Checkbox checked={cached} onChange={({ detail }) => edit(change(definition, name, (one) => ({ ...one, CacheConfig: { ExpireAfter: "P30D", ...one.CacheConfig, Enabled: detail.checked } })))}>
        Do not run again what did not change
      </Checkbox>
      {shape.isError && <Failure error={shape.error} retry={() => void shape.refetch()} />}
      {shape.data && <Field shapes={shape.data.Shapes} shape={shape.data.Input} label={step.Type} first={kind?.first} value={own} choices={choices(definition, name)} set={arguments_} />}
      <FormField label="Arguments as JSON" errorText={wrong}>
        <Textarea
          rows={8}
          value={text ?? JSON.stringify(own, null, 2)}
          onChange={({ detail }) => setText(detail.value)}
          onBlur={() => {
            if (text === undefined || wrong) return;
            arguments_(JSON.parse(text));
            setText(undefined);
          }}
        />
      </FormField>
    </SpaceBetween>
  );
}

function Editor({ name, given, description }: { name?: string; given: Definition; description?: string }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const flow = useReactFlow();
  const { canWrite } = useStudio();
  const [history, setHistory] = useState<History<Definition>>(() => begin(given));
  const definition = history.now;
  const [spots, setSpots] = useState<Spots>(() => JSON.parse(localStorage.getItem(`studiolo.spots.${name}`) ?? "{}") as Spots);
  const [chosen, setChosen] = useState<string[]>([]);
  const [view, setView] = useState("visual");
  const [text, setText] = useState<string>();
  const [called, setCalled] = useState(name ?? "");
  const [copied, setCopied] = useState<string[]>([]);
  const [refused, setRefused] = useState<string>();
  const [busy, setBusy] = useState(false);
  const edit = (next: Definition, key?: string) => {
    setHistory((old) => did(old, next, key));
    setRefused(undefined);
  };
  const placed = useMemo(() => place(definition), [definition]);
  const named = refused ? namedIn(definition, refused) : [];
  const nodes: Node<Shown>[] = placed.nodes.map(({ step, x, y }) => ({
    id: step.Name,
    type: "step",
    position: spots[step.Name] ?? { x, y },
    width: WIDTH,
    height: HEIGHT,
    selected: chosen.includes(step.Name),
    data: { name: step.Name, type: step.Type, bad: named.includes(step.Name) },
  }));
  const edges: Edge[] = placed.edges.map((one) => ({
    id: `${one.from}>${one.to}`,
    source: one.from,
    target: one.to,
    sourceHandle: one.word === "yes" ? "IfSteps" : one.word === "no" ? "ElseSteps" : "after",
    label: one.word === "yes" ? "if true" : one.word === "no" ? "else" : undefined,
  }));
  const create = (type: string, at?: { x: number; y: number }) => {
    const kind = STEPS.find((one) => one.type === type);
    if (!kind) return;
    const fresh = freeName(definition, kind.type);
    edit(add(definition, { Name: fresh, Type: kind.type, Arguments: structuredClone(kind.start) }));
    if (at) setSpots((old) => ({ ...old, [fresh]: at }));
    setChosen([fresh]);
  };
  const connect = (from: string, to: string, handle: string | null) => {
    if (from === to || reaches(ways(definition), to, from)) return setRefused("Steps would wait for one another in a circle.");
    edit(handle === "IfSteps" || handle === "ElseSteps" ? move(definition, to, { condition: from, branch: handle satisfies Branch }) : depend(definition, from, to));
  };
  const cut = (edge: Edge) => edit(edge.sourceHandle === "after" ? undepend(definition, edge.source, edge.target) : move(definition, edge.target));
  const duplicate = (names: string[]) => {
    const made = paste(definition, names.flatMap((one) => find(definition, one) ?? []));
    edit(made.definition);
    setChosen(made.names);
  };
  const arrange = () => {
    setSpots({});
    window.setTimeout(() => void flow.fitView(), 50);
  };
  const keys = (event: React.KeyboardEvent) => {
    if ((event.target as HTMLElement).closest("input,textarea,[role=listbox],[role=menu]")) return;
    const key = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    if (control && key === "z") setHistory(event.shiftKey ? redo : undo);
    else if (control && key === "y") setHistory(redo);
    else if (control && key === "c") return setCopied(chosen);
    else if (control && key === "v") duplicate(copied);
    else if (control && key === "d") duplicate(chosen);
    else if (!control && key === "l") arrange();
    else if (!control && key === "f") void flow.fitView();
    else return;
    event.preventDefault();
  };
  const turn = (to: string) => {
    if (text !== undefined) {
      try {
        edit(JSON.parse(text) as Definition);
      } catch {
        return setRefused("The JSON can't be read yet.");
      }
    }
    setText(undefined);
    setView(to);
  };
  const save = async () => {
    setBusy(true);
    setRefused(undefined);
    try {
      const body = text ?? JSON.stringify(definition);
      if (name) await sagemaker("UpdatePipeline", { PipelineName: name, PipelineDefinition: body });
      else {
        const { RoleArn } = await studio<{ RoleArn: string }>("GetConnection");
        await sagemaker("CreatePipeline", { PipelineName: called, PipelineDefinition: body, PipelineDescription: description, RoleArn, ClientRequestToken: crypto.randomUUID() });
      }
      localStorage.setItem(`studiolo.spots.${called}`, JSON.stringify(spots));
      await client.invalidateQueries({ queryKey: ["Pipeline"] });
      await navigate({ to: `/pipelines/${called}` });
    } catch (error) {
      setRefused(describe(error));
    } finally {
      setBusy(false);
    }
  };
  const one = chosen.length === 1 ? find(definition, chosen[0]!) : undefined;
  return (
    <div onKeyDown={keys}>
      <SpaceBetween size="s">
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <SegmentedControl selectedId={view} label="View" onChange={({ detail }) => turn(detail.selectedId)} options={[{ id: "visual", text: "Visual" }, { id: "json", text: "JSON" }]} />
              <Button disabled={history.past.length === 0} disabledReason="Nothing to undo." onClick={() => setHistory(undo)}>
                Undo
              </Button>
              <Button disabled={history.next.length === 0} disabledReason="Nothing to do again." onClick={() => setHistory(redo)}>
                Redo
              </Button>
              <Button variant="primary" loading={busy} disabled={!canWrite || !called} disabledReason={canWrite ? "Give the pipeline a name." : "Viewers can't change pipelines in this project."} onClick={() => void save()}>
                Save
              </Button>
            </SpaceBetween>
          }
        >
          {name ?? "New pipeline"}
        </Header>
        {!name && (
          <FormField label="Name of the pipeline">
            <Input value={called} onChange={({ detail }) => setCalled(detail.value)} />
          </FormField>
        )}
        {refused && <Alert type="error">{refused}</Alert>}
        {view === "json" ? (
          <Textarea ariaLabel="Definition" rows={32} spellcheck={false} value={text ?? JSON.stringify(definition, null, 2)} onChange={({ detail }) => setText(detail.value)} />
        ) : (
          <div className="drawing">
            <div className="palette" role="group" aria-label="Steps to add">
              {STEPS.map((kind) => (
                <button key={kind.type} type="button" draggable data-group={kind.group} onClick={() => create(kind.type)} onDragStart={(event) => event.dataTransfer.setData("text/studiolo-step", kind.type)}>
                  {kind.word}
                </button>
              ))}
            </div>
            <div
              className="canvas"
              onDragOver={(event) => event.preventDefault()}
              onDrop={(event) => {
                event.preventDefault();
                create(event.dataTransfer.getData("text/studiolo-step"), flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }));
              }}
            >
              <ReactFlow
                nodes={nodes}
                edges={edges}
                nodeTypes={TYPES}
                colorMode={isDark() ? "dark" : "light"}
                fitView
                fitViewOptions={{ maxZoom: 1 }}
                minZoom={0.05}
                onlyRenderVisibleElements
                deleteKeyCode={["Delete", "Backspace"]}
                onNodesChange={(changes) => {
                  for (const each of changes) {
                    if (each.type === "position" && each.position) setSpots((old) => ({ ...old, [each.id]: each.position! }));
                    if (each.type === "select") setChosen((old) => (each.selected ? [...new Set([...old, each.id])] : old.filter((other) => other !== each.id)));
                  }
                }}
                onConnect={({ source, target, sourceHandle }) => connect(source, target, sourceHandle)}
                onEdgeDoubleClick={(_, edge) => cut(edge)}
                onNodesDelete={(gone) => {
                  edit(remove(definition, gone.map((each) => each.id)));
                  setChosen([]);
                }}
                proOptions={{ hideAttribution: true }}
              >
                <Background />
                <Controls showInteractive={false} />
              </ReactFlow>
            </div>
            <div className="inspector">{one ? <StepForm key={one.Name} definition={definition} name={one.Name} edit={edit} choose={setChosen} /> : <p className="quiet">Add steps, connect them by their handles, and choose one to fill it in. A double click cuts a connection; L lays out, F fits.</p>}</div>
          </div>
        )}
      </SpaceBetween>
    </div>
  );
}

const EMPTY: Definition = { Version: "2020-12-01", Metadata: {}, Parameters: [], Steps: [] } as Definition;

export const CreatePipelinePage = () => (
  <ReactFlowProvider>
    <Editor given={EMPTY} />
  </ReactFlowProvider>
);

export function EditPipelinePage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const query = usePipeline(name);
  const given = useMemo(() => (query.data ? (JSON.parse(query.data.PipelineDefinition) as Definition) : undefined), [query.data]);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!given) return <Skeleton rows={8} />;
  return (
    <ReactFlowProvider>
      <Editor key={name} name={name} given={given} />
    </ReactFlowProvider>
  );
}
