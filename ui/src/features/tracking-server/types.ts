export interface TrackingServer {
  TrackingServerName: string;
  TrackingServerArn: string;
  TrackingServerStatus: string;
  IsActive: "Active" | "Inactive";
  MlflowVersion?: string;
  CreationTime: number;
}

/** Of the server that a project has by itself, where notebooks and jobs record. */
export const OWN = "default";
export const addressOf = (project: string, name: string) => `/mlflow/${project}/${name.toLowerCase()}/`;

export const nameProblem = (name: string): string | undefined =>
  /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}$/.test(name) ? undefined : "Letters, digits and single hyphens between them.";

const MOVING = new Set(["Creating", "Starting", "Updating", "Stopping", "Deleting"]);
export const moving = (one: TrackingServer) => MOVING.has(one.TrackingServerStatus);
