// One rule: what it waits for and starts, the events it was told of lately and what came of them, tried with an event.
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { ActionsButton, Code, Empty, Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { RunStatus, Switched, TargetLink } from "../../shared/started";
import { givenOf } from "../pipeline/given";
import { useRuleActions } from "./actions";
import { useRule } from "./form";
import { whenOf } from "./list";
import { triggerOf } from "./triggers";
import { TryRule } from "./try";
import type { Firing, RuleState } from "./types";

const pretty = (text: string) => JSON.stringify(JSON.parse(text), null, 2);
/** What of an event tells it from others: an object's key, a job's name. */
function about(firing: Firing): string {
  const { detail = {}, resources = [] } = JSON.parse(firing.Event) as { detail?: Record<string, unknown>; resources?: string[] };
  const key = (detail.object as { key?: string } | undefined)?.key;
  return key ?? resources[0]?.split(":").slice(5).join(":") ?? firing.Source;
}

function Firings({ name }: { name: string }) {
  const query = useQuery({
    // Named as its list, so that what changes of rules is seen here, too.
    queryKey: ["list", "EventDelivery", name],
    queryFn: () => studio<{ Firings: Firing[] }>("ListRuleFirings", { RuleName: name, MaxResults: 50 }),
    select: (answer) => answer.Firings,
    refetchInterval: 5000,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <Table
      contentDensity="compact"
      header={
        <Header variant="h2" description="Of the last day, the newest first.">
          Events
        </Header>
      }
      loading={query.isPending}
      loadingText="Loading events"
      items={query.data ?? []}
      ariaLabels={{ tableLabel: "Events" }}
      columnDefinitions={[
        { id: "time", header: "When", isRowHeader: true, cell: (one) => time(one.Time) },
        { id: "about", header: "Of what", cell: (one) => <span className="mono">{about(one)}</span> },
        { id: "what", header: "Starts", cell: (one) => <TargetLink target={one.Target} /> },
        { id: "run", header: "What came of it", cell: (one) => <RunStatus run={one.Run} /> },
        {
          id: "event",
          header: "Event",
          cell: (one) => (
            <ExpandableSection headerText={one.DetailType}>
              <Code text={pretty(one.Event)} />
            </ExpandableSection>
          ),
        },
      ]}
      empty={<Empty title="Nothing happened yet" text="As soon as an event matches, it stands here with what came of it. Try one below." />}
    />
  );
}

export function RulePage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { session } = useStudio();
  const query = useRule(name);
  const state = useQuery({
    queryKey: ["list", "EventRule", "one", name],
    queryFn: () => studio<{ Rules: RuleState[] }>("ListRuleStates", { NameContains: name, MaxResults: 100 }),
    select: (answer) => answer.Rules.find((one) => one.Name.toLowerCase() === name.toLowerCase()),
  });
  const actionsOf = useRuleActions();
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  const { rule, targets } = query.data;
  const now = state.data;
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={rule.Description} actions={now && <ActionsButton actions={actionsOf(now).filter((one) => one.id !== "open")} />}>
          {rule.Name}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Container>
          <KeyValuePairs
            columns={4}
            items={[
              { label: "When", value: whenOf(rule) },
              { label: "Starts", value: now && now.Targets.length > 0 ? now.Targets.map((one, at) => <div key={at}>{<TargetLink target={one} />}</div>) : "nothing yet" },
              { label: "State", value: <Switched state={now?.State ?? rule.State} /> },
              { label: "Runs for", value: now?.User ?? "–" },
            ]}
          />
        </Container>
        <Firings name={rule.Name} />
        {rule.EventPattern && (
          <ExpandableSection variant="container" headerText="Try it with an event">
            <TryRule trigger={triggerOf(rule.EventPattern)} pattern={rule.EventPattern} account={session.project?.account ?? ""} given={givenOf(targets[0]?.SageMakerPipelineParameters?.PipelineParameterList)} />
          </ExpandableSection>
        )}
        {rule.EventPattern && (
          <ExpandableSection variant="container" headerText="Pattern and targets as JSON">
            <SpaceBetween size="s">
              <Code text={pretty(rule.EventPattern)} />
              <Code text={JSON.stringify(targets, null, 2)} />
            </SpaceBetween>
          </ExpandableSection>
        )}
      </SpaceBetween>
    </ContentLayout>
  );
}
