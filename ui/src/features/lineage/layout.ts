// A lineage as places on a sheet, from left (where it came from) to right. No React here: it is tested by itself.
import dagre from "@dagrejs/dagre";

import { parseS3 } from "../../shared/format";
import type { Edge, Entity, Shown, Vertex } from "./types";

export const WIDTH = 210;
export const HEIGHT = 56;

const JOBS: Record<string, string> = { "training-job": "jobs", "processing-job": "processing", "transform-job": "batch" };
const WORDS: Record<string, string> = {
  DataSet: "Data set",
  Model: "Model file",
  SageMakerModel: "Model",
  ModelPackage: "Version",
  ModelGroup: "Model group",
  ModelDeployment: "Deployment",
  TrainingJob: "Training job",
  ProcessingJob: "Processing job",
  TransformJob: "Batch transform",
  PipelineExecution: "Pipeline execution",
};

/** What follows the type in an ARN: "churn/3" of "…:model-package/churn/3". */
const nameIn = (arn: string) => arn.split(":").slice(5).join(":").replace(/^[^/]*\//, "");

/** "lr/model.tar.gz" of "s3://bucket/a/lr/model.tar.gz": enough to know it by. */
const tail = (uri: string) => uri.replace(/\/$/, "").split("/").slice(-2).join("/");

function addressed(uri: string): { name: string; to?: string } {
  if (!uri.startsWith("s3://")) return { name: uri.split("/").pop() ?? uri };
  const { bucket, key } = parseS3(uri);
  const folder = key.endsWith("/") || !key.split("/").pop()?.includes(".") ? key : key.slice(0, key.lastIndexOf("/") + 1);
  return { name: tail(uri), to: `/data/${bucket}?prefix=${encodeURIComponent(folder && !folder.endsWith("/") ? `${folder}/` : folder)}` };
}

/** The page of what has an ARN. */
export function pageOf(arn: string): string | undefined {
  const type = arn.split(":")[5]?.split("/")[0] ?? "";
  const name = nameIn(arn);
  if (JOBS[type]) return `/${JOBS[type]}/${name}`;
  if (type === "model-package" || type === "model-package-group") return `/registry/${name}`;
  if (type === "model") return `/models/${name}`;
  if (type === "endpoint") return `/endpoints/${name}`;
  const execution = /:pipeline\/([^/]+)\/execution\/([^/]+)$/.exec(arn);
  return execution ? `/pipelines/${execution[1]}/${execution[2]}` : undefined;
}

export function shownOf(vertex: Vertex, entity: Entity | undefined): Shown {
  const type = vertex.Type ?? vertex.LineageType;
  const word = WORDS[type] ?? type;
  const arn = vertex.Arn;
  const source = entity?.Source?.SourceArn ?? entity?.Source?.SourceUri ?? "";
  if (!entity) return { arn, word, name: nameIn(arn) };
  const known = entity.Properties ?? {};
  const status = typeof entity.Status === "object" ? entity.Status.PrimaryStatus : undefined;
  const page = source.startsWith("arn:") ? pageOf(source) : undefined;
  if (type === "Approval") return { arn, word: known.ModelApprovalStatus ?? word, name: known.By ? `by ${known.By}` : nameIn(arn), to: page, told: known.Why };
  if (type === "ModelDeployment") return { arn, word, name: known.EndpointConfigName ?? nameIn(arn), to: page };
  if (type === "ModelPackage") return { arn, word, name: (known.ModelPackageName ?? nameIn(source)).replace(/\/(\d+)$/, " v$1"), to: known.ModelPackageName ? `/registry/${known.ModelPackageName}` : page };
  const name = known.EndpointName ?? known.ModelName ?? known.ModelPackageGroupName ?? known.PipelineName ?? entity.DisplayName ?? entity.ArtifactName;
  // In pages' addresses names keep the case they were given.
  const to = page && name ? page.replace(/[^/]+$/, (last) => (last.toLowerCase() === name.toLowerCase() ? name : last)) : page;
  if (page) return { arn, word, name: name ?? nameIn(source), to, told: status };
  if (known.DataSetName) return { arn, word, name: `${known.DataSetName} v${known.DataSetVersion ?? ""}`, to: `/data/sets/${known.DataSetName}?version=${known.DataSetVersion ?? ""}`, told: source };
  const found = addressed(source);
  return { arn, word, name: entity.ArtifactName ?? entity.ActionName ?? entity.ContextName ?? found.name, to: found.to, told: source };
}

/** Without edges that only shorten a longer way: an artifact behind an endpoint is joined with it also straight. */
export function reduced(edges: Edge[]): Edge[] {
  const onward = new Map<string, string[]>();
  for (const one of edges) onward.set(one.SourceArn, [...(onward.get(one.SourceArn) ?? []), one.DestinationArn]);
  const longer = (edge: Edge) => {
    const seen = new Set<string>([edge.SourceArn]);
    const todo = (onward.get(edge.SourceArn) ?? []).filter((one) => one !== edge.DestinationArn);
    while (todo.length) {
      const next = todo.pop()!;
      if (next === edge.DestinationArn) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      todo.push(...(onward.get(next) ?? []));
    }
    return false;
  };
  return edges.length > 500 ? edges : edges.filter((one) => !longer(one));
}

export interface Placed {
  shown: Shown;
  x: number;
  y: number;
}

export function place(nodes: Shown[], edges: Edge[]): Placed[] {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 60 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const one of nodes) graph.setNode(one.arn, { width: WIDTH, height: HEIGHT });
  for (const edge of edges) graph.setEdge(edge.SourceArn, edge.DestinationArn);
  dagre.layout(graph);
  return nodes.map((shown) => {
    const at = graph.node(shown.arn) as { x: number; y: number };
    return { shown, x: at.x - WIDTH / 2, y: at.y - HEIGHT / 2 };
  });
}
