// The drawn pipeline: steps put on a canvas, connected, filled in, and saved as the definition that the SDKs write.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { type Edge, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";

import { sagemaker, studio } from "../../api/client";
import type { Action } from "../../shared/actions";
import { describe, useStudio } from "../../shared/context";
import { ContextMenu, type MenuAt } from "../../shared/menu";
import { Code, Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Canvas, type Spots } from "./canvas";
import { check, type Operation, type Operations } from "./check";
import { add, all, begin, depend, did, find, freeName, type History, holder, move, paste, put, reaches, redo, remove, undepend, undo } from "./edit";
import { HEIGHT, place, ways } from "./layout";
import { PipelineForm, wrongParallel } from "./pipelineform";
import { script } from "./python";
import { usePipeline } from "./query";
import { namedIn } from "./references";
import { StepForm } from "./stepform";
import { kindOf, STEPS } from "./steps";
import type { Definition, Step } from "./types";

/** The shapes of every operation that a step of the drawing is made by. */
function useOperations(definition: Definition): Operations {
  const wanted = [...new Set(all(definition.Steps).flatMap((one) => kindOf(one.Type)?.operations ?? []))];
  const answers = useQueries({
    queries: wanted.map((one) => ({
      queryKey: ["shape", one],
      staleTime: Infinity,
      queryFn: () => studio<Operation>("DescribeOperationShape", { Operation: one }),
    })),
  });
  const ready = answers.map((one) => one.dataUpdatedAt).join();
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => Object.fromEntries(wanted.flatMap((one, at) => (answers[at]?.data ? [[one, answers[at].data]] : []))), [wanted.join(), ready]);
}

