// A function tried with an event: what came back, how long it took, and what it printed.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type Answered, invoke } from "../../api/automation";
import { pythonOf } from "../../shared/code";
import { describe, useStudio } from "../../shared/context";
import { CodeEditor } from "../../shared/editor";
import { Code } from "../../shared/parts";
import { useStored } from "../../shared/stored";
import { pretty, reportOf } from "./calls";

export function FunctionTest({ name }: { name: string }) {
  const client = useQueryClient();
  const { session, canWrite } = useStudio();
  // What it was last tried with, in this browser.
  const [payload, setPayload] = useStored(`studiolo.payload.${session.project?.account ?? ""}.${name}`, "{\n    \n}");
  const [busy, setBusy] = useState(false);
  const [came, setCame] = useState<Answered & { took: number }>();
  const [refused, setRefused] = useState<unknown>();
  let wrong: string | undefined;
  try {
    JSON.parse(payload);
  } catch (error) {
    wrong = `This is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  const run = async () => {
    if (wrong || busy || !canWrite) return;
    setBusy(true);
    setRefused(undefined);
    const began = performance.now();
    try {
      const answer = await invoke(name, payload);
      setCame({ ...answer, took: performance.now() - began });
      await client.invalidateQueries({ queryKey: ["Function", name, "calls"] });
    } catch (error) {
      setCame(undefined);
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  const report = came && reportOf(came.log);
  return (
    <SpaceBetween size="m">
      <FormField label="Event" description="What the handler gets, as JSON." errorText={wrong} stretch>
        <CodeEditor label="Event" value={payload} set={setPayload} rows={8} save={() => void run()} />
      </FormField>
      <Button variant="primary" loading={busy} disabled={Boolean(wrong) || !canWrite} disabledReason={canWrite ? "Write JSON first." : "Viewers can't call functions in this project."} onClick={() => void run()}>
        Run
      </Button>
      {refused !== undefined && (
        <Alert type="error" header="It was not called">
          {describe(refused)}
        </Alert>
      )}
      {came && (
        <section aria-label="What came of it">
          <SpaceBetween size="m">
            <KeyValuePairs
              columns={4}
              items={[
                { label: "Result", value: <StatusIndicator type={came.error ? "error" : "success"}>{came.error ? "Failed" : "Succeeded"}</StatusIndicator> },
                { label: "Duration", value: report ? `${report.duration.toFixed(0)} ms` : "–" },
                { label: "In all", value: `${came.took.toFixed(0)} ms` },
                { label: "Memory used", value: report ? `${report.memory} MB` : "–" },
              ]}
            />
            <FormField label="Answer" stretch>
              <Code text={pretty(came.payload)} />
            </FormField>
            <FormField label="Log" description={came.log.length >= 4000 ? "Its end; all of it is under Calls." : undefined} stretch>
              <Code text={came.log || "It printed nothing."} />
            </FormField>
          </SpaceBetween>
        </section>
      )}
      <FormField label="The same in Python" stretch>
        <Code text={pythonOf([{ operation: "Invoke", input: { FunctionName: name, Payload: wrong ? payload : JSON.stringify(JSON.parse(payload)) } }], "lambda").replaceAll("lambda = ", "functions = ").replaceAll("lambda.invoke", "functions.invoke")} />
      </FormField>
    </SpaceBetween>
  );
}
