// A notebook as it was left: text, code and outputs, and nothing of it runs. HTML of outputs stands in frames without scripts.
import Alert from "@cloudscape-design/components/alert";
import { useMemo, useState } from "react";

import { Markdown } from "./markdown";
import { type Cell, type Output, parse, plain, text } from "./notebook-document";

const LOOK = "<style>body{margin:0;font:13px system-ui,sans-serif;color:#1d1f2f;background:#fff}table{border-collapse:collapse}td,th{padding:3px 9px;border:1px solid #dcdde6;text-align:right}img{max-width:100%}</style>";

function Html({ html }: { html: string }) {
  const [height, setHeight] = useState(60);
  return (
    <iframe
      className="notebook-html"
      title="Output"
      // No scripts; the same origin only so that its height can be seen.
      sandbox="allow-same-origin"
      srcDoc={LOOK + html}
      style={{ height }}
      onLoad={(event) => setHeight(Math.min(900, (event.currentTarget.contentDocument?.documentElement.scrollHeight ?? 300) + 4))}
    />
  );
}

function Shown({ output }: { output: Output }) {
  if (output.output_type === "stream") return <pre className={output.name === "stderr" ? "stderr" : undefined}>{plain(text(output.text))}</pre>;
  if (output.output_type === "error") return <pre className="stderr">{plain((output.traceback ?? []).join("\n") || `${output.ename}: ${output.evalue}`)}</pre>;
  const data = output.data ?? {};
  for (const type of ["image/png", "image/jpeg", "image/gif"])
    if (data[type] !== undefined) return <img src={`data:${type};base64,${text(data[type]).replace(/\s/g, "")}`} alt={plain(text(data["text/plain"])) || "Picture"} />;
  // As a picture: what an SVG has of scripts does not run there.
  if (data["image/svg+xml"] !== undefined) return <img src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(text(data["image/svg+xml"]))}`} alt="Picture" />;
  if (data["text/html"] !== undefined) return <Html html={text(data["text/html"])} />;
  if (data["text/markdown"] !== undefined) return <Markdown text={text(data["text/markdown"])} />;
  if (data["application/json"] !== undefined) return <pre>{JSON.stringify(data["application/json"], null, 2)}</pre>;
  return <pre>{plain(text(data["text/plain"]))}</pre>;
}

function One({ cell }: { cell: Cell }) {
  const source = text(cell.source);
  // Papermill's own words about an error; the error itself stands below its cell.
  if (cell.metadata?.tags?.includes("papermill-error-cell-tag")) return null;
  if (cell.cell_type === "markdown") return <Markdown text={source} />;
  if (cell.cell_type !== "code") return <pre>{source}</pre>;
  const injected = cell.metadata?.tags?.includes("injected-parameters");
  return (
    <div className="notebook-cell">
      <span className="prompt" aria-hidden="true">{`[${cell.execution_count ?? " "}]`}</span>
      <div>
        {injected && <small>Parameters of this run</small>}
        {source && (
          <pre className="notebook-code" tabIndex={0}>
            {source}
          </pre>
        )}
        {(cell.outputs ?? []).map((output, number) => (
          <div className="notebook-output" key={number}>
            <Shown output={output} />
          </div>
        ))}
      </div>
    </div>
  );
}

export function NotebookView({ document }: { document: string }) {
  const cells = useMemo(() => parse(document), [document]);
  if (!cells) return <Alert type="error">This is no notebook that can be read.</Alert>;
  return (
    <article className="notebook" aria-label="Notebook">
      {cells.map((cell, number) => (
        <One key={number} cell={cell} />
      ))}
    </article>
  );
}
