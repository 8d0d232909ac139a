// Environments (SageMaker's images and their versions) as the API shows them; times are epoch seconds.
export interface Image {
  ImageName: string;
  ImageArn: string;
  Description?: string;
  CreationTime: number;
  LastModifiedTime: number;
}
export interface Version {
  Version: number;
  ImageVersionArn: string;
  ImageVersionStatus: "CREATING" | "CREATED" | "CREATE_FAILED" | "DELETING" | "DELETE_FAILED";
  CreationTime: number;
  FailureReason?: string;
}
export interface VersionDetail extends Version {
  BaseImage: string;
  ContainerImage?: string;
}
export interface Told {
  Requirements: string;
  Lock: string;
  CreatedBy: string;
  Log: { Time: number; Text: string }[];
  UsedBy: { Kind: string; Name: string; CreationTime: number }[];
}

/** "numpy==2.1.0" lines of a lock, without hashes and comments. */
export const packagesOf = (lock: string): { name: string; version: string }[] =>
  lock.split("\n").flatMap((line) => {
    const found = /^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)/.exec(line);
    return found ? [{ name: found[1] as string, version: found[2] as string }] : [];
  });

/** What differs between two locks, by package. */
export function differences(before: string, after: string): { name: string; before?: string; after?: string }[] {
  const old = new Map(packagesOf(before).map((one) => [one.name, one.version]));
  const now = new Map(packagesOf(after).map((one) => [one.name, one.version]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => ({ name, before: old.get(name), after: now.get(name) }));
}

export const nameProblem = (name: string): string | undefined =>
  /^[a-zA-Z0-9]([-.]?[a-zA-Z0-9]){0,62}$/.test(name) ? undefined : "Letters, digits, and single dashes or dots between them; 63 at most.";
