// Which endpoint a model is to share: one that is there, or a new one.
import ColumnLayout from "@cloudscape-design/components/column-layout";

import { Choice, type FieldsProps, Text } from "../deploy/fields";
import type { Draft } from "../deploy/request";
import { placesOf, useShared } from "./query";

export function SharedFields({ draft, set, problems }: FieldsProps<Draft>) {
  const shared = useShared(true);
  const names = (shared.data ?? []).map((one) => one.EndpointName);
  const there = shared.data?.find((one) => one.EndpointName === draft.endpoint);
  const places = there ? placesOf(there) : [];
  const pick = (endpoint: string) => {
    const one = shared.data?.find((each) => each.EndpointName === endpoint);
    set({ endpoint, variant: one ? (placesOf(one)[0] ?? "AllTraffic") : "AllTraffic" });
  };
  return (
    <ColumnLayout columns={2}>
      <Choice
        label="Endpoint"
        description={shared.isPending ? "Looking for endpoints that take models…" : "Whose instances the model shares."}
        value={draft.endpoint}
        options={[...names.map((value) => ({ value, label: value })), { value: "", label: "A new endpoint" }]}
        change={pick}
      />
      {!draft.endpoint && <Text label="New endpoint's name" value={draft.newEndpoint} error={problems.newEndpoint} change={(newEndpoint) => set({ newEndpoint })} />}
      {places.length > 1 && <Choice label="Variant" value={draft.variant} options={places} change={(variant) => set({ variant })} />}
    </ColumnLayout>
  );
}
