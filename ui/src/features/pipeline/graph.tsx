// The drawing of a pipeline: its steps, in the colours of an execution where there is one. Draws only; it knows no API.
import "@xyflow/react/dist/style.css";

import { Background, Controls, type Edge, Handle, MiniMap, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import { useMemo } from "react";

import { duration } from "../../shared/format";
import { isDark } from "../../shared/theme";
import { HEIGHT, place, WIDTH } from "./layout";
import { inLoops, recordsOf, summed } from "./results";
import type { Definition, StepRecord } from "./types";

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

function StepNode({ data }: NodeProps<Node<Shown>>) {
  return (
    <div className={`step ${data.chosen ? "chosen" : ""}`} data-state={data.state}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <strong title={data.name}>{data.name}</strong>
      <span>
        {data.type}
        {data.told && ` · ${data.told}`}
      </span>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
}
const TYPES = { step: StepNode };

interface Props {
  definition: Definition;
  records?: Record<string, StepRecord>;
  chosen?: string;
  choose?: (name: string | undefined) => void;
  /** By right-click on a step. */
  menu?: (event: { clientX: number; clientY: number; preventDefault: () => void }, name: string) => void;
}

export function Graph({ definition, records, chosen, choose, menu }: Props) {
  const dark = isDark();
  const placed = useMemo(() => place(definition), [definition]);
  const loops = useMemo(() => inLoops(definition), [definition]);
  const nodes: Node<Shown>[] = placed.nodes.map(({ step, x, y }) => {
    const several = records ? recordsOf(step.Name, loops, records) : [];
    const record = summed(several);
    return {
      id: step.Name,
      type: "step",
      position: { x, y },
      width: WIDTH,
      height: HEIGHT,
      ariaLabel: `${step.DisplayName ?? step.Name}, ${step.Type}${record ? `, ${record.StepStatus}` : ""}`,
      data: { name: step.DisplayName ?? step.Name, type: step.Type, state: record?.StepStatus ?? (records ? "Waiting" : "Plain"), told: told(record, several), chosen: chosen === step.Name },
    };
  });
  const edges: Edge[] = placed.edges.map((one) => ({
    id: `${one.from}>${one.to}`,
    source: one.from,
    target: one.to,
    label: one.word,
    animated: records ? summed(recordsOf(one.to, loops, records))?.StepStatus === "Executing" : false,
  }));
  return (
    <div className="graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        colorMode={dark ? "dark" : "light"}
        fitView
        fitViewOptions={{ maxZoom: 1 }}
        minZoom={0.05}
        onlyRenderVisibleElements
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        onNodeClick={(_, node) => choose?.(node.id)}
        onNodeContextMenu={(event, node) => menu?.(event, node.id)}
        onPaneClick={() => choose?.(undefined)}
        onSelectionChange={({ nodes: selected }) => selected[0] && choose?.(selected[0].id)}
        proOptions={{ hideAttribution: true }}
      >
        <Background />
        <Controls showInteractive={false} />
        {nodes.length > 30 && <MiniMap pannable zoomable />}
      </ReactFlow>
    </div>
  );
}
