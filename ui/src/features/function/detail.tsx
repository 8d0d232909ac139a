// One function: its code, tried with an event, its calls and errors, its settings, and what calls it.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { type FunctionConfiguration, getFunction, updateConfiguration } from "../../api/automation";
import { logs, sagemaker } from "../../api/client";
import { describe, useStudio } from "../../shared/context";
import { bytes, time, whenIso } from "../../shared/format";
import { LogView } from "../../shared/log";
import { ActionsButton, Copy, Empty, Failure, Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Cost, monthStart } from "../../shared/cost";
import type { Definition, Step } from "../pipeline/types";
import { RulesOf } from "../rule/list";
import { SchedulesOf } from "../schedule/list";
import { callsOf, configurationOf, type LogEvent, MARKS, type Settings, settingProblems } from "./calls";
import { FunctionCode } from "./code";
import { SettingFields } from "./fields";
import { useFunctionActions } from "./list";
import { FunctionTest } from "./test";

function Calls({ about }: { about: FunctionConfiguration }) {
  const [chosen, setChosen] = useState<string>();
  const group = `/aws/lambda/${about.FunctionName}`;
  const query = useQuery({
    queryKey: ["Function", about.FunctionName, "calls"],
    queryFn: async () => {
      try {
        const found = await logs<{ events: LogEvent[] }>("FilterLogEvents", { logGroupName: group, filterPattern: MARKS, startFromHead: false, limit: 400 });
        return callsOf(found.events, Date.now(), (about.Timeout + 15) * 1000);
      } catch (error) {
        // Without a call there is no log group.
        if ((error as { code?: string }).code === "ResourceNotFoundException") return [];
        throw error;
      }
    },
    refetchInterval: 5000,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const calls = query.data ?? [];
  const failed = calls.filter((one) => one.state === "Failed").length;
  const took = calls.flatMap((one) => one.duration ?? []);
  const mean = took.reduce((sum, one) => sum + one, 0) / (took.length || 1);
  return (
    <SpaceBetween size="m">
      <Table
        contentDensity="compact"
        header={
          <Header variant="h2" description={calls.length > 0 ? `Of the last ${calls.length}: ${failed} failed, ${mean.toFixed(0)} ms on average. Choose one to read what it printed.` : undefined}>
            Calls
          </Header>
        }
        loading={query.isPending}
        loadingText="Loading calls"
        items={calls.slice(0, 60)}
        trackBy="stream"
        selectionType="single"
        selectedItems={calls.filter((one) => one.stream === chosen)}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems[0]?.stream)}
        onRowClick={({ detail }) => setChosen(detail.item.stream)}
        ariaLabels={{ tableLabel: "Calls", selectionGroupLabel: "Call", itemSelectionLabel: (_, one) => `Call ${one.id}` }}
        columnDefinitions={[
          { id: "at", header: "When", isRowHeader: true, cell: (one) => time(one.at / 1000) },
          { id: "state", header: "Result", cell: (one) => <Status word={one.state} /> },
          { id: "duration", header: "Duration", cell: (one) => (one.duration === undefined ? "–" : `${one.duration.toFixed(0)} ms`) },
          { id: "memory", header: "Memory", cell: (one) => (one.memory === undefined ? "–" : `${one.memory} MB`) },
          { id: "why", header: "Error", cell: (one) => (one.why ? <span className="why">{one.why}</span> : "–") },
          { id: "id", header: "Request", cell: (one) => <span className="mono">{one.id}</span> },
        ]}
        empty={<Empty title="Not called yet" text="Each call stands here with its result, its time and what it printed. Try it under Test." />}
      />
      {chosen && <LogView key={chosen} group={group} prefix={chosen} live={calls.some((one) => one.stream === chosen && one.state === "Running")} />}
    </SpaceBetween>
  );
}

