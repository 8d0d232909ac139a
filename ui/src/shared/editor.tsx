// A field for code: lines are numbered, Tab indents (Escape, then Tab, leaves it), Ctrl S saves.
import { type KeyboardEvent, useRef } from "react";

interface Props {
  label: string;
  value: string;
  set: (value: string) => void;
  save?: () => void;
  readOnly?: boolean;
  rows?: number;
}

export function CodeEditor({ label, value, set, save, readOnly, rows = 22 }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const numbers = useRef<HTMLPreElement>(null);
  const leaving = useRef(false);
  const lines = value.split("\n").length;
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const { selectionStart: from, selectionEnd: to } = event.currentTarget;
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      save?.();
    } else if (event.key === "Escape") leaving.current = true;
    else if (event.key === "Tab" && !event.shiftKey && !leaving.current && !readOnly) {
      event.preventDefault();
      set(`${value.slice(0, from)}    ${value.slice(to)}`);
      window.requestAnimationFrame(() => field.current?.setSelectionRange(from + 4, from + 4));
    } else if (event.key === "Enter" && !readOnly) {
      // The next line begins where this one does; deeper after a colon.
      const line = value.slice(value.lastIndexOf("\n", from - 1) + 1, from);
      const indent = (/^\s*/.exec(line)?.[0] ?? "") + (/:\s*$/.test(line) ? "    " : "");
      if (indent) {
        event.preventDefault();
        set(`${value.slice(0, from)}\n${indent}${value.slice(to)}`);
        window.requestAnimationFrame(() => field.current?.setSelectionRange(from + 1 + indent.length, from + 1 + indent.length));
      }
    } else if (event.key !== "Tab") leaving.current = false;
  };
  return (
    <div className="editor">
      <pre ref={numbers} aria-hidden="true">
        {Array.from({ length: lines }, (_, n) => n + 1).join("\n")}
      </pre>
      <textarea
        ref={field}
        aria-label={label}
        spellCheck={false}
        wrap="off"
        rows={rows}
        readOnly={readOnly}
        value={value}
        onChange={(event) => set(event.target.value)}
        onKeyDown={onKeyDown}
        onScroll={(event) => {
          if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
