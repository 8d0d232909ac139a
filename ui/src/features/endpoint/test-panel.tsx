// A request to a live endpoint, and what it answers.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { headers, send } from "../../api/client";
import type { Endpoint } from "../../api/types";
import { describe } from "../../shared/context";
import { Code, Empty, Status } from "../../shared/parts";
import { placesOf, useComponents } from "../inference-component/query";
import { samplesOf, useInputs } from "./sample";

export function TestPanel({ endpoint }: { endpoint: Endpoint }) {
  const { component } = useSearch({ strict: false }) as { component?: string };
  const shared = placesOf(endpoint).length > 0;
  const { components } = useComponents(endpoint.EndpointName, shared);
  const names = components.filter((one) => one.InferenceComponentStatus === "InService").map((one) => one.InferenceComponentName);
  const [picked, setPicked] = useState(component);
  const target = shared ? (picked ?? names[0]) : undefined;
  const [type, setType] = useState("application/json");
  const [accept, setAccept] = useState("application/json");
  const samples = samplesOf(useInputs(shared ? target : endpoint.EndpointName, endpoint.EndpointStatus === "InService"));
  // What somebody wrote stays; until then it is what the model takes.
  const [written, setBody] = useState<string>();
  const body = written ?? samples[type] ?? "";
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<{ text: string; took: number; headers: string; ok: boolean }>();
  const ask = async () => {
    setBusy(true);
    const began = performance.now();
    try {
      const got = await send(`/api/runtime/endpoints/${endpoint.EndpointName}/invocations`, {
        method: "POST",
        headers: headers({ "Content-Type": type, Accept: accept, ...(target ? { "X-Amzn-SageMaker-Inference-Component": target } : {}) }),
        body,
      });
      const text = await got.text();
      const shown = [...got.headers].filter(([name]) => name.startsWith("x-") || name === "content-type").map((pair) => pair.join(": "));
      setAnswer({ text, took: performance.now() - began, headers: shown.join("\n"), ok: true });
    } catch (error) {
      setAnswer({ text: describe(error), took: performance.now() - began, headers: "", ok: false });
    } finally {
      setBusy(false);
    }
  };
  const options = Object.keys(samples).map((value) => ({ value, label: value }));
  const accepts = ["application/json", "text/csv", "*/*"].map((value) => ({ value, label: value }));
  return (
    <ColumnLayout columns={2}>
      <SpaceBetween size="m">
        {shared && (
          <FormField label="Inference component">
            <Select
              options={names.map((value) => ({ value, label: value }))}
              empty="No model is in service here yet."
              placeholder="Choose a model"
              selectedOption={target ? { value: target, label: target } : null}
              onChange={({ detail }) => setPicked(detail.selectedOption.value)}
            />
          </FormField>
        )}
        <FormField label="Content type">
          <Select
            options={options}
            selectedOption={options.find((one) => one.value === type) ?? null}
            onChange={({ detail }) => setType(detail.selectedOption.value ?? type)}
          />
        </FormField>
        <FormField label="Accept">
          <Select options={accepts} selectedOption={accepts.find((one) => one.value === accept) ?? null} onChange={({ detail }) => setAccept(detail.selectedOption.value ?? accept)} />
        </FormField>
        <FormField label="Body" stretch>
          <Textarea rows={8} value={body} onChange={({ detail }) => setBody(detail.value)} spellcheck={false} />
        </FormField>
        <Button variant="primary" loading={busy} onClick={() => void ask()} disabled={endpoint.EndpointStatus !== "InService" || (shared && !target)} disabledReason={shared && !target ? "No model is in service here yet." : `The endpoint is ${endpoint.EndpointStatus}.`}>
          Send request
        </Button>
      </SpaceBetween>
      <div aria-live="polite">
        {answer ? (
          <SpaceBetween size="s">
            <Status word={answer.ok ? "Completed" : "Failed"} />
            <Box>{answer.took.toFixed(0)} ms, seen from this browser</Box>
            <Code text={answer.text} />
            {answer.headers && <Code text={answer.headers} />}
          </SpaceBetween>
        ) : (
          <Empty title="No answer yet" text="Send a request, and the model's answer appears here with its time." />
        )}
      </div>
    </ColumnLayout>
  );
}