function SettingsForm({ about }: { about: FunctionConfiguration }) {
  const client = useQueryClient();
  const { canWrite, notify } = useStudio();
  const [value, setValue] = useState<Settings>({
    handler: about.Handler,
    memory: String(about.MemorySize),
    timeout: String(about.Timeout),
    description: about.Description,
    variables: Object.entries(about.Environment?.Variables ?? {}).map(([key, one]) => ({ key, value: one })),
  });
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const save = async () => {
    setBusy(true);
    setRefused(undefined);
    try {
      await updateConfiguration(about.FunctionName, { ...configurationOf(value), RevisionId: about.RevisionId });
      await client.invalidateQueries({ queryKey: ["Function", about.FunctionName] });
      notify({ id: `saved ${about.FunctionName}`, type: "success", content: "Saved: the next call runs with it.", dismissible: true });
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  const wrong = Object.keys(settingProblems(value)).length > 0;
  return (
    <SpaceBetween size="m">
      {refused !== undefined && (
        <Alert type="error" header="The settings were not saved">
          {describe(refused)}
        </Alert>
      )}
      <SettingFields value={value} set={(part) => setValue({ ...value, ...part })} />
      <Button variant="primary" loading={busy} disabled={!canWrite || wrong} disabledReason={canWrite ? "Mend what is wrong first." : "Viewers can't change functions in this project."} onClick={() => void save()}>
        Save
      </Button>
    </SpaceBetween>
  );
}

const calls = (steps: Step[], arn: string): boolean => JSON.stringify(steps).includes(`"${arn}`);

interface Page {
  PipelineSummaries: { PipelineName: string }[];
  NextToken?: string;
}

async function callsIt(PipelineName: string, arn: string): Promise<boolean> {
  try {
    const { PipelineDefinition } = await sagemaker<{ PipelineDefinition: string }>("DescribePipeline", { PipelineName });
    return calls((JSON.parse(PipelineDefinition) as Definition).Steps, arn);
  } catch (error) {
    // Deleted since it was listed.
    if ((error as { code?: string }).code === "ResourceNotFound") return false;
    throw error;
  }
}

/** Every pipeline's definition is read: page by page, so that few are asked for at once. */
async function pipelinesThatCall(arn: string): Promise<string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page: Page = await sagemaker<Page>("ListPipelines", { MaxResults: 50, NextToken: token });
    const names = page.PipelineSummaries.map((one) => one.PipelineName);
    const which = await Promise.all(names.map((name) => callsIt(name, arn)));
    found.push(...names.filter((_, at) => which[at]));
    token = page.NextToken;
  } while (token);
  return found;
}

/** Pipelines whose steps call it. */
function Pipelines({ arn }: { arn: string }) {
  const query = useQuery({ queryKey: ["list", "Pipeline", "that call", arn], staleTime: 30_000, queryFn: () => pipelinesThatCall(arn) });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      header={<Header variant="h3">Pipelines</Header>}
      loading={query.isPending}
      loadingText="Reading the pipelines"
      items={query.data ?? []}
      ariaLabels={{ tableLabel: "Pipelines" }}
      columnDefinitions={[{ id: "name", header: "Pipeline", isRowHeader: true, cell: (one) => <Link to={`/pipelines/${one}`}>{one}</Link> }]}
      empty={<Empty title="No pipeline calls it" text="The step “Call a function” of the pipelines' editor does." />}
    />
  );
}

export function FunctionPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const actions = useFunctionActions();
  const query = useQuery({ queryKey: ["Function", name], queryFn: () => getFunction(name) });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  const about = query.data;
  const all = actions(about.FunctionName).filter((one) => one.id !== "open" && one.id !== "test");
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={
            <>
              {`${about.Description ? `${about.Description} · ` : ""}${about.Handler} · ${about.MemorySize} MB · ${about.Timeout} s · ${bytes(about.CodeSize)} of code, changed ${whenIso(about.LastModified)} · `}
              <Copy text={about.FunctionArn} />
              {" · used this month: "}
              <Cost kind="Function" name={about.FunctionName} since={monthStart()} live />
            </>
          }
          actions={<ActionsButton actions={all} />}
        >
          {about.FunctionName}
        </Header>
      }
    >
      <Tabs
        activeTabId={tab ?? "code"}
        onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
        tabs={[
          { id: "code", label: "Code", content: <FunctionCode name={about.FunctionName} /> },
          { id: "test", label: "Test", content: <FunctionTest key={about.FunctionName} name={about.FunctionName} /> },
          { id: "calls", label: "Calls", content: <Calls about={about} /> },
          { id: "settings", label: "Settings", content: <SettingsForm key={about.RevisionId} about={about} /> },
          {
            id: "uses",
            label: "Used by",
            content: (
              <SpaceBetween size="l">
                <Pipelines arn={about.FunctionArn} />
                <SchedulesOf kind="Function" name={about.FunctionName} header={<Header variant="h3">Schedules</Header>} />
                <RulesOf kind="Function" name={about.FunctionName} header={<Header variant="h3">Event rules</Header>} />
              </SpaceBetween>
            ),
          },
        ]}
      />
    </ContentLayout>
  );
}
