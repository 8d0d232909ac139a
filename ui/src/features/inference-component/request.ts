// What is asked of the API for an inference component, made of what was filled in. Pure.
import type { InstanceType } from "../../api/types";
import { bytes, number } from "../../shared/format";
import type { Component, Requirements } from "./query";

export interface Share {
  /** Of each copy. */
  cores: string;
  memory: string;
  gpus: string;
  copies: string;
}
export interface ComponentDraft extends Share {
  name: string;
  model: string;
  variant: string;
}

export const newShare: Share = { cores: "0.5", memory: "512", gpus: "0", copies: "1" };
const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

export type ShareProblems = Partial<Record<keyof ComponentDraft, string>>;

export function shareProblems(share: Share): ShareProblems {
  const found: ShareProblems = {};
  if (!(Number(share.cores) >= 0.25)) found.cores = "At least 0.25.";
  if (!(/^\d+$/.test(share.memory) && Number(share.memory) >= 128)) found.memory = "At least 128.";
  if (!/^\d+$/.test(share.gpus)) found.gpus = "A whole number; 0: none.";
  if (copiesProblem(share.copies)) found.copies = copiesProblem(share.copies);
  return found;
}

export const copiesProblem = (copies: string) => (/^\d+$/.test(copies) && Number(copies) <= 100 ? undefined : "From 0 (sleeps until it is asked) to 100.");

export function problemsOf(draft: ComponentDraft, made: boolean): ShareProblems {
  const found = shareProblems(draft);
  if (!made && !NAME.test(draft.name)) found.name = "Letters, digits and single dashes between them; 63 at most.";
  if (!draft.model) found.model = "Choose a model.";
  return found;
}

const requirementsOf = (share: Share): Requirements => ({
  NumberOfCpuCoresRequired: Number(share.cores),
  NumberOfAcceleratorDevicesRequired: Number(share.gpus) || undefined,
  MinMemoryRequiredInMb: Number(share.memory),
});

export const specificationOf = (model: string, share: Share) => ({ ModelName: model, ComputeResourceRequirements: requirementsOf(share) });

export const createRequest = (endpoint: string, draft: ComponentDraft) => ({
  InferenceComponentName: draft.name,
  EndpointName: endpoint,
  VariantName: draft.variant,
  Specification: specificationOf(draft.model, draft),
  RuntimeConfig: { CopyCount: Number(draft.copies) },
});

export const updateRequest = (draft: ComponentDraft) => ({
  InferenceComponentName: draft.name,
  Specification: specificationOf(draft.model, draft),
  RuntimeConfig: { CopyCount: Number(draft.copies) },
});

export const draftOf = (one: Component): ComponentDraft => {
  const needs = one.Specification.ComputeResourceRequirements;
  return {
    name: one.InferenceComponentName,
    variant: one.VariantName,
    model: one.Specification.ModelName ?? "",
    cores: String(needs.NumberOfCpuCoresRequired ?? 1),
    memory: String(needs.MinMemoryRequiredInMb),
    gpus: String(needs.NumberOfAcceleratorDevicesRequired ?? 0),
    copies: String(one.RuntimeConfig.DesiredCopyCount),
  };
};

const MIB = 2 ** 20;

export function needsOf(needs: Requirements): string {
  const gpus = needs.NumberOfAcceleratorDevicesRequired;
  const cores = needs.NumberOfCpuCoresRequired;
  return [cores === undefined ? undefined : `${number(cores)} ${cores === 1 ? "core" : "cores"}`, bytes(needs.MinMemoryRequiredInMb * MIB), gpus ? `${number(gpus)} GPU` : undefined].filter(Boolean).join(", ");
}

/** How much of a variant's instances the components' copies take. */
export function takenOf(components: Component[], variant: string, size: InstanceType | undefined, instances: number): string | undefined {
  if (!size) return undefined;
  const mine = components.filter((one) => one.VariantName === variant && one.InferenceComponentStatus !== "Failed");
  const sum = (of: (needs: Requirements) => number) => mine.reduce((all, one) => all + one.RuntimeConfig.DesiredCopyCount * of(one.Specification.ComputeResourceRequirements), 0);
  const cores = sum((needs) => needs.NumberOfCpuCoresRequired ?? 0);
  const memory = sum((needs) => needs.MinMemoryRequiredInMb * MIB);
  return `${number(cores)} of ${number(size.Cores * instances)} cores and ${bytes(memory)} of ${bytes(size.Memory * instances)} are taken`;
}
