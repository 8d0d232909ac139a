// One thing that runs or waits, as ListRunning tells of it. Pure.
export interface RunningItem {
  Project: string;
  Kind: string;
  Name: string;
  User: string;
  InstanceType: string;
  Phase: "Running" | "Waiting";
  Reason?: string;
  Since?: number;
  Instances: number;
  Memory: number;
  CostPerHour: number;
  Cost: number;
}

export const keyOf = (item: RunningItem): string => [item.Project, item.Kind, item.Name, item.InstanceType, item.User].join("/");

/** Every word that was typed stands somewhere in it. */
export const matches = (item: RunningItem, typed: string): boolean => {
  const text = [item.Name, item.Kind, item.User, item.InstanceType, item.Phase].join(" ").toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => text.includes(word));
};
