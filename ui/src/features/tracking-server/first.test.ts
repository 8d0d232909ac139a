import { expect, it, vi } from "vitest";

import { beginMlflow } from "./first";

it("leaves what a person has chosen", () => {
  const kept = new Map([["mlflow.workflowType_v1", '"genai"']]);
  vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
  beginMlflow();
  expect(Object.fromEntries(kept)).toEqual({ "mlflow.workflowType_v1": '"genai"', "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true" });
});

it("does without a storage", () => {
  vi.stubGlobal("localStorage", undefined);
  expect(() => beginMlflow()).not.toThrow();
});
