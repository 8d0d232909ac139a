// A schedule made or changed: what is started with which values, when, and whether it is on.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import Toggle from "@cloudscape-design/components/toggle";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { getSchedule, listFunctions, putSchedule } from "../../api/automation";
import { studio } from "../../api/client";
import { pythonOf, shellOf } from "../../shared/code";
import { describe, useStudio } from "../../shared/context";
import { ActionsButton, Code, Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { LastRun, Switched } from "../../shared/started";
import { ParameterFields, PipelineChoice, wrongGiven } from "../pipeline/givenform";
import { useDefinition, usePipeline } from "../pipeline/query";
import { useScheduleActions } from "./actions";
import { CREATE_TRAINING, type Draft, datesOf, draftOf, fresh, later, problemsOf, requestOf, SOURCES, START_PIPELINE } from "./draft";
import type { Schedule, ScheduleState } from "./types";
import { useTimes, WhenFields } from "./when";
import { expressionOf, moment, myZone } from "./words";

const WHATS = [
  { value: "pipeline", label: "A pipeline" },
  { value: "function", label: "A function" },
  { value: "request", label: "A request of the API" },
];
const REQUESTS = [
  { value: START_PIPELINE, label: "StartPipelineExecution" },
  { value: CREATE_TRAINING, label: "CreateTrainingJob" },
];

function What({ draft, set, problems, tried }: { draft: Draft; set: (part: Partial<Draft>) => void; problems: Partial<Record<keyof Draft, string>>; tried: boolean }) {
  const functions = useQuery({ queryKey: ["list", "Function", "all"], queryFn: listFunctions, enabled: draft.what === "function" });
  return (
    <SpaceBetween size="m">
      <FormField label="Starts">
        <Select options={WHATS} selectedOption={WHATS.find((one) => one.value === draft.what) ?? null} onChange={({ detail }) => set({ what: detail.selectedOption.value as Draft["what"] })} />
      </FormField>
      {draft.what === "pipeline" && <PipelineChoice value={draft.pipeline} error={tried ? problems.pipeline : undefined} set={(pipeline) => set({ pipeline, given: {}, name: draft.name || `${pipeline}-nightly`.slice(0, 64) })} />}
      {draft.what === "pipeline" && draft.pipeline && <ParameterFields pipeline={draft.pipeline} given={draft.given} set={(given) => set({ given })} sources={SOURCES} later={later} tried={tried} />}
      {draft.what === "function" && (
        <FormField label="Function" errorText={tried ? problems.function : undefined}>
          <Select
            filteringType="auto"
            placeholder="Choose a function"
            empty="No functions yet."
            statusType={functions.isPending ? "loading" : "finished"}
            options={(functions.data ?? []).map((one) => ({ value: one.FunctionName, label: one.FunctionName, description: one.Description }))}
            selectedOption={draft.function ? { value: draft.function, label: draft.function } : null}
            onChange={({ detail }) => set({ function: detail.selectedOption.value ?? "" })}
          />
        </FormField>
      )}
      {draft.what === "request" && (
        <FormField label="Operation">
          <Select options={REQUESTS} selectedOption={REQUESTS.find((one) => one.value === draft.arn) ?? null} onChange={({ detail }) => set({ arn: detail.selectedOption.value! })} />
        </FormField>
      )}
      {draft.what !== "pipeline" && (
        <FormField
          label={draft.what === "function" ? "Event" : "Request"}
          description={draft.what === "function" ? "What the function is called with, as JSON." : "Its parameters as JSON. A job's name must be another at each start: put <aws.scheduler.execution-id> in it."}
          constraintText="<aws.scheduler.scheduled-time> and <aws.scheduler.execution-id> stand for what is known then."
          errorText={problems.input}
        >
          <Textarea rows={draft.what === "function" ? 4 : 12} spellcheck={false} value={draft.input} onChange={({ detail }) => set({ input: detail.value })} />
        </FormField>
      )}
    </SpaceBetween>
  );
}

function useScheduleState(name: string | undefined) {
  return useQuery({
    queryKey: ["list", "Schedule", "one", name],
    enabled: name !== undefined,
    queryFn: () => studio<{ Schedules: ScheduleState[] }>("ListScheduleStates", { NameContains: name, MaxResults: 100 }),
    select: (answer) => answer.Schedules.find((one) => one.Name === name),
    refetchInterval: 30_000,
  });
}

interface FormProps {
  first: Draft;
  known?: Schedule;
}

function ScheduleForm({ first, known }: FormProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { session, canWrite, notify } = useStudio();
  const account = session.project?.account ?? "";
  const connection = useQuery({ queryKey: ["connection"], staleTime: Infinity, queryFn: () => studio<{ RoleArn: string }>("GetConnection") });
  const state = useScheduleState(known?.Name);
  const actionsOf = useScheduleActions();
  const [draft, setDraft] = useState(first);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const set = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const problems = problemsOf(draft);
  const pipeline = usePipeline(draft.pipeline);
  const definition = useDefinition(draft.what === "pipeline" && draft.pipeline ? pipeline.data?.PipelineDefinition : undefined);
  const badValues = (definition?.Parameters ?? []).some((one) => wrongGiven(one, draft.given[one.Name] ?? "", later) !== undefined);
  const times = useTimes(expressionOf(draft.when), draft.zone, datesOf(draft, known));
  const request = requestOf(draft, account, connection.data?.RoleArn ?? "", known);
  const submit = async () => {
    setTried(true);
    setRefused(undefined);
    if (Object.keys(problems).length > 0 || badValues || times.isError) return;
    setBusy(true);
    try {
      await putSchedule(draft.name, request, !known);
      await client.invalidateQueries({ queryKey: ["list", "Schedule"] });
      await client.invalidateQueries({ queryKey: ["Schedule", draft.name] });
      notify({ id: `schedule ${draft.name}`, type: "success", content: draft.on ? `${draft.name} will start at its times.` : `${draft.name} is kept, and paused.`, dismissible: true });
      await navigate({ to: "/schedules" });
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  const call = [{ operation: known ? "UpdateSchedule" : "CreateSchedule", input: { Name: draft.name, ...request } }];
  return (
    <ContentLayout header={<Header variant="h1" actions={state.data && <ActionsButton actions={actionsOf(state.data).filter((one) => one.id !== "open")} />}>{known ? known.Name : "Create schedule"}</Header>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" formAction="none" onClick={() => void navigate({ to: "/schedules" })}>
                Cancel
              </Button>
              <Button variant="primary" loading={busy} disabled={!canWrite || !connection.data} disabledReason="Viewers can't change schedules in this project." formAction="submit">
                {known ? "Save" : "Create schedule"}
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            {state.data && (
              <Container>
                <KeyValuePairs
                  columns={4}
                  items={[
                    { label: "State", value: <Switched state={state.data.State} /> },
                    { label: "Next", value: state.data.Next[0] ? moment(state.data.Next[0]) : "–" },
                    { label: "Last run", value: <LastRun run={state.data.Last} /> },
                    { label: "Runs for", value: state.data.User || "–" },
                  ]}
                />
              </Container>
            )}
            {refused !== undefined && (
              <Alert type="error" header={known ? "The schedule was not changed" : "The schedule was not made"}>
                {describe(refused)}
              </Alert>
            )}
            <Container header={<Header variant="h2">What</Header>}>
              <What draft={draft} set={set} problems={problems} tried={tried} />
            </Container>
            <Container header={<Header variant="h2">When</Header>}>
              <WhenFields when={draft.when} zone={draft.zone} bounds={draft.bounds} dates={datesOf(draft, known)} set={(when) => set({ when })} setZone={(zone) => set({ zone })} setBounds={(bounds) => set({ bounds })} />
            </Container>
            <Container header={<Header variant="h2">The schedule</Header>}>
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
                {draft.when.kind === "once" && (
                  <Checkbox checked={draft.removeAfter} onChange={({ detail }) => set({ removeAfter: detail.checked })}>
                    Delete it once it has started
                  </Checkbox>
                )}
              </SpaceBetween>
            </Container>
            <ExpandableSection headerText="The same in Python and in the shell" variant="container">
              <SpaceBetween size="s">
                <Code text={pythonOf(call, "scheduler")} />
                <Code text={shellOf(call, "scheduler")} />
              </SpaceBetween>
            </ExpandableSection>
          </SpaceBetween>
        </Form>
      </form>
    </ContentLayout>
  );
}

export function CreateSchedulePage() {
  const { pipeline, function: called } = useSearch({ strict: false }) as { pipeline?: string; function?: string };
  return <ScheduleForm first={fresh(myZone(), pipeline, called)} />;
}

export function SchedulePage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const query = useQuery({ queryKey: ["Schedule", name, "spec"], queryFn: () => getSchedule<Schedule>(name) });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  // What was changed meanwhile makes the form anew.
  return <ScheduleForm key={JSON.stringify(query.data)} first={draftOf(query.data)} known={query.data} />;
}
