import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { studio } from "../../api/client";
import { Dialog } from "../../shared/dialog";
import type { Budget } from "./types";

const DEEDS = [
  { value: "None", label: "Only tell", description: "Alerts are sent; all goes on." },
  { value: "Refuse", label: "Refuse new work", description: "New jobs, endpoints and spaces are refused until the next month." },
  { value: "Stop", label: "Stop jobs and spaces, too", description: "Running jobs and pipelines are stopped and keep what they have so far; spaces keep their files. Endpoints go on." },
  { value: "StopAll", label: "Stop everything", description: "Endpoints are deleted, too. Their models and configurations stay: each is made again from them." },
];

export function BudgetDialog({ budget, currency, close }: { budget?: Budget; currency: string; close: () => void }) {
  const client = useQueryClient();
  const members = useQuery({ queryKey: ["members"], queryFn: () => studio<{ Members: { User: string }[] }>("ListMembers"), select: (answer) => answer.Members });
  const [draft, setDraft] = useState({
    name: budget?.Name ?? "",
    amount: budget ? String(budget.Amount) : "",
    user: budget?.User ?? "",
    thresholds: (budget?.Thresholds ?? [50, 80, 100]).join(", "),
    action: budget?.Action ?? "None",
    webhook: budget?.Webhook ?? "",
    topic: budget?.TopicArn ?? "",
  });
  const set = (part: Partial<typeof draft>) => setDraft((old) => ({ ...old, ...part }));
  const people = [{ value: "", label: "The whole project" }, ...(members.data ?? []).map((one) => ({ value: one.User, label: one.User }))];
  const percents = draft.thresholds.split(/[\s,]+/).filter(Boolean).map(Number);
  const problems = {
    name: /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/.test(draft.name) ? undefined : "Letters, digits and hyphens",
    amount: Number(draft.amount) > 0 ? undefined : "More than 0",
    thresholds: percents.every((one) => Number.isInteger(one) && one >= 1 && one <= 1000) ? undefined : "Whole percents from 1 to 1000, with commas between them",
  };
  const faulty = Boolean(problems.name ?? problems.amount ?? problems.thresholds);
  const shown = (problem: string | undefined, value: string) => (value ? problem : undefined);
  const save = async () => {
    await studio("PutBudget", {
      Name: draft.name,
      Amount: Number(draft.amount),
      Thresholds: percents,
      Action: draft.action,
      ...(draft.user ? { User: draft.user } : {}),
      ...(draft.webhook.trim() ? { Webhook: draft.webhook.trim() } : {}),
      ...(draft.topic.trim() ? { TopicArn: draft.topic.trim() } : {}),
    });
    await client.invalidateQueries({ queryKey: ["budgets"] });
  };
  return (
    <Dialog
      title={budget ? `Edit the budget ${budget.Name}` : "Create budget"}
      verb={budget ? "Save budget" : "Create budget"}
      close={close}
      act={save}
      disabled={faulty}
      disabledReason="Give a name and an amount."
    >
      <FormField label="Name" errorText={shown(problems.name, draft.name)}>
        <Input value={draft.name} disabled={Boolean(budget)} onChange={({ detail }) => set({ name: detail.value })} autoFocus={!budget} />
      </FormField>
      <FormField label={`Amount a month, ${currency}`} errorText={shown(problems.amount, draft.amount)}>
        <Input type="number" value={draft.amount} onChange={({ detail }) => set({ amount: detail.value })} />
      </FormField>
      <FormField label="For">
        <Select options={people} selectedOption={people.find((one) => one.value === draft.user) ?? { value: draft.user, label: draft.user }} onChange={({ detail }) => set({ user: detail.selectedOption.value ?? "" })} />
      </FormField>
      <FormField label="Tell at, percent" errorText={problems.thresholds} description="This page shows them; a webhook and a topic hear of them, too.">
        <Input value={draft.thresholds} onChange={({ detail }) => set({ thresholds: detail.value })} />
      </FormField>
      <FormField label="Webhook" description="An address that is sent each alert, in the form of SNS. Optional.">
        <Input value={draft.webhook} placeholder="https://chat.example.com/hooks/…" onChange={({ detail }) => set({ webhook: detail.value })} />
      </FormField>
      <FormField label="Topic" description="The ARN of an SNS topic of the project. Optional.">
        <Input value={draft.topic} placeholder="arn:aws:sns:…" onChange={({ detail }) => set({ topic: detail.value })} />
      </FormField>
      <FormField label="When it is spent">
        <RadioGroup value={draft.action} items={DEEDS} onChange={({ detail }) => set({ action: detail.value as Budget["Action"] })} />
      </FormField>
    </Dialog>
  );
}
