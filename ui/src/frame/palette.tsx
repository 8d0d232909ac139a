// Ctrl-K: pages, verbs and every job, model and endpoint by name.
import Modal from "@cloudscape-design/components/modal";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

import { sagemaker } from "../api/client";
import { useStudio } from "../shared/context";
import { isDark, setTheme } from "../shared/theme";
import { PLACES } from "./navigation";

interface Entry {
  group: string;
  text: string;
  to: string;
  run?: () => void;
}
const PAGES: (Entry & { needs?: string })[] = [
  ...PLACES.flatMap((group) => group.places).map((one) => ({ group: "Go to", text: one.text, to: one.to, needs: one.needs })),
  { group: "Do", text: "Create training job", to: "/jobs/create" },
  { group: "Do", text: "Create batch transform job", to: "/batch/create", needs: "sagemaker:CreateTransformJob" },
  { group: "Do", text: "Create schedule", to: "/schedules/create", needs: "studio:ListScheduleStates" },
  { group: "Do", text: "Create event rule", to: "/rules/create", needs: "studio:ListRuleStates" },
  { group: "Do", text: "Create function", to: "/functions/create", needs: "studio:GetFunctionCode" },
];

async function find(text: string, can: (operation: string) => boolean): Promise<Entry[]> {
  const ask = async (operation: string, member: string, name: string, group: string, base: string) => {
    const answer = await sagemaker<Record<string, Record<string, string>[]>>(operation, { NameContains: text || undefined, MaxResults: 6 });
    return (answer[member] ?? []).map((one) => ({ group, text: one[name] ?? "", to: `${base}/${one[name] ?? ""}` }));
  };
  const found = await Promise.all([
    ...(can("sagemaker:CreateTransformJob") ? [ask("ListTransformJobs", "TransformJobSummaries", "TransformJobName", "Transform job", "/batch")] : []),
    ask("ListTrainingJobs", "TrainingJobSummaries", "TrainingJobName", "Training job", "/jobs"),
    ask("ListModels", "Models", "ModelName", "Model", "/models"),
    ask("ListEndpoints", "Endpoints", "EndpointName", "Endpoint", "/endpoints"),
  ]);
  return found.flat();
}

export function Palette({ close }: { close: () => void }) {
  const navigate = useNavigate();
  const { can, canWrite, deploy } = useStudio();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const safe = /^[a-zA-Z0-9-]*$/.test(text) ? text : "";
  const found = useQuery({ queryKey: ["palette", safe], queryFn: () => find(safe, can), placeholderData: (old) => old });
  const verbs: Entry[] = [
    ...PAGES.filter((one) => !one.needs || can(one.needs)),
    { group: "Do", text: isDark() ? "Light theme" : "Dark theme", to: "", run: () => setTheme(isDark() ? "light" : "dark") },
  ];
  // What is shown while the next answer is under way may be of an older text: Enter must not go there.
  const matching = (found.data ?? []).filter((one) => one.text.toLowerCase().includes(text.toLowerCase()));
  const deployable = canWrite && text ? matching.filter((one) => one.group === "Model") : [];
  const entries = [
    ...verbs.filter((one) => one.text.toLowerCase().includes(text.toLowerCase())),
    ...matching,
    ...deployable.map((one) => ({ group: "Do", text: `Deploy ${one.text}…`, to: `${one.to}#deploy`, run: () => deploy({ model: one.text }) })),
  ].slice(0, 18);
  useEffect(() => {
    const timer = window.setTimeout(() => field.current?.focus(), 30);
    return () => window.clearTimeout(timer);
  }, []);
  const go = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    if (entry.run) entry.run();
    else void navigate({ to: entry.to });
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
          <li key={`${entry.group}${entry.text}`} id={`palette-${index}`} role="option" aria-selected={index === at} onMouseEnter={() => setAt(index)} onClick={() => go(entry)}>
            <span>{entry.text}</span> <small>{entry.group}</small>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
