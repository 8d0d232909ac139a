// The tab "Lineage": what a thing was made of and what was made of it, as a graph whose nodes lead to their pages.
import "@xyflow/react/dist/style.css";

import Box from "@cloudscape-design/components/box";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Background, Controls, type Edge as FlowEdge, Handle, MiniMap, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import { useMemo, useState } from "react";

import { ApiError, sagemaker } from "../../api/client";
import { Empty, Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { useDark } from "../../shared/theme";
import { HEIGHT, place, reduced, shownOf, WIDTH } from "./layout";
import type { Answer, Entity, Shown, Vertex } from "./types";

/** Entities that are told by name; of more than so many the rest goes by what the query says of them. */
const TOLD = 200;
const DESCRIBE = {
  Artifact: { operation: "DescribeArtifact", ask: (arn: string) => ({ ArtifactArn: arn }) },
  Action: { operation: "DescribeAction", ask: (arn: string) => ({ ActionName: arn.split("/").pop() }) },
  Context: { operation: "DescribeContext", ask: (arn: string) => ({ ContextName: arn.split("/").pop() }) },
  TrialComponent: { operation: "DescribeTrialComponent", ask: (arn: string) => ({ TrialComponentName: arn.split("/").pop() }) },
};

const told = async (one: Vertex): Promise<[string, Shown]> => {
  const { operation, ask } = DESCRIBE[one.LineageType];
  try {
    return [one.Arn, shownOf(one, await sagemaker<Entity>(operation, ask(one.Arn)))];
  } catch {
    // Removed since the query.
    return [one.Arn, shownOf(one, undefined)];
  }
};

/** `start`: the ARN of an entity, or the source of an artifact. */
async function load(start: string, direction: string) {
  let arn: string | undefined = start;
  if (!/:(artifact|action|context|experiment-trial-component)\//.test(start)) {
    const found = await sagemaker<{ ArtifactSummaries: { ArtifactArn: string }[] }>("ListArtifacts", { SourceUri: start });
    arn = found.ArtifactSummaries[0]?.ArtifactArn;
  }
  if (!arn) return undefined;
  let answer: Answer;
  try {
    answer = await sagemaker<Answer>("QueryLineage", { StartArns: [arn], Direction: direction });
  } catch (error) {
    if (error instanceof ApiError && error.code === "ResourceNotFound") return undefined;
    throw error;
  }
  const named = new Map(await Promise.all(answer.Vertices.slice(0, TOLD).map(told)));
  const nodes = answer.Vertices.map((one) => ({ ...(named.get(one.Arn) ?? shownOf(one, undefined)), image: one.Type === "Image", start: one.Arn.toLowerCase() === arn.toLowerCase() }));
  return { nodes, edges: answer.Edges };
}

interface NodeData extends Record<string, unknown> {
  shown: Shown & { start: boolean };
}

function Entry({ data }: NodeProps<Node<NodeData>>) {
  const { shown } = data;
  return (
    <div className={`step lineage ${shown.start ? "chosen" : ""}`} data-word={shown.word} title={shown.told}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <strong>{shown.to && !shown.start ? <Link to={shown.to}>{shown.name}</Link> : shown.name}</strong>
      <span>{shown.word}</span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
const TYPES = { entry: Entry };

const WAYS = [
  { id: "Both", text: "Both ways" },
  { id: "Ascendants", text: "Made from" },
  { id: "Descendants", text: "Led to" },
];

export function Lineage({ start, waits }: { start: string; waits: string }) {
  const [direction, setDirection] = useState("Both");
  const [images, setImages] = useState(false);
  const dark = useDark();
  const query = useQuery({
    queryKey: ["lineage", start, direction],
    queryFn: () => load(start, direction).then((found) => found ?? null),
    placeholderData: (old) => old,
    refetchInterval: (found) => (found.state.data ? 15_000 : 3000),
  });
  const drawn = useMemo(() => {
    const nodes = (query.data?.nodes ?? []).filter((one) => images || !one.image || one.start);
    const known = new Set(nodes.map((one) => one.arn));
    const edges = reduced((query.data?.edges ?? []).filter((one) => known.has(one.SourceArn) && known.has(one.DestinationArn)));
    return { nodes: place(nodes, edges), edges };
  }, [query.data, images]);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <Skeleton rows={6} />;
  if (!query.data) return <Empty title="No lineage yet" text={waits} />;
  const nodes: Node<NodeData>[] = drawn.nodes.map(({ shown, x, y }) => ({
    id: shown.arn,
    type: "entry",
    position: { x, y },
    width: WIDTH,
    height: HEIGHT,
    data: { shown: shown as NodeData["shown"] },
  }));
  const edges: FlowEdge[] = drawn.edges.map((one) => ({ id: `${one.SourceArn}>${one.DestinationArn}`, source: one.SourceArn, target: one.DestinationArn }));
  return (
    <SpaceBetween size="s">
      <SpaceBetween direction="horizontal" size="m" alignItems="center">
        <SegmentedControl label="Direction" selectedId={direction} options={WAYS} onChange={({ detail }) => setDirection(detail.selectedId)} />
        <Toggle checked={images} onChange={({ detail }) => setImages(detail.checked)}>
          Images
        </Toggle>
        <Box color="text-body-secondary">{nodes.length === 1 ? "Nothing else is known of it yet." : `${nodes.length} things`}</Box>
      </SpaceBetween>
      <div className="graph" role="group" aria-label="Lineage">
        <ReactFlow
          key={`${direction} ${String(images)} ${nodes.length}`}
          nodes={nodes}
          edges={edges}
          nodeTypes={TYPES}
          colorMode={dark ? "dark" : "light"}
          fitView
          fitViewOptions={{ maxZoom: 1.1 }}
          minZoom={0.05}
          onlyRenderVisibleElements={nodes.length > 100}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          proOptions={{ hideAttribution: true }}
        >
          <Background />
          <Controls showInteractive={false} />
          {nodes.length > 30 && <MiniMap pannable zoomable />}
        </ReactFlow>
      </div>
    </SpaceBetween>
  );
}

/** Where the lineage of a job begins: its trial component. */
export const componentOf = (arn: string, kind: "training" | "processing" | "transform") => arn.replace(/:[a-z-]+\/(.*)$/, `:experiment-trial-component/$1-aws-${kind}-job`);
/** Of an endpoint: its context. */
export const contextOf = (arn: string) => arn.replace(/:endpoint\/(.*)$/, ":context/$1-aws-endpoint");
