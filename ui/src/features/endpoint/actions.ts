import { useNavigate } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import { type Action, endpointActions } from "../../shared/actions";
import { useStudio } from "../../shared/context";

export function useEndpointActions(): (name: string, status: string) => Action[] {
  const studio = useStudio();
  const navigate = useNavigate();
  return (name, status) =>
    endpointActions(status, studio.canWrite, {
      test: () => void navigate({ to: `/endpoints/${name}`, search: { tab: "test" } as never }),
      update: () => void navigate({ to: `/endpoints/${name}`, search: { tab: "variants", update: true } as never }),
      rollBack: () => void navigate({ to: `/endpoints/${name}`, search: { tab: "history" } as never }),
      remove: () =>
        studio.confirm({
          title: `Delete the endpoint ${name}?`,
          text: "Requests to it will fail from then on. The model stays.",
          verb: "Delete",
          typed: name,
          act: async () => {
            await sagemaker("DeleteEndpoint", { EndpointName: name });
            await navigate({ to: "/endpoints" });
          },
        }),
    });
}
