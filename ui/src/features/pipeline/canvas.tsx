// The canvas of the editor: steps that are moved and connected. What a gesture means is the editor's affair.
// A step that is being moved is this part's alone until it is let go, so that nothing beside it is drawn again meanwhile.
import "@xyflow/react/dist/style.css";

import { Background, Controls, type Edge, type EdgeChange, Handle, MiniMap, type Node, type NodeChange, type NodeProps, Position, ReactFlow, type ReactFlowInstance, useReactFlow, useStore } from "@xyflow/react";
import { memo, useMemo, useState } from "react";

import { keeper } from "../../shared/keep";
import { useStable } from "../../shared/stable";
import { useDark } from "../../shared/theme";
import { all, branches } from "./edit";
import { isLong, placedAt, useMoved } from "./drawing";
import { HEIGHT, type Placed, type Way, WIDTH } from "./layout";
import { HOLDS } from "./steps";
import type { Definition, Step } from "./types";
import { Ways } from "./ways";

export interface Spot {
  x: number;
  y: number;
}
export type Spots = Record<string, Spot>;
interface Shown extends Record<string, unknown> {
  name: string;
  type: string;
  /** What is wrong with it. */
  bad?: string;
  /** In which branch of another it is. */
  held?: string;
}

const side = (at: number) => (at === 0 ? 0.25 : 0.75);

const StepNode = memo(function StepNode({ data, selected }: NodeProps<Node<Shown>>) {
  const holds = HOLDS[data.type] ?? [];
  return (
    <div className={`step ${selected ? "chosen" : ""}`} data-state={data.bad ? "Failed" : "Plain"} data-holds={data.held}>
      <Handle type="target" position={Position.Top} />
      <strong title={data.name} className={isLong(data.name) ? "long" : undefined}>
        {data.name}
      </strong>
      <span>{data.type}</span>
      {data.bad && (
        <em className="mark" role="img" aria-label={data.bad} title={data.bad}>
          !
        </em>
      )}
      {holds.map((one, at) => (
        <Handle key={one.member} type="source" id={one.member} title={one.label} position={Position.Bottom} style={{ left: `${side(at) * 100}%`, background: one.color }} />
      ))}
      <Handle type="source" id="after" title="after" position={Position.Bottom} />
    </div>
  );
});
const TYPES = { step: StepNode };
const FIT = { maxZoom: 1 };
const fitted = (flow: ReactFlowInstance<Node<Shown>>) => void flow.fitView(FIT);
const MARK = { hideAttribution: true };
const DELETES = ["Delete", "Backspace"];
const SIZE = { width: WIDTH, height: HEIGHT };
const DOT = 6;
/** Of so many, seen from so far, connections can't be got hold of: then they are one picture. */
const MANY = 100;
const FAR = 0.5;
const NONE: Edge[] = [];

/** Where connections begin and end, known beforehand: steps out of sight need not be measured. */
function handlesOf(type: string) {
  const below = { type: "source" as const, position: Position.Bottom, y: HEIGHT - DOT / 2, width: DOT, height: DOT };
  return [
    { type: "target" as const, position: Position.Top, x: (WIDTH - DOT) / 2, y: -DOT / 2, width: DOT, height: DOT },
    ...(HOLDS[type] ?? []).map((one, at) => ({ ...below, id: one.member, x: WIDTH * side(at) - DOT / 2 })),
    { ...below, id: "after", x: (WIDTH - DOT) / 2 },
  ];
}

/** By the name of each step inside another: the branch. */
function heldIn(steps: Step[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const step of all(steps)) for (const each of branches(step)) for (const one of (step.Arguments?.[each] as Step[] | undefined) ?? []) found.set(one.Name, each);
  return found;
}

interface Props {
  definition: Definition;
  placed: { nodes: Placed[]; edges: Way[] };
  spots: Spots;
  setSpots: (change: (old: Spots) => Spots) => void;
  chosen: string[];
  setChosen: (change: (old: string[]) => string[]) => void;
  chosenEdge: string | undefined;
  setChosenEdge: (change: (old: string | undefined) => string | undefined) => void;
  wrongOf: (step: string) => string | undefined;
  on: {
    add: (type: string, at: Spot) => void;
    connect: (from: string, to: string, handle: string | null) => void;
    cut: (edge: Edge) => void;
    remove: (names: string[]) => void;
    menuOfNodes: (event: React.MouseEvent | MouseEvent, names: string[]) => void;
    menuOfCanvas: (event: React.MouseEvent | MouseEvent) => void;
    menuOfEdge: (event: React.MouseEvent, edge: Edge) => void;
  };
}

