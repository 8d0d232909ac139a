// A first request that the model can answer: made of what it says it takes, by the open inference protocol's metadata.
import { useQuery } from "@tanstack/react-query";

import { headers, send } from "../../api/client";

export interface Tensor {
  name: string;
  datatype: string;
  shape: number[];
}

/** Where a model says nothing of itself. */
export const UNKNOWN: Tensor[] = [{ name: "rows", datatype: "FP32", shape: [-1, 3] }];
const WIDEST = 200;

const valueOf = (datatype: string, place: number): number | string | boolean => (datatype === "BYTES" ? "a" : datatype === "BOOL" ? true : place + 1);

/** What has a row of plain values; else nothing is known that a page could write down. */
const known = (inputs: Tensor[]): Tensor[] => {
  const named = inputs.length > 0 && inputs.every((one) => one.shape.length === 2 && one.shape[1] === 1);
  const [only] = inputs;
  const table = inputs.length === 1 && only!.shape.length === 2 && only!.shape[1]! > 0 && only!.shape[1]! <= WIDEST;
  return named || table ? inputs : UNKNOWN;
};

export function rowOf(inputs: Tensor[]): (number | string | boolean)[] {
  const tensors = known(inputs);
  if (tensors.length > 1) return tensors.map((one, place) => valueOf(one.datatype, place));
  return Array.from({ length: tensors[0]!.shape[1]! }, (_, place) => valueOf(tensors[0]!.datatype, place));
}

/** The bodies of one such row, by their content types. */
export function samplesOf(inputs: Tensor[]): Record<string, string> {
  const row = rowOf(inputs);
  const line = `[${row.map((one) => JSON.stringify(one)).join(", ")}]`;
  return { "application/json": `[${line}]`, "text/csv": row.join(","), "application/jsonlines": line };
}

/** What the endpoint, or the component behind it, takes; [] until it is known, and where it does not say. */
export function useInputs(name: string | undefined, live: boolean): Tensor[] {
  const query = useQuery({
    queryKey: ["inputs", name],
    enabled: Boolean(name) && live,
    retry: false,
    staleTime: 60_000,
    queryFn: async () => ((await (await send(`/api/v2/models/${encodeURIComponent(name!)}`, { headers: headers() })).json()) as { inputs: Tensor[] }).inputs,
  });
  return query.data ?? NOTHING;
}

const NOTHING: Tensor[] = [];
