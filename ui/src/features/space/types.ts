// What the pages read of spaces and their apps. Times are epoch seconds.
export interface SpaceSummary {
  DomainId: string;
  SpaceName: string;
  Status: string;
  CreationTime: number;
  LastModifiedTime: number;
  SpaceDisplayName?: string;
  SpaceSettingsSummary?: { AppType?: string };
  SpaceSharingSettingsSummary?: { SharingType: string };
  OwnershipSettingsSummary?: { OwnerUserProfileName: string };
}
export interface AppSummary {
  DomainId: string;
  SpaceName?: string;
  AppType: string;
  AppName: string;
  Status: string;
  CreationTime: number;
  ResourceSpec?: { InstanceType?: string };
}
export interface SpaceApp {
  AppType: string;
  AppName: string;
  Status: string;
  InstanceType: string;
  StartedBy: string;
  Since: number;
  Message?: string;
  FailureReason?: string;
  LastActivity?: number;
  LogStreamPrefix: string;
}
export interface SpaceState {
  SpaceName: string;
  DomainId: string;
  Owner: string;
  SharingType: "Private" | "Shared";
  AppType: string;
  Path: string;
  InstanceType: string;
  IdleMinutes?: number;
  /** What its home takes on the disk, as measured last. */
  HomeBytes?: number;
  Present?: string[];
  /** Why the person who asks may not: empty where it may be done. */
  NoEntry: string;
  NoChange: string;
  NoRemoval: string;
  Lacks: string;
  App?: SpaceApp;
}
export interface SpaceFile {
  Name: string;
  Type: "Folder" | "File" | "Other";
  Size: number;
  LastModified: number;
}

export const runs = (app: SpaceApp | undefined) => app !== undefined && (app.Status === "Pending" || app.Status === "InService");
/** A word for a space as people speak of it. */
export const wordOf = (status: string | undefined): string =>
  ({ Pending: "Starting", InService: "Running", Deleting: "Stopping", Failed: "Failed" })[status ?? ""] ?? "Stopped";

/** An app people know by a name, and where in it one begins. */
export const appName = (type: string | undefined) => (type === "CodeEditor" ? "Code Editor" : "JupyterLab");
export const addressOf = (state: SpaceState) => `${state.Path}${(runs(state.App) ? state.App?.AppType : state.AppType) === "CodeEditor" ? "" : "lab"}`;
