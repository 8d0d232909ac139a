// Ctrl-K: pages, verbs and every job, model and endpoint by name.
import Modal from "@cloudscape-design/components/modal";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

import { sagemaker } from "../api/client";

interface Entry {
  group: string;
  text: string;
  to: string;
}
const PAGES: Entry[] = [
  ["Home", "/"],
  ["Training jobs", "/jobs"],
  ["Create training job", "/jobs/create"],
  ["Models", "/models"],
  ["Endpoints", "/endpoints"],
  ["Data", "/data"],
  ["Projects", "/projects"],
  ["Members", "/members"],
  ["Access keys", "/keys"],
  ["Connect with boto3", "/connect"],
  ["Settings and shortcuts", "/settings"],
].map(([text, to]) => ({ group: "Go to", text: text!, to: to! }));

async function find(text: string): Promise<Entry[]> {
  const ask = async (operation: string, member: string, name: string, group: string, base: string) => {
    const answer = await sagemaker<Record<string, Record<string, string>[]>>(operation, { NameContains: text || undefined, MaxResults: 6 });
    return (answer[member] ?? []).map((one) => ({ group, text: one[name] ?? "", to: `${base}/${one[name] ?? ""}` }));
  };
  const found = await Promise.all([
    ask("ListTrainingJobs", "TrainingJobSummaries", "TrainingJobName", "Training job", "/jobs"),
    ask("ListModels", "Models", "ModelName", "Model", "/models"),
    ask("ListEndpoints", "Endpoints", "EndpointName", "Endpoint", "/endpoints"),
  ]);
  return found.flat();
}

export function Palette({ close }: { close: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const safe = /^[a-zA-Z0-9-]*$/.test(text) ? text : "";
  const found = useQuery({ queryKey: ["palette", safe], queryFn: () => find(safe), placeholderData: (old) => old });
  const entries = [...PAGES.filter((one) => one.text.toLowerCase().includes(text.toLowerCase())), ...(found.data ?? [])].slice(0, 14);
  useEffect(() => {
    const timer = window.setTimeout(() => field.current?.focus(), 30);
    return () => window.clearTimeout(timer);
  }, []);
  const go = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    void navigate({ to: entry.to });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt((now) => Math.min(now + 1, entries.length - 1));
    else if (event.key === "ArrowUp") setAt((now) => Math.max(now - 1, 0));
    else if (event.key === "Enter") go(entries[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal visible onDismiss={close} header="Find anything" closeAriaLabel="Close">
      <input
        ref={field}
        className="palette"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`palette-${at}`}
        aria-label="Find a page, a job, a model or an endpoint"
        placeholder="A page, a job, a model, an endpoint …"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" className="palette" role="listbox" aria-label="Found">
        {entries.map((entry, index) => (
          <li key={entry.to} id={`palette-${index}`} role="option" aria-selected={index === at} onMouseEnter={() => setAt(index)} onClick={() => go(entry)}>
            <span>{entry.text}</span> <small>{entry.group}</small>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
