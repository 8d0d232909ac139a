// Every change of a record reaches the pages over one stream; a page never has to be reloaded.
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { currentProject } from "./client";
import { gatherer } from "./gather";

export interface RecordEvent {
  id: number;
  kind: string;
  name: string;
  status?: string;
  secondary?: string;
  progress?: number | null;
  deleted: boolean;
}

/** What people do together, by the first word of its queries. */
const TOGETHER: Record<string, string> = {
  Activity: "activity",
  Comment: "comments",
  PersonNotification: "notifications",
  Webhook: "webhooks",
  Member: "members",
  SavedView: "views",
};

/** Names this page among a person's: the studio shows who is here by the streams that are open. */
export const TAB = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
export const STREAM_OPENED = "studiolo:stream-opened";

/** Which queries an event makes stale: the thing itself and the lists of its kind. */
export const staleAfter = (event: RecordEvent): unknown[][] => [
  [event.kind, event.name],
  ["list", event.kind],
  ...(TOGETHER[event.kind] ? [[TOGETHER[event.kind]]] : []),
  // An execution's page and its pipeline's list of them.
  ...(event.kind === "PipelineExecution" ? [["executions"]] : []),
];

const progress = new Map<string, number>();
export const progressOf = (kind: string, name: string) => progress.get(`${kind}/${name}`);

export function note(event: RecordEvent) {
  const key = `${event.kind}/${event.name}`;
  if (typeof event.progress === "number") progress.set(key, event.progress);
  else progress.delete(key);
}

/** False while the connection is down. */
export function useEvents(client: QueryClient, project: string | undefined, user: string | undefined, reload: () => void): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    if (!project) return;
    const source = new EventSource(`/api/events?x-studio-project=${currentProject()}&tab=${TAB}`);
    const stale = gatherer((keys) => Promise.all(keys.map((key) => client.invalidateQueries({ queryKey: key }))));
    let down: number | undefined;
    source.onmessage = (message) => {
      const event = JSON.parse(message.data as string) as RecordEvent;
      note(event);
      // One's own role, or the end of it.
      if (event.kind === "Member" && event.name.toLowerCase() === user?.toLowerCase()) reload();
      for (const key of staleAfter(event)) stale.add(key);
    };
    source.addEventListener("presence", () => void client.invalidateQueries({ queryKey: ["presence"] }));
    // No member any more: nothing of the project stays on the screen.
    source.addEventListener("out", () => {
      source.close();
      client.clear();
      reload();
    });
    source.addEventListener("reset", () => void client.invalidateQueries());
    source.onopen = () => {
      window.clearTimeout(down);
      setConnected(true);
      window.dispatchEvent(new Event(STREAM_OPENED));
    };
    source.onerror = () => {
      down = window.setTimeout(() => setConnected(false), 3000);
    };
    return () => {
      source.close();
      stale.end();
      window.clearTimeout(down);
    };
  }, [client, project, user, reload]);
  return connected;
}
