import { useQueryClient } from "@tanstack/react-query";

import { sagemaker } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import type { Component } from "./query";

interface On {
  open: (one: Component) => void;
  test: (one: Component) => void;
  copies: (one: Component) => void;
  update: (one: Component) => void;
}

export function useComponentActions(on: On): (one: Component) => Action[] {
  const studio = useStudio();
  const client = useQueryClient();
  return (one) => {
    const name = one.InferenceComponentName;
    const status = one.InferenceComponentStatus;
    const viewer = studio.canWrite ? undefined : VIEWER;
    const busy = status === "InService" || status === "Failed" ? undefined : `The component is ${status}.`;
    return [
      { id: "open", text: "Show", keys: "Enter", run: () => on.open(one) },
      { id: "test", text: "Test", disabledReason: status === "InService" ? undefined : `The component is ${status}.`, run: () => on.test(one) },
      { id: "copies", text: "Change copies…", apart: true, disabledReason: viewer ?? (status === "InService" ? undefined : `The component is ${status}.`), run: () => on.copies(one) },
      { id: "update", text: "Update…", disabledReason: viewer ?? busy, run: () => on.update(one) },
      {
        id: "remove",
        text: "Delete…",
        apart: true,
        disabledReason: viewer,
        run: () =>
          studio.confirm({
            title: `Delete the inference component ${name}?`,
            text: "Requests to it will fail from then on. The endpoint, its other components and the model stay.",
            verb: "Delete",
            act: async () => {
              await sagemaker("DeleteInferenceComponent", { InferenceComponentName: name });
              await client.invalidateQueries({ queryKey: ["InferenceComponent", name] });
              await client.invalidateQueries({ queryKey: ["list", "InferenceComponent"] });
            },
          }),
      },
    ];
  };
}
