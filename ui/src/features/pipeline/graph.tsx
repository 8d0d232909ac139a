// The drawing of a pipeline: its steps, in the colours of an execution where there is one. Draws only; it knows no API.
// What changes seldom (places, connections) is kept apart from what changes often, so that an event redraws the steps it is of.
import "@xyflow/react/dist/style.css";

import { Background, Controls, MiniMap, type Node, type NodeProps, ReactFlow, type ReactFlowInstance } from "@xyflow/react";
import { memo, useCallback, useMemo, useState } from "react";

import { duration } from "../../shared/format";
import { keeper } from "../../shared/keep";
import { useDark } from "../../shared/theme";
import { HEIGHT, place, WIDTH } from "./layout";
import { inLoops, recordsOf, summed } from "./results";
import type { Definition, StepRecord } from "./types";
import { isLong, placedAt, useMoved } from "./drawing";
import { Ways } from "./ways";

interface Shown extends Record<string, unknown> {
  name: string;
  type: string;
  state: string;
  told: string;
  chosen: boolean;
}

function told(record: StepRecord | undefined, several: StepRecord[]): string {
  if (!record) return "";
  if (several.length > 1) return `${several.filter((one) => one.StepStatus === "Succeeded").length} of ${several.length} done`;
  if (record.CacheHitResult) return "from the cache";
  if (record.SelectiveExecutionResult) return "from an earlier execution";
  return duration((record.EndTime ?? Date.now() / 1000) - record.StartTime);
}

const StepNode = memo(function StepNode({ data }: NodeProps<Node<Shown>>) {
  return (
    <div className={`step ${data.chosen ? "chosen" : ""}`} data-state={data.state}>
      <strong title={data.name} className={isLong(data.name) ? "long" : undefined}>
        {data.name}
      </strong>
      <span>
        {data.type}
        {data.told && ` · ${data.told}`}
      </span>
    </div>
  );
});
const TYPES = { step: StepNode };
const FIT = { maxZoom: 1 };
const fitted = (flow: ReactFlowInstance<Node<Shown>>) => void flow.fitView(FIT);
const MARK = { hideAttribution: true };
/** Known beforehand, so that no step is measured. */
const SIZE = { width: WIDTH, height: HEIGHT };
/** So many stand in the page all together: moving them then costs nothing but the picture. */
const ALL = 1000;
const LIVE = new Set(["Executing", "Starting", "Stopping"]);

interface Props {
  definition: Definition;
  records?: Record<string, StepRecord>;
  chosen?: string;
  choose?: (name: string | undefined) => void;
  /** By right-click on a step. */
  menu?: (event: { clientX: number; clientY: number; preventDefault: () => void }, name: string) => void;
}

export function Graph({ definition, records, chosen, choose, menu }: Props) {
  const dark = useDark();
  const placed = useMemo(() => place(definition), [definition]);
  const loops = useMemo(() => inLoops(definition), [definition]);
  const [keep] = useState(() => keeper<Node<Shown>>());
  const nodes = keep(
    placed.nodes.map(({ step, x, y }) => {
      const several = records ? recordsOf(step.Name, loops, records) : [];
      const record = summed(several);
      return {
        id: step.Name,
        type: "step",
        position: { x, y },
        style: placedAt(x, y),
        ...SIZE,
        measured: SIZE,
        handles: [],
        ariaLabel: `${step.DisplayName ?? step.Name}, ${step.Type}${record ? `, ${record.StepStatus}` : ""}`,
        data: { name: step.DisplayName ?? step.Name, type: step.Type, state: record?.StepStatus ?? (records ? "Waiting" : "Plain"), told: told(record, several), chosen: chosen === step.Name },
      };
    }),
  );
  const running = nodes
    .filter((one) => LIVE.has(one.data.state))
    .map((one) => one.id)
    .join("\n");
  const [holder, whileMoved] = useMoved();
  const onClick = useCallback((_: unknown, node: Node) => choose?.(node.id), [choose]);
  const onPane = useCallback(() => choose?.(undefined), [choose]);
  const onSelection = useCallback(({ nodes: selected }: { nodes: Node[] }) => selected[0] && choose?.(selected[0].id), [choose]);
  return (
    <div className="graph" ref={holder}>
      <ReactFlow
        {...whileMoved}
        nodes={nodes}
        nodeTypes={TYPES}
        colorMode={dark ? "dark" : "light"}
        fitView
        fitViewOptions={FIT}
        onInit={fitted}
        minZoom={0.05}
        onlyRenderVisibleElements={nodes.length > ALL}
        nodesDraggable={false}
        nodesConnectable={false}
        onNodeClick={onClick}
        onNodeContextMenu={(event, node) => menu?.(event, node.id)}
        onPaneClick={onPane}
        onSelectionChange={onSelection}
        proOptions={MARK}
      >
        <Background />
        <Ways nodes={nodes} edges={placed.edges} laid running={running} />
        <Controls showInteractive={false} />
        {nodes.length > 30 && <MiniMap pannable zoomable />}
      </ReactFlow>
    </div>
  );
}
