// A rule tried with an event: whether it matches, by the server's own test, and what the target would be told.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { events } from "../../api/automation";
import { useCalm } from "../../shared/calm";
import type { Given } from "../pipeline/given";
import { sampleOf, type Trigger, valueAt } from "./triggers";

/** Whether a pattern can be, and matches the event; the server's own words where it can't be. */
export function useMatch(pattern: string, event: string) {
  const asked = useCalm(JSON.stringify({ EventPattern: pattern, Event: event }), 250);
  return useQuery({
    queryKey: ["event-pattern", asked],
    queryFn: () => events<{ Result: boolean }>("TestEventPattern", JSON.parse(asked) as object),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function TryRule({ trigger, pattern, account, given }: { trigger: Trigger; pattern: string; account: string; given: Given }) {
  const [typed, setTyped] = useState<string>();
  const event = typed ?? sampleOf(trigger, account);
  const match = useMatch(pattern, event);
  let parsed: unknown;
  let wrong: string | undefined;
  try {
    parsed = JSON.parse(event);
  } catch (error) {
    wrong = `This is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  const told = Object.entries(given).filter(([, value]) => value !== "");
  return (
    <SpaceBetween size="s">
      <FormField label="A sample event" errorText={wrong} secondaryControl={typed !== undefined && <Button onClick={() => setTyped(undefined)}>Take the sample again</Button>}>
        <Textarea rows={12} spellcheck={false} value={event} onChange={({ detail }) => setTyped(detail.value)} />
      </FormField>
      <div role="status">
        {wrong ? null : match.isError ? <StatusIndicator type="error">{match.error instanceof Error ? match.error.message : String(match.error)}</StatusIndicator> : match.data?.Result ? <StatusIndicator type="success">The rule matches this event</StatusIndicator> : match.data ? <StatusIndicator type="warning">The rule does not match this event</StatusIndicator> : <StatusIndicator type="loading">Asking</StatusIndicator>}
      </div>
      {told.length > 0 && !wrong && (
        <Box>
          It would be started with{" "}
          {told.map(([name, value], at) => (
            <span key={name}>
              {at > 0 && ", "}
              <code>{`${name} = ${valueAt(parsed, value) ?? "nothing: the event has no such member"}`}</code>
            </span>
          ))}
          .
        </Box>
      )}
    </SpaceBetween>
  );
}
