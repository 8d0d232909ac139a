// What was used over a time: sums, bars by day, and the largest users of it.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { amount, span } from "../../shared/format";
import { Empty, Failure, Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Biggest } from "./biggest";
import { UsageChart } from "./chart";
import { type Asked, inputOf, useUsage } from "./query";
import { barsOf, type Measure, RANGES, rangeOf, type Split, SPLITS, ticks } from "./series";

interface View {
  range?: string;
  from?: string;
  to?: string;
  by?: Split;
  show?: Measure;
  tag?: string;
  everywhere?: boolean;
}

function useView() {
  const found = useSearch({ strict: false }) as View;
  // An address reads "?range=30" as a number.
  const view = { ...found, range: found.range === undefined ? undefined : String(found.range) };
  const navigate = useNavigate();
  const set = (part: View) => void navigate({ to: ".", search: { ...view, ...part } as never, replace: true });
  return { view, set };
}

function Range({ view, set }: { view: View; set: (part: View) => void }) {
  const range = view.range ?? "30";
  const day = (label: string, value: string | undefined, change: (value: string) => void) => (
    <FormField label={label}>
      <DatePicker value={value ?? ""} placeholder="YYYY-MM-DD" format="iso" onChange={({ detail }) => change(detail.value)} openCalendarAriaLabel={() => `Choose the ${label.toLowerCase()} day`} />
    </FormField>
  );
  return (
    <>
      <FormField label="Time">
        <Select options={RANGES} selectedOption={RANGES.find((one) => one.value === range) ?? null} onChange={({ detail }) => set({ range: detail.selectedOption.value })} />
      </FormField>
      {range === "own" && day("First", view.from, (from) => set({ from }))}
      {range === "own" && day("Last", view.to, (to) => set({ to }))}
    </>
  );
}

function Controls({ view, set, asked }: { view: View; set: (part: View) => void; asked: Asked }) {
  const { session, fail } = useStudio();
  const [busy, setBusy] = useState(false);
  const [tag, setTag] = useState(view.tag ?? "");
  const by = view.by ?? "User";
  const splits = SPLITS.filter((one) => one.id !== "Project" || asked.everywhere);
  const download = async () => {
    setBusy(true);
    try {
      const groups = ["Day", ...(asked.everywhere ? ["Project"] : []), "User", "Resource", "InstanceType", ...(view.tag ? ["Tag"] : [])];
      const { Csv } = await studio<{ Csv: string }>("ExportUsage", inputOf(asked, groups, view.tag));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([Csv], { type: "text/csv" }));
      link.download = `usage-${new Date(asked.start * 1000).toISOString().slice(0, 10)}-${new Date(asked.end * 1000).toISOString().slice(0, 10)}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      fail("The file was not made", error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="usage-controls">
      <Range view={view} set={set} />
      <FormField label="Split by">
        <Select
          options={splits.map((one) => ({ value: one.id, label: one.text }))}
          selectedOption={{ value: by, label: SPLITS.find((one) => one.id === by)?.text }}
          onChange={({ detail }) => set({ by: detail.selectedOption.value as Split })}
        />
      </FormField>
      {by === "Tag" && (
        <FormField label="Tag's key">
          <Input value={tag} placeholder="team" onChange={({ detail }) => setTag(detail.value)} onBlur={() => set({ tag: tag.trim() || undefined })} onKeyDown={({ detail }) => detail.key === "Enter" && set({ tag: tag.trim() || undefined })} />
        </FormField>
      )}
      <SegmentedControl
        label="Show"
        selectedId={view.show ?? "cost"}
        options={[
          { id: "cost", text: "Cost" },
          { id: "time", text: "Hours" },
        ]}
        onChange={({ detail }) => set({ show: detail.selectedId as Measure })}
      />
      {session.studioAdmin && (
        <Toggle checked={asked.everywhere} onChange={({ detail }) => set({ everywhere: detail.checked || undefined, by: detail.checked || by !== "Project" ? by : undefined })}>
          All projects
        </Toggle>
      )}
      <Button iconName="download" loading={busy} onClick={() => void download()}>
        Download CSV
      </Button>
    </div>
  );
}

export function Overview() {
  const { view, set } = useView();
  // One moment for as long as the page is looked at; a new day is a new question.
  const [now] = useState(() => Date.now() / 1000);
  const asked: Asked = { ...rangeOf(view.range ?? "30", now, view.from, view.to), everywhere: view.everywhere === true };
  const split = view.by ?? "User";
  const measure = view.show ?? "cost";
  const days = Math.floor(asked.end / 86_400) - Math.floor(asked.start / 86_400) + 1;
  const { by, names } = ticks(asked.start, asked.end);
  const chart = useUsage(asked, [by, split], split === "Tag" ? view.tag : undefined);
  const all = useUsage(asked, [...(asked.everywhere ? ["Project"] : []), "Resource", "User", "InstanceType"]);
  const projects = useQuery({ queryKey: ["projects"], enabled: asked.everywhere, queryFn: () => studio<{ Projects: { Account: string; Name: string }[] }>("ListProjects"), select: (answer) => answer.Projects });
  const projectOf = (account: string) => projects.data?.find((one) => one.Account === account)?.Name ?? account;
  const failed = chart.error ?? all.error;
  return (
    <SpaceBetween size="l">
      <Controls view={view} set={set} asked={asked} />
      {failed ? (
        <Failure error={failed} retry={() => void Promise.all([chart.refetch(), all.refetch()])} />
      ) : !all.data ? (
        <Skeleton rows={8} />
      ) : all.data.Rows.length === 0 ? (
        <Empty
          title="Nothing was used in this time"
          text="Every second that a job, an endpoint or a space runs is counted here, with what it costs at this studio's prices."
          action={<Link to="/jobs/create">Create a training job</Link>}
        />
      ) : (
        <SpaceBetween size="l">
          <Container>
            <KeyValuePairs
              columns={4}
              items={[
                { label: "Cost", value: <Box variant="h2" tagOverride="p">{amount(all.data.Cost, all.data.Currency)}</Box> },
                { label: "Time of instances", value: <Box variant="h2" tagOverride="p">{span(all.data.Seconds)}</Box> },
                { label: "A day", value: <Box variant="h2" tagOverride="p">{amount(all.data.Cost / days, all.data.Currency)}</Box> },
                { label: "Things that ran", value: <Box variant="h2" tagOverride="p">{new Set(all.data.Rows.map((one) => one.Keys.Resource)).size}</Box> },
              ]}
            />
          </Container>
          <Container header={<Header variant="h2">{measure === "cost" ? `Cost by ${by.toLowerCase()}` : `Hours by ${by.toLowerCase()}`}</Header>}>
            {split === "Tag" && !view.tag ? (
              <Box color="text-body-secondary">Name a tag above, as “team”: what bears it is split by its values.</Box>
            ) : chart.data ? (
              <UsageChart bars={barsOf(chart.data.Rows, names, by, split, measure, split === "Project" ? projectOf : undefined)} names={names} measure={measure} currency={chart.data.Currency} />
            ) : (
              <Skeleton rows={6} />
            )}
          </Container>
          <Biggest rows={all.data.Rows} currency={all.data.Currency} projectOf={asked.everywhere ? projectOf : undefined} />
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}
