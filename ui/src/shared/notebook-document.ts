// What stands in an .ipynb of format 4. Pure.
export type Text = string | string[] | object | undefined;
export interface Output {
  output_type: string;
  name?: string;
  text?: Text;
  data?: Record<string, Text>;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}
export interface Cell {
  cell_type: string;
  source: Text;
  metadata?: { tags?: string[] };
  execution_count?: number | null;
  outputs?: Output[];
}

export const text = (value: Text): string => (Array.isArray(value) ? value.join("") : typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value));

/** Without the colours of a terminal. */
export const plain = (value: string): string => value.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "");

export function parse(document: string): Cell[] | undefined {
  try {
    const found = JSON.parse(document) as { cells?: Cell[] };
    return Array.isArray(found.cells) ? found.cells : undefined;
  } catch {
    return undefined;
  }
}

/** What the cell tagged "parameters" sets, as far as it is plain to read: names and values. */
export function parametersOf(document: string): { name: string; value: string }[] {
  const cell = parse(document)?.find((one) => one.cell_type === "code" && one.metadata?.tags?.includes("parameters"));
  const found: { name: string; value: string }[] = [];
  for (const line of text(cell?.source).split("\n")) {
    const [, name, quoted, bare] = /^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*(?:(["'].*?["'])|([^#]+?))\s*(?:#.*)?$/.exec(line) ?? [];
    if (!name) continue;
    const value = quoted ? quoted.slice(1, -1) : (bare ?? "").replace(/^True$/, "true").replace(/^False$/, "false");
    if (value !== "None") found.push({ name, value });
  }
  return found;
}
