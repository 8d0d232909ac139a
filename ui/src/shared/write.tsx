// A field for a comment: Markdown, with the project's members offered after an @.
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";

import { studio } from "../api/client";
import { Avatar } from "./avatar";

const NAME = /(^|[^\w.@/])@([a-zA-Z0-9._+-]*)$/;

export function Write({ label, verb, first = "", send, cancel }: { label: string; verb: string; first?: string; send: (text: string) => Promise<boolean>; cancel?: () => void }): ReactNode {
  const [text, setText] = useState(first);
  const [asked, setAsked] = useState<string>();
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const list = useId();
  const members = useQuery({
    queryKey: ["members"],
    queryFn: () => studio<{ Members: { User: string; Role: string }[] }>("ListMembers"),
    select: (answer) => answer.Members,
    enabled: asked !== undefined,
  });
  const offered = asked === undefined ? [] : (members.data ?? []).filter((one) => one.User.toLowerCase().startsWith(asked.toLowerCase())).slice(0, 6);
  const look = (value: string, caret: number) => {
    setAsked(NAME.exec(value.slice(0, caret))?.[2]);
    setAt(0);
  };
  const take = (user: string) => {
    const caret = field.current?.selectionStart ?? text.length;
    const before = text.slice(0, caret).replace(NAME, (_, lead: string) => `${lead}@${user} `);
    setText(before + text.slice(caret));
    setAsked(undefined);
    window.requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(before.length, before.length);
    });
  };
  const go = async () => {
    if (!text.trim() || busy) return;
    setBusy(true);
    if (await send(text)) setText("");
    setBusy(false);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void go();
    } else if (offered.length > 0 && ["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(event.key)) {
      event.preventDefault();
      if (event.key === "Escape") setAsked(undefined);
      else if (event.key === "ArrowDown") setAt((at + 1) % offered.length);
      else if (event.key === "ArrowUp") setAt((at + offered.length - 1) % offered.length);
      else take(offered[at]?.User ?? "");
    } else if (event.key === "Escape") cancel?.();
  };
  return (
    <div className="write">
      <textarea
        ref={field}
        aria-label={label}
        placeholder="Markdown; @ names a member"
        rows={3}
        maxLength={10000}
        value={text}
        role="combobox"
        aria-expanded={offered.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={offered.length > 0 ? `${list}-${at}` : undefined}
        onChange={(event) => {
          setText(event.target.value);
          look(event.target.value, event.target.selectionStart);
        }}
        onKeyDown={onKey}
        onBlur={() => window.setTimeout(() => setAsked(undefined), 150)}
      />
      <ul role="listbox" id={list} aria-label="Members" className="offered" hidden={offered.length === 0}>
        {offered.map((one, number) => (
          <li key={one.User} id={`${list}-${number}`} role="option" aria-selected={number === at} onMouseDown={(event) => event.preventDefault()} onClick={() => take(one.User)}>
            <Avatar name={one.User} /> {one.User} <small>{one.Role}</small>
          </li>
        ))}
      </ul>
      <SpaceBetween direction="horizontal" size="xs">
        <Button disabled={!text.trim()} loading={busy} onClick={() => void go()}>
          {verb}
        </Button>
        {cancel && (
          <Button variant="link" onClick={cancel}>
            Cancel
          </Button>
        )}
        <span className="hint">
          <kbd>Ctrl Enter</kbd> sends
        </span>
      </SpaceBetween>
    </div>
  );
}
