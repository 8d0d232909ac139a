// A rule made or changed: what it waits for, what it starts with which values, tried with an event before it is kept.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import Toggle from "@cloudscape-design/components/toggle";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { events, listFunctions } from "../../api/automation";
import { sagemaker, studio } from "../../api/client";
import { tellOfObjects } from "../../api/s3";
import { pythonOf } from "../../shared/code";
import { describe, useStudio } from "../../shared/context";
import { parseS3 } from "../../shared/format";
import { Code, Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { ParameterFields, PipelineChoice, wrongGiven } from "../pipeline/givenform";
import { useDefinition, usePipeline } from "../pipeline/query";
import { type Draft, draftOf, fresh, problemsOf, ruleRequest, targetRequest } from "./draft";
import { APPROVALS, BLANK, fieldsOf, JOBS, KINDS, namesOf, patternOf, problemsOf as triggerProblems, type Trigger, used } from "./triggers";
import { TryRule, useMatch } from "./try";
import type { Rule, RuleTarget } from "./types";

const options = (values: string[]) => values.map((value) => ({ value, label: value }));
const later = (text: string) => text.startsWith("$.");

function TriggerFields({ trigger, set, error }: { trigger: Trigger; set: (next: Trigger) => void; error?: { place?: string; pattern?: string } }) {
  const put = (part: Partial<Trigger>) => set({ ...trigger, ...part });
  const groups = useQuery({
    queryKey: ["list", "ModelPackageGroup", "names"],
    enabled: trigger.kind === "model",
    queryFn: () => sagemaker<{ ModelPackageGroupSummaryList: { ModelPackageGroupName: string }[] }>("ListModelPackageGroups", { MaxResults: 100 }),
  });
  const job = JOBS.find((one) => one.value === trigger.job) ?? JOBS[0]!;
  const names = [{ value: "", label: "Any model" }, ...(groups.data?.ModelPackageGroupSummaryList ?? []).map((one) => ({ value: one.ModelPackageGroupName, label: one.ModelPackageGroupName }))];
  // What the server says of a pattern, while it is typed.
  const match = useMatch(patternOf(trigger), "{}");
  const told = trigger.kind === "pattern" && match.error instanceof Error && match.error.message.startsWith("Event pattern") ? match.error.message : undefined;
  return (
    <SpaceBetween size="m">
      <FormField label="When">
        <Select
          options={KINDS}
          selectedOption={KINDS.find((one) => one.value === trigger.kind) ?? null}
          onChange={({ detail }) => {
            const kind = detail.selectedOption.value as Trigger["kind"];
            // A pattern begins with what the form said so far.
            put({ kind, ...(kind === "pattern" ? { pattern: triggerProblems(trigger).place ? BLANK : patternOf(trigger) } : {}) });
          }}
        />
      </FormField>
      {trigger.kind === "object" && (
        <ColumnLayout columns={2}>
          <FormField label="Bucket and folder" description="A bucket, or what its keys begin with." errorText={error?.place}>
            <Input value={trigger.place} placeholder="s3://bucket/folder/" onChange={({ detail }) => put({ place: detail.value })} />
          </FormField>
          <FormField label="Its name ends with" description="Any where nothing is said.">
            <Input value={trigger.suffix} placeholder=".csv" onChange={({ detail }) => put({ suffix: detail.value })} />
          </FormField>
        </ColumnLayout>
      )}
      {trigger.kind === "model" && (
        <ColumnLayout columns={2}>
          <FormField label="Model group">
            <Select filteringType="auto" options={names} selectedOption={names.find((one) => one.value === trigger.group) ?? { value: trigger.group, label: trigger.group }} onChange={({ detail }) => put({ group: detail.selectedOption.value ?? "" })} />
          </FormField>
          <FormField label="Its version is">
            <Select options={options(APPROVALS)} selectedOption={{ value: trigger.approval, label: trigger.approval }} onChange={({ detail }) => put({ approval: detail.selectedOption.value! })} />
          </FormField>
        </ColumnLayout>
      )}
      {trigger.kind === "ended" && (
        <ColumnLayout columns={2}>
          <FormField label="Kind of job">
            <Select
              options={JOBS.map((one) => ({ value: one.value, label: one.label }))}
              selectedOption={{ value: job.value, label: job.label }}
              onChange={({ detail }) => put({ job: detail.selectedOption.value!, state: "Failed" })}
            />
          </FormField>
          <FormField label="It is">
            <Select options={options(job.states)} selectedOption={{ value: trigger.state, label: trigger.state }} onChange={({ detail }) => put({ state: detail.selectedOption.value! })} />
          </FormField>
        </ColumnLayout>
      )}
      {trigger.kind === "drift" && <p className="quiet">A processing job whose exit message begins with “CompletedWithViolations”, as monitoring jobs write it.</p>}
      {trigger.kind === "pattern" && (
        <FormField label="Event pattern" errorText={error?.pattern ?? told}>
          <Textarea rows={10} spellcheck={false} value={trigger.pattern} onChange={({ detail }) => put({ pattern: detail.value })} />
        </FormField>
      )}
      {trigger.kind !== "pattern" && (
        <ExpandableSection headerText="As a pattern">
          <SpaceBetween size="xs">
            <Code text={patternOf(trigger)} />
            <Button onClick={() => put({ kind: "pattern", pattern: patternOf(trigger) })}>Edit the pattern</Button>
          </SpaceBetween>
        </ExpandableSection>
      )}
    </SpaceBetween>
  );
}

function TargetFields({ draft, set, problems, tried }: { draft: Draft; set: (part: Partial<Draft>) => void; problems: ReturnType<typeof problemsOf>; tried: boolean }) {
  const functions = useQuery({ queryKey: ["list", "Function", "all"], queryFn: listFunctions, enabled: draft.what === "function" });
  const whats = [
    { value: "pipeline", label: "A pipeline" },
    { value: "function", label: "A function" },
  ];
  const payloads = [
    { value: "event", label: "The event" },
    { value: "template", label: "Parts of the event" },
    { value: "constant", label: "Always the same" },
  ];
  const names = Object.keys(namesOf(draft.trigger));
  return (
    <SpaceBetween size="m">
      <FormField label="Starts">
        <Select options={whats} selectedOption={whats.find((one) => one.value === draft.what) ?? null} onChange={({ detail }) => set({ what: detail.selectedOption.value as Draft["what"] })} />
      </FormField>
      {draft.what === "pipeline" && <PipelineChoice value={draft.pipeline} error={tried ? problems.pipeline : undefined} set={(pipeline) => set({ pipeline, given: {}, name: draft.name || `${pipeline}-on-event`.slice(0, 64) })} />}
      {draft.what === "pipeline" && draft.pipeline && <ParameterFields pipeline={draft.pipeline} given={draft.given} set={(given) => set({ given })} sources={fieldsOf(draft.trigger)} later={later} tried={tried} />}
      {draft.what === "function" && (
        <FormField label="Function" errorText={tried ? problems.function : undefined}>
          <Select
            filteringType="auto"
            placeholder="Choose a function"
            empty="No functions yet."
            statusType={functions.isPending ? "loading" : "finished"}
            options={(functions.data ?? []).map((one) => ({ value: one.FunctionName, label: one.FunctionName }))}
            selectedOption={draft.function ? { value: draft.function, label: draft.function } : null}
            onChange={({ detail }) => set({ function: detail.selectedOption.value ?? "" })}
          />
        </FormField>
      )}
      {draft.what === "function" && (
        <FormField label="It is called with">
          <Select
            options={payloads}
            selectedOption={payloads.find((one) => one.value === draft.payload) ?? null}
            onChange={({ detail }) => {
              const payload = detail.selectedOption.value as Draft["payload"];
              const first = names[0] ?? "time";
              set({ payload, ...(payload === "template" && draft.input === "{}" ? { input: `{"${first}": <${first}>}` } : {}) });
            }}
          />
        </FormField>
      )}
      {draft.what === "function" && draft.payload !== "event" && (
        <FormField label={draft.payload === "template" ? "Template" : "Event"} errorText={problems.input} constraintText={draft.payload === "template" ? `In it stand for parts of the event: ${names.map((one) => `<${one}>`).join(" ")}` : undefined}>
          <Textarea rows={4} spellcheck={false} value={draft.input} onChange={({ detail }) => set({ input: detail.value })} />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function RuleForm({ first, known, target }: { first: Draft; known?: Rule; target?: RuleTarget }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { session, canWrite, notify } = useStudio();
  const account = session.project?.account ?? "";
  const connection = useQuery({ queryKey: ["connection"], staleTime: Infinity, queryFn: () => studio<{ RoleArn: string }>("GetConnection") });
  const [draft, setDraft] = useState(first);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  // Written, but not yet told what to start.
  const [half, setHalf] = useState(false);
  const set = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const problems = problemsOf(draft);
  const badTrigger = triggerProblems(draft.trigger);
  const pipeline = usePipeline(draft.pipeline);
  const definition = useDefinition(draft.what === "pipeline" && draft.pipeline ? pipeline.data?.PipelineDefinition : undefined);
  const badValues = (definition?.Parameters ?? []).some((one) => wrongGiven(one, draft.given[one.Name] ?? "", later) !== undefined);
  const rule = ruleRequest(draft, known);
  const paths = draft.payload === "template" ? used(draft.input, { ...namesOf(draft.trigger), ...draft.paths }) : {};
  const asked = targetRequest({ ...draft, paths }, account, connection.data?.RoleArn ?? "", target);
  const submit = async () => {
    setTried(true);
    setRefused(undefined);
    if (Object.keys(problems).length > 0 || Object.keys(badTrigger).length > 0 || badValues) return;
    setBusy(true);
    try {
      if (draft.trigger.kind === "object") await tellOfObjects(parseS3(draft.trigger.place.trim()).bucket);
      // Paused until its target is what it should be: no event may start what it was meant to start before.
      await events("PutRule", { ...rule, State: "DISABLED" });
      setHalf(true);
      await events("PutTargets", { Rule: draft.name, Targets: [asked] });
      if (draft.on) await events("EnableRule", { Name: draft.name });
      await client.invalidateQueries({ queryKey: ["list", "EventRule"] });
      await client.invalidateQueries({ queryKey: ["EventRule", draft.name] });
      notify({ id: `rule ${draft.name}`, type: "success", content: draft.on ? `${draft.name} waits for its event.` : `${draft.name} is kept, and paused.`, dismissible: true });
      await navigate({ to: `/rules/${draft.name}` });
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <ContentLayout header={<Header variant="h1">{known ? `Edit ${known.Name}` : "Create rule"}</Header>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" formAction="none" onClick={() => void navigate({ to: known ? `/rules/${known.Name}` : "/rules" })}>
                Cancel
              </Button>
              <Button variant="primary" loading={busy} disabled={!canWrite || !connection.data} disabledReason="Viewers can't change rules in this project." formAction="submit">
                {known ? "Save" : "Create rule"}
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            {refused !== undefined && (
              <Alert type="error" header={half ? "The rule is paused until it can be saved whole" : known ? "The rule was not changed" : "The rule was not made"}>
                {describe(refused)}
              </Alert>
            )}
            <Container header={<Header variant="h2">When</Header>}>
              <TriggerFields trigger={draft.trigger} set={(trigger) => set({ trigger })} error={tried || draft.trigger.kind === "pattern" ? badTrigger : undefined} />
            </Container>
            <Container header={<Header variant="h2">What</Header>}>
              <TargetFields draft={draft} set={set} problems={problems} tried={tried} />
            </Container>
            <Container header={<Header variant="h2">Try it</Header>}>
              <TryRule trigger={draft.trigger} pattern={patternOf(draft.trigger)} account={account} given={draft.what === "pipeline" ? draft.given : paths} />
            </Container>
            <Container header={<Header variant="h2">The rule</Header>}>
              <SpaceBetween size="m">
                {!known && (
                  <FormField label="Name" errorText={tried || draft.name ? problems.name : undefined}>
                    <Input value={draft.name} onChange={({ detail }) => set({ name: detail.value })} />
                  </FormField>
                )}
                <FormField label="Description">
                  <Input value={draft.description} onChange={({ detail }) => set({ description: detail.value })} />
                </FormField>
                <Toggle checked={draft.on} onChange={({ detail }) => set({ on: detail.checked })}>
                  On
                </Toggle>
              </SpaceBetween>
            </Container>
            <ExpandableSection headerText="The same in Python" variant="container">
              <Code
                text={pythonOf(
                  [
                    { operation: "PutRule", input: rule },
                    { operation: "PutTargets", input: { Rule: draft.name, Targets: [asked] } },
                  ],
                  "events",
                )}
              />
            </ExpandableSection>
          </SpaceBetween>
        </Form>
      </form>
    </ContentLayout>
  );
}

export function CreateRulePage() {
  const { pipeline, function: called, place } = useSearch({ strict: false }) as { pipeline?: string; function?: string; place?: string };
  return <RuleForm first={fresh(pipeline, called, place)} />;
}

export const useRule = (name: string) =>
  useQuery({
    queryKey: ["EventRule", name],
    queryFn: async () => {
      const [rule, { Targets }] = await Promise.all([events<Rule>("DescribeRule", { Name: name }), events<{ Targets: RuleTarget[] }>("ListTargetsByRule", { Rule: name })]);
      return { rule, targets: Targets };
    },
  });

export function EditRulePage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const query = useRule(name);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  const { rule, targets } = query.data;
  return <RuleForm key={JSON.stringify(query.data)} first={draftOf(rule, targets)} known={rule} target={targets[0]} />;
}
