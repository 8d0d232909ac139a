import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { Code, Empty, Failure, Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Comments } from "../../shared/comments";
import { Tags } from "../../shared/tags";
import { Automation } from "./automation";
import { Graph } from "./graph";
import { useDefinition, useExecutions, usePipeline } from "./query";
import { StartDialog } from "./start";
import { Versions } from "./versions";
import { executionId, type ExecutionSummary, type Parameter } from "./types";

function Executions({ pipeline }: { pipeline: string }) {
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<ExecutionSummary[]>([]);
  /** How each page that was gone to begins. */
  const [tokens, setTokens] = useState<(string | undefined)[]>([undefined]);
  const [page, setPage] = useState(1);
  const executions = useExecutions(pipeline, tokens[page - 1]);
  const next = executions.isPlaceholderData ? undefined : executions.data?.NextToken;
  const turn = (to: number) => {
    if (to > tokens.length && !next) return;
    if (to > tokens.length) setTokens([...tokens, next]);
    setPage(Math.min(to, tokens.length + 1));
  };
  if (executions.isError) return <Failure error={executions.error} retry={() => void executions.refetch()} />;
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      header={
        <Header
          variant="h3"
          actions={
            <Button
              disabled={chosen.length !== 2}
              disabledReason={`Choose two executions; ${chosen.length === 1 ? "one is" : `${chosen.length} are`} chosen.`}
              onClick={() => {
                const [a, b] = [...chosen].sort((one, other) => one.StartTime - other.StartTime).map((one) => executionId(one.PipelineExecutionArn));
                void navigate({ to: `/pipelines/${pipeline}/compare`, search: { a, b } as never });
              }}
            >
              Compare
            </Button>
          }
        >
          Executions
        </Header>
      }
      selectionType="multi"
      selectedItems={chosen}
      trackBy="PipelineExecutionArn"
      onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
      ariaLabels={{ selectionGroupLabel: "Executions", allItemsSelectionLabel: () => "All", itemSelectionLabel: (_, one) => one.PipelineExecutionDisplayName ?? executionId(one.PipelineExecutionArn) }}
      loading={executions.isPending}
      loadingText="Loading executions"
      items={executions.data?.PipelineExecutionSummaries ?? []}
      pagination={
        page > 1 || next ? (
          <Pagination
            currentPageIndex={page}
            pagesCount={Math.max(page, tokens.length)}
            openEnd={Boolean(next) || page < tokens.length}
            onChange={({ detail }) => turn(detail.currentPageIndex)}
            ariaLabels={{ nextPageLabel: "Next page", previousPageLabel: "Previous page", pageLabel: (one) => `Page ${one}` }}
          />
        ) : undefined
      }
      columnDefinitions={[
        {
          id: "name",
          header: "Execution",
          isRowHeader: true,
          cell: (one) => <Link to={`/pipelines/${pipeline}/${executionId(one.PipelineExecutionArn)}`}>{one.PipelineExecutionDisplayName ?? executionId(one.PipelineExecutionArn)}</Link>,
        },
        { id: "status", header: "Status", cell: (one) => <Status word={one.PipelineExecutionStatus} /> },
        { id: "started", header: "Started", cell: (one) => time(one.StartTime) },
        { id: "why", header: "Reason", cell: (one) => one.PipelineExecutionFailureReason?.slice(0, 200) ?? "–" },
      ]}
      empty={<Empty title="Not run yet" text="Start the pipeline, and watch its steps here." />}
    />
  );
}

const Parameters = ({ parameters }: { parameters: Parameter[] }) => (
  <Table
    variant="embedded"
    contentDensity="compact"
    items={parameters}
    columnDefinitions={[
      { id: "name", header: "Parameter", isRowHeader: true, cell: (one) => one.Name },
      { id: "type", header: "Type", cell: (one) => one.Type },
      { id: "default", header: "Default", cell: (one) => (one.DefaultValue === undefined ? "must be given" : String(one.DefaultValue)) },
    ]}
    empty={<Empty title="No parameters" text="Every execution of this pipeline is alike." />}
  />
);

export function PipelinePage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const { canWrite, can } = useStudio();
  const [starting, setStarting] = useState(false);
  const query = usePipeline(name);
  const definition = useDefinition(query.data?.PipelineDefinition);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data || !definition) return <Skeleton rows={8} />;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={query.data.PipelineDescription}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={() => void navigate({ to: `/pipelines/${name}/edit` })}>Edit</Button>
              {can("studio:ListScheduleStates") && (
                <Button disabled={!canWrite} disabledReason="Viewers can't make schedules in this project." onClick={() => void navigate({ to: "/schedules/create", search: { pipeline: name } as never })}>
                  Schedule…
                </Button>
              )}
              <Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't start pipelines in this project." onClick={() => setStarting(true)}>
                Start…
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Tabs
          activeTabId={tab ?? "graph"}
          onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
          tabs={[
            { id: "graph", label: "Steps", content: <Graph definition={definition} /> },
            { id: "executions", label: "Executions", content: <Executions pipeline={name} /> },
            { id: "parameters", label: "Parameters", content: <Parameters parameters={definition.Parameters ?? []} /> },
            ...(can("studio:ListScheduleStates") ? [{ id: "automation", label: "Schedules and rules", content: <Automation pipeline={name} /> }] : []),
            { id: "comments", label: "Comments", content: <Comments arn={query.data.PipelineArn} /> },
            ...(can("sagemaker:ListPipelineVersions") ? [{ id: "versions", label: "Versions", content: <Versions pipeline={name} /> }] : []),
            { id: "json", label: "Definition", content: <Code text={JSON.stringify(definition, null, 2)} /> },
          ]}
        />
        <Tags arn={query.data.PipelineArn} />
        {starting && <StartDialog pipeline={name} definition={definition} close={() => setStarting(false)} />}
      </SpaceBetween>
    </ContentLayout>
  );
}