export function Canvas({ definition, placed, spots, setSpots, chosen, setChosen, chosenEdge, setChosenEdge, wrongOf, on }: Props) {
  const flow = useReactFlow();
  const dark = useDark();
  const [moving, setMoving] = useState<Spots>({});
  const held = useMemo(() => heldIn(definition.Steps), [definition]);
  const types = useMemo(() => new Map(placed.nodes.map((one) => [one.step.Name, one.step.Type])), [placed]);
  const [keepNodes] = useState(() => keeper<Node<Shown>>());
  const [keepEdges] = useState(() => keeper<Edge>());
  const far = useStore((state) => state.transform[2] < FAR) && placed.nodes.length > MANY;
  const picked = new Set(chosen);
  const nodes = keepNodes(
    placed.nodes.map(({ step, x, y }) => {
      const position = moving[step.Name] ?? spots[step.Name] ?? { x, y };
      return {
        id: step.Name,
        type: "step",
        position,
        style: placedAt(position.x, position.y),
        ...SIZE,
        measured: SIZE,
        handles: handlesOf(step.Type),
        selected: picked.has(step.Name),
        data: { name: step.Name, type: step.Type, bad: wrongOf(step.Name), held: held.get(step.Name) },
      };
    }),
  );
  const edges = keepEdges(
    placed.edges.map((one) => {
      const way = one.word ? HOLDS[types.get(one.from) ?? ""]?.find((each) => each.word === one.word) : undefined;
      const id = `${one.from}>${one.to}`;
      return { id, source: one.from, target: one.to, sourceHandle: way?.member ?? "after", label: way?.label, selected: id === chosenEdge };
    }),
  );
  const handlers = useStable({
    onDrop: (event: React.DragEvent) => {
      event.preventDefault();
      on.add(event.dataTransfer.getData("text/studiolo-step"), flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }));
    },
    onNodesChange: (changes: NodeChange<Node<Shown>>[]) => {
      const moved: Spots = {};
      let held = false;
      for (const each of changes) {
        if (each.type === "position" && each.position) moved[each.id] = each.position;
        if (each.type === "position" && each.dragging) held = true;
        if (each.type === "select") setChosen((old) => (each.selected ? [...new Set([...old, each.id])] : old.filter((other) => other !== each.id)));
      }
      if (held) setMoving((old) => ({ ...old, ...moved }));
      else if (Object.keys(moved).length > 0) {
        setSpots((old) => ({ ...old, ...moved }));
        setMoving({});
      }
    },
    onEdgesChange: (changes: EdgeChange[]) => {
      for (const each of changes) if (each.type === "select") setChosenEdge((old) => (each.selected ? each.id : old === each.id ? undefined : old));
    },
    onConnect: ({ source, target, sourceHandle }: { source: string; target: string; sourceHandle: string | null }) => on.connect(source, target, sourceHandle),
    onEdgeDoubleClick: (_: React.MouseEvent, edge: Edge) => on.cut(edge),
    onNodeContextMenu: (event: React.MouseEvent, node: Node) => on.menuOfNodes(event, chosen.includes(node.id) ? chosen : [node.id]),
    onSelectionContextMenu: (event: React.MouseEvent, several: Node[]) => on.menuOfNodes(event, several.map((each) => each.id)),
    onPaneContextMenu: (event: React.MouseEvent | MouseEvent) => on.menuOfCanvas(event),
    onEdgeContextMenu: (event: React.MouseEvent, edge: Edge) => on.menuOfEdge(event, edge),
    // Steps take their connections along; only a connection chosen by itself is cut.
    onDelete: ({ nodes: gone, edges: loose }: { nodes: Node[]; edges: Edge[] }) => {
      if (gone.length > 0) on.remove(gone.map((each) => each.id));
      else if (loose[0]) on.cut(loose[0]);
    },
  });
  const { onDrop, ...flowHandlers } = handlers;
  const [holder, whileMoved] = useMoved();
  return (
    <div className={far ? "canvas far" : "canvas"} ref={holder} onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
      <ReactFlow
        nodes={nodes}
        edges={far ? NONE : edges}
        nodeTypes={TYPES}
        colorMode={dark ? "dark" : "light"}
        fitViewOptions={FIT}
        // Nothing is measured that would have it fitted: where no step is at the origin, none would be seen.
        onInit={fitted}
        minZoom={0.05}
        onlyRenderVisibleElements={!far}
        deleteKeyCode={DELETES}
        proOptions={MARK}
        {...flowHandlers}
        {...whileMoved}
      >
        <Background />
        {far && <Ways nodes={nodes} edges={placed.edges} />}
        <Controls showInteractive={false} />
        {nodes.length > 30 && <MiniMap pannable zoomable />}
      </ReactFlow>
    </div>
  );
}