function download(name: string, text: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/x-python" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

const typingIn = (target: EventTarget | null) => (target as HTMLElement | null)?.closest("input,textarea,[role=listbox],[role=menu]");

interface Props {
  name?: string;
  given: Definition;
  description?: string;
  parallel?: number;
}

function Editor({ name, given, ...there }: Props) {
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
  const [copied, setCopied] = useState<Step[]>([]);
  const [chosenEdge, setChosenEdge] = useState<string>();
  const [menu, setMenu] = useState<MenuAt>();
  const [full, setFull] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const [description, setDescription] = useState(there.description ?? "");
  const [parallel, setParallel] = useState(there.parallel === undefined ? "" : String(there.parallel));
  const [refused, setRefused] = useState<string>();
  const [busy, setBusy] = useState(false);
  const edit = (next: Definition, key?: string) => {
    setHistory((old) => did(old, next, key));
    setRefused(undefined);
  };
  const placed = useMemo(() => place(definition), [definition]);
  const operations = useOperations(definition);
  const faults = useMemo(() => check(definition, operations), [definition, operations]);
  const connection = useQuery({ queryKey: ["connection"], staleTime: Infinity, queryFn: () => studio<{ RoleArn: string }>("GetConnection") });
  const named = refused ? namedIn(definition, refused) : [];
  const wrongOf = (step: string) => [...(named.includes(step) ? ["The server refused it."] : []), ...(faults[step] ?? []).map((one) => `${one.at}: ${one.why}`)].slice(0, 6).join("\n") || undefined;
  const fit = () => void flow.fitView({ maxZoom: 1 });
  const create = (type: string, at?: { x: number; y: number }) => {
    const kind = kindOf(type);
    if (!kind) return;
    const fresh = freeName(definition, kind.type);
    const role = kind.role && connection.data ? put(kind.start, kind.role, connection.data.RoleArn) : kind.start;
    edit(add(definition, { Name: fresh, Type: kind.type, Arguments: structuredClone(role) as Record<string, unknown> }));
    if (at) setSpots((old) => ({ ...old, [fresh]: at }));
    else window.setTimeout(fit, 50);
    setChosen([fresh]);
  };
  const connect = (from: string, to: string, handle: string | null) => {
    if (from === to || reaches(ways(definition), to, from)) return setRefused("Steps would wait for one another in a circle.");
    edit(handle && handle !== "after" ? move(definition, to, { condition: from, branch: handle }) : depend(definition, from, to));
  };
  /** Why a connection can't be cut by itself. */
  const tied = (edge: Edge) => (edge.sourceHandle !== "after" || find(definition, edge.target)?.DependsOn?.includes(edge.source) ? undefined : `A value of ${edge.target} is taken from ${edge.source}: change it there.`);
  const cut = (edge: Edge) => {
    const why = tied(edge);
    if (why) return setRefused(why);
    edit(edge.sourceHandle === "after" ? undepend(definition, edge.source, edge.target) : move(definition, edge.target));
  };
  const picked = (names: string[]) => names.flatMap((one) => find(definition, one) ?? []);
  const insert = (steps: Step[], at?: { x: number; y: number }) => {
    if (steps.length === 0) return;
    const made = paste(definition, steps);
    edit(made.definition);
    if (at) setSpots((old) => ({ ...old, ...Object.fromEntries(made.names.map((one, n) => [one, { x: at.x + 24 * n, y: at.y + (HEIGHT + 24) * n }])) }));
    else window.setTimeout(fit, 50);
    setChosen(made.names);
  };
  const drop = (names: string[]) => {
    edit(remove(definition, names));
    setChosen([]);
  };
  const arrange = () => {
    setSpots({});
    window.setTimeout(fit, 50);
  };
  const resize = (to: boolean) => {
    setFull(to);
    window.setTimeout(fit, 100);
  };
  const open = (event: { preventDefault: () => void; clientX: number; clientY: number }, label: string, actions: Action[]) => {
    event.preventDefault();
    setMenu({ x: event.clientX, y: event.clientY, label, actions });
  };
  const menuOfNodes = (event: React.MouseEvent | MouseEvent, names: string[]) => {
    const inside = names.length === 1 && holder(definition, names[0]!);
    open(event, names.join(", "), [
      { id: "copy", text: "Copy", keys: "Ctrl C", run: () => setCopied(picked(names)) },
      { id: "duplicate", text: "Duplicate", keys: "Ctrl D", run: () => insert(picked(names)) },
      ...(inside ? [{ id: "out", text: `Take out of ${inside.step.Name}`, run: () => edit(move(definition, names[0]!)) }] : []),
      { id: "remove", text: names.length === 1 ? "Delete" : `Delete ${names.length} steps`, keys: "Del", apart: true, run: () => drop(names) },
    ]);
  };
  const menuOfCanvas = (event: React.MouseEvent | MouseEvent) => {
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const where = { x: event.clientX, y: event.clientY };
    const steps: Action[] = STEPS.map((kind, n) => ({ id: kind.type, text: kind.word, apart: n > 0 && STEPS[n - 1]!.group !== kind.group, run: () => create(kind.type, at) }));
    open(event, "Canvas", [
      // The menu closes as an action runs; the next opens after that.
      { id: "add", text: "Add a step here…", run: () => window.setTimeout(() => setMenu({ ...where, label: "Add a step here", actions: steps })) },
      { id: "paste", text: "Paste", keys: "Ctrl V", disabledReason: copied.length > 0 ? undefined : "Nothing is copied.", run: () => insert(copied, at) },
      { id: "all", text: "Choose all", keys: "Ctrl A", apart: true, run: () => setChosen(all(definition.Steps).map((one) => one.Name)) },
      { id: "arrange", text: "Lay out", keys: "L", run: arrange },
      { id: "fit", text: "Fit", keys: "F", run: fit },
      { id: "full", text: full ? "Leave full screen" : "Full screen", run: () => resize(!full) },
    ]);
  };
  const menuOfEdge = (event: React.MouseEvent, edge: Edge) =>
    open(event, `${edge.source} to ${edge.target}`, [{ id: "cut", text: "Cut the connection", keys: "Del", disabledReason: tied(edge), run: () => cut(edge) }]);
  const keys = (event: KeyboardEvent) => {
    // What had the focus may be gone, deleted by the last key: then it is the page that has it.
    if (typingIn(event.target) || !(event.target === document.body || root.current?.contains(event.target as globalThis.Node))) return;
    const key = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    if (control && key === "z") setHistory(event.shiftKey ? redo : undo);
    else if (control && key === "y") setHistory(redo);
    else if (control && key === "c") {
      // Text that is marked is copied as ever.
      if (chosen.length === 0 || window.getSelection()?.toString()) return;
      setCopied(picked(chosen));
    }
    else if (control && key === "v") insert(copied);
    else if (control && key === "d") insert(picked(chosen));
    else if (control && key === "a") setChosen(all(definition.Steps).map((one) => one.Name));
    else if (!control && key === "l") arrange();
    else if (!control && key === "f") fit();
    else if (key === "escape" && full) resize(false);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  });
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
      const more = { PipelineDescription: description || undefined, ParallelismConfiguration: parallel || there.parallel ? { MaxParallelExecutionSteps: Number(parallel || 50) } : undefined };
      if (name) await sagemaker("UpdatePipeline", { PipelineName: name, PipelineDefinition: body, ...more });
      else {
        const { RoleArn } = await studio<{ RoleArn: string }>("GetConnection");
        await sagemaker("CreatePipeline", { PipelineName: called, PipelineDefinition: body, ...more, RoleArn, ClientRequestToken: crypto.randomUUID() });
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
  const code = view === "python" ? script(called || "pipeline", definition, { description, parallel: Number(parallel) || undefined }) : "";
  const missing = Object.keys(faults).length;
  const why = !canWrite ? "Viewers can't change pipelines in this project." : !called ? "Give the pipeline a name." : wrongParallel(parallel) ? "Steps at once is no number." : undefined;
  return (
    <div ref={root} className={full ? "full" : undefined}>
      <SpaceBetween size="s">
        <Header
          variant="h1"
          description={missing > 0 ? `${missing === 1 ? "One step is" : `${missing} steps are`} not right yet; they bear a mark.` : undefined}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <SegmentedControl selectedId={view} label="View" onChange={({ detail }) => turn(detail.selectedId)} options={[{ id: "visual", text: "Visual" }, { id: "json", text: "JSON" }, { id: "python", text: "Python" }]} />
              <Button disabled={view !== "visual"} disabledReason="There is nothing to lay out in the JSON." onClick={arrange}>
                Lay out
              </Button>
              <Button iconName={full ? "exit-full-screen" : "full-screen"} ariaLabel={full ? "Leave full screen" : "Full screen"} onClick={() => resize(!full)} />
              <Button disabled={history.past.length === 0} disabledReason="Nothing to undo." onClick={() => setHistory(undo)}>
                Undo
              </Button>
              <Button disabled={history.next.length === 0} disabledReason="Nothing to do again." onClick={() => setHistory(redo)}>
                Redo
              </Button>
              <Button variant="primary" loading={busy} disabled={Boolean(why)} disabledReason={why} onClick={() => void save()}>
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
        {view === "python" ? (
          <SpaceBetween size="s">
            <SpaceBetween direction="horizontal" size="xs" alignItems="center">
              <Button iconName="download" onClick={() => download(`${called || "pipeline"}.py`, code)}>
                Download
              </Button>
              <span className="quiet">A script that makes this pipeline again by the SDK: pip install sagemaker.</span>
            </SpaceBetween>
            <div className="script">
              <Code text={code} />
            </div>
          </SpaceBetween>
        ) : view === "json" ? (
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
            <Canvas
              definition={definition}
              placed={placed}
              spots={spots}
              setSpots={setSpots}
              chosen={chosen}
              setChosen={setChosen}
              chosenEdge={chosenEdge}
              setChosenEdge={setChosenEdge}
              wrongOf={wrongOf}
              on={{ add: create, connect, cut, remove: drop, menuOfNodes, menuOfCanvas, menuOfEdge }}
            />
            <div className="inspector">
              {one ? (
                <StepForm key={one.Name} definition={definition} name={one.Name} operations={operations} wrong={faults[one.Name] ?? []} edit={edit} choose={setChosen} />
              ) : chosen.length > 1 ? (
                <p className="quiet">{`${chosen.length} steps are chosen: copy, duplicate or delete them together.`}</p>
              ) : (
                <PipelineForm definition={definition} edit={edit} description={description} describe={setDescription} parallel={parallel} setParallel={setParallel} />
              )}
            </div>
          </div>
        )}
      </SpaceBetween>
      {menu && <ContextMenu key={menu.label} at={menu} close={() => setMenu(undefined)} />}
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
      <Editor key={name} name={name} given={given} description={query.data!.PipelineDescription} parallel={query.data!.ParallelismConfiguration?.MaxParallelExecutionSteps} />
    </ReactFlowProvider>
  );
}
