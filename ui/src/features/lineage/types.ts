// Lineage as the API shows it.
export interface Vertex {
  Arn: string;
  Type?: string;
  LineageType: "TrialComponent" | "Artifact" | "Context" | "Action";
}
export interface Edge {
  SourceArn: string;
  DestinationArn: string;
  AssociationType?: string;
}
export interface Answer {
  Vertices: Vertex[];
  Edges: Edge[];
  NextToken?: string;
}
/** What Describe… says of an artifact, an action, a context or a trial component. */
export interface Entity {
  Source?: { SourceUri?: string; SourceArn?: string };
  ArtifactName?: string;
  ActionName?: string;
  ContextName?: string;
  DisplayName?: string;
  Status?: string | { PrimaryStatus?: string };
  Properties?: Record<string, string>;
}
export interface Shown {
  arn: string;
  name: string;
  word: string;
  /** The page of it, where it has one. */
  to?: string;
  told?: string;
}
