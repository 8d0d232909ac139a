// The versions of a pipeline: who made each and when, what differs between two, started or made current again.
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useInfiniteQuery, useQueries, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import type { Action } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { ContextMenu } from "../../shared/menu";
import { ActionsButton, Empty, Failure, Link } from "../../shared/parts";
import { useRows } from "../../shared/rows";
import { Skeleton } from "../../shared/skeleton";
import { type Changed, diff, said, summed } from "./diff";
import { StartDialog } from "./start";
import { type Definition, executionId, type Pipeline } from "./types";

interface Version {
  PipelineVersionId: number;
  CreationTime: number;
  PipelineVersionDisplayName?: string;
  PipelineVersionDescription?: string;
  PipelineVersionAliases?: string[];
  LastExecutionPipelineExecutionArn?: string;
}
interface Whole {
  definition: Definition;
  text: string;
  by: string;
}
const PAGE = 20;

/** Each with its definition and who made it: a version never changes, so it is asked for once. */
function useWholes(pipeline: string, versions: Version[], newest: number) {
  const found = useQueries({
    queries: versions.map((one) => ({
      queryKey: ["Pipeline", pipeline, "version", one.PipelineVersionId, one.PipelineVersionId === newest],
      staleTime: Infinity,
      queryFn: async (): Promise<Whole> => {
        const told = await sagemaker<Pipeline & { LastModifiedBy?: { UserProfileName?: string } }>("DescribePipeline", { PipelineName: pipeline, PipelineVersionId: one.PipelineVersionId });
        return { definition: JSON.parse(told.PipelineDefinition) as Definition, text: told.PipelineDefinition, by: told.LastModifiedBy?.UserProfileName ?? "–" };
      },
    })),
  });
  return new Map(versions.map((one, at) => [one.PipelineVersionId, found[at]?.data]));
}

function Differences({ changes }: { changes: Changed[] }) {
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      items={changes}
      trackBy={(one) => `${one.kind} ${one.name}`}
      ariaLabels={{ tableLabel: "Differences" }}
      columnDefinitions={[
        { id: "what", header: "Step or parameter", isRowHeader: true, cell: (one) => `${one.name}${one.kind === "parameter" ? " (parameter)" : ""}` },
        { id: "type", header: "Type", cell: (one) => one.type },
        { id: "change", header: "Change", cell: (one) => <Badge color={one.change === "added" ? "green" : one.change === "removed" ? "red" : "blue"}>{one.change}</Badge> },
        {
          id: "members",
          header: "What changed",
          cell: (one) =>
            one.differences.length === 0
              ? "–"
              : one.differences.map((each) => (
                  <div key={each.at} className="difference">
                    <b>{each.at}</b> <del>{said(each.before)}</del> <ins>{said(each.after)}</ins>
                  </div>
                )),
        },
      ]}
      empty={<Empty title="No difference" text="Both have the same steps and parameters." />}
    />
  );
}

export function Versions({ pipeline }: { pipeline: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { canWrite, confirm, notify } = useStudio();
  const { a, b } = useSearch({ strict: false }) as { a?: number; b?: number };
  const [starting, setStarting] = useState<number>();
  const writing = canWrite ? undefined : "Viewers can't change things in this project.";
  const query = useInfiniteQuery({
    queryKey: ["Pipeline", pipeline, "versions"],
    queryFn: ({ pageParam }) => sagemaker<{ PipelineVersionSummaries: Version[]; NextToken?: string }>("ListPipelineVersions", { PipelineName: pipeline, MaxResults: PAGE, NextToken: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.NextToken ?? undefined,
  });
  const versions = (query.data?.pages ?? []).flatMap((page) => page.PipelineVersionSummaries);
  const newest = versions[0]?.PipelineVersionId ?? 0;
  const wholes = useWholes(pipeline, versions, newest);
  const compare = (from: number, to: number) => void navigate({ to: ".", search: ((old: object) => ({ ...old, a: from, b: to })) as never, replace: true });
  const restore = (one: Version) =>
    confirm({
      title: `Make version ${one.PipelineVersionId} current again?`,
      text: `Its steps and parameters become version ${newest + 1}; no version is lost. Executions that run keep what they began with.`,
      verb: "Make current",
      act: async () => {
        const whole = wholes.get(one.PipelineVersionId);
        await sagemaker("UpdatePipeline", { PipelineName: pipeline, PipelineDefinition: whole?.text });
        await client.invalidateQueries({ queryKey: ["Pipeline", pipeline] });
        notify({ id: `restored ${pipeline}`, type: "success", content: `${pipeline} is what it was in version ${one.PipelineVersionId}.`, dismissible: true });
      },
    });
  const actionsOf = (one: Version): Action[] => {
    const at = versions.indexOf(one);
    const before = versions[at + 1];
    return [
      { id: "before", text: "Compare with the one before", disabledReason: before ? undefined : "It is the first.", run: () => before && compare(before.PipelineVersionId, one.PipelineVersionId) },
      { id: "now", text: "Compare with the current", disabledReason: one.PipelineVersionId === newest ? "It is the current one." : undefined, run: () => compare(one.PipelineVersionId, newest) },
      { id: "start", text: "Start this version…", apart: true, disabledReason: writing ?? (wholes.get(one.PipelineVersionId) ? undefined : "It is being read."), run: () => setStarting(one.PipelineVersionId) },
      { id: "restore", text: "Make current again…", disabledReason: writing ?? (one.PipelineVersionId === newest ? "It is the current one." : wholes.get(one.PipelineVersionId) ? undefined : "It is being read."), run: () => restore(one) },
    ];
  };
  const nameOf = (one: Version) => `version ${one.PipelineVersionId}`;
  const { menu, close, handlers } = useRows({ items: versions, nameOf, actionsOf, open: (one) => actionsOf(one)[0]?.run(), look: () => undefined });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={4} />;
  const changesOf = (one: Version): string => {
    const before = versions[versions.indexOf(one) + 1];
    const [was, is] = [before && wholes.get(before.PipelineVersionId), wholes.get(one.PipelineVersionId)];
    if (!before) return query.hasNextPage ? "–" : "The first";
    return was && is ? summed(diff(was.definition, is.definition)) : "…";
  };
  const options = versions.map((one) => ({ value: String(one.PipelineVersionId), label: `Version ${one.PipelineVersionId}` }));
  const from = Number(a ?? versions[1]?.PipelineVersionId ?? newest);
  const to = Number(b ?? newest);
  const [was, is] = [wholes.get(from), wholes.get(to)];
  const pick = (label: string, value: number, set: (to: number) => void) => <Select ariaLabel={label} options={options} selectedOption={options.find((one) => one.value === String(value)) ?? null} onChange={({ detail }) => set(Number(detail.selectedOption.value))} />;
  const definition = starting === undefined ? undefined : wholes.get(starting)?.definition;
  return (
    <SpaceBetween size="l">
      <div {...handlers}>
        <Table
          variant="embedded"
          contentDensity="compact"
          header={
            <Header variant="h3" description="Each change of the steps or parameters makes one; none is lost." counter={`(${versions.length}${query.hasNextPage ? "+" : ""})`}>
              Versions
            </Header>
          }
          items={versions}
          trackBy={nameOf}
          ariaLabels={{ tableLabel: "Versions" }}
          columnDefinitions={[
            {
              id: "version",
              header: "Version",
              isRowHeader: true,
              cell: (one) => (
                <span data-row={nameOf(one)}>
                  {one.PipelineVersionDisplayName ?? `Version ${one.PipelineVersionId}`} {one.PipelineVersionId === newest && <Badge color="green">current</Badge>} {(one.PipelineVersionAliases ?? []).map((each) => <Badge key={each}>{each}</Badge>)}
                </span>
              ),
            },
            { id: "made", header: "Made", cell: (one) => time(one.CreationTime) },
            { id: "by", header: "By", cell: (one) => wholes.get(one.PipelineVersionId)?.by ?? "…" },
            { id: "changes", header: "Against the one before", cell: changesOf },
            {
              id: "last",
              header: "Last execution",
              cell: (one) => (one.LastExecutionPipelineExecutionArn ? <Link to={`/pipelines/${pipeline}/${executionId(one.LastExecutionPipelineExecutionArn)}`}>{executionId(one.LastExecutionPipelineExecutionArn)}</Link> : "–"),
            },
            { id: "actions", header: "", cell: (one) => <ActionsButton label={`Version ${one.PipelineVersionId}`} actions={actionsOf(one)} /> },
          ]}
          footer={
            query.hasNextPage && (
              <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                Earlier versions
              </Button>
            )
          }
        />
        {menu && <ContextMenu at={menu} close={close} />}
      </div>
      {versions.length > 1 ? (
        <section aria-label="Difference">
          <SpaceBetween size="s">
            <div className="filters">
              {pick("From version", from, (value) => compare(value, to))}
              {pick("To version", to, (value) => compare(from, value))}
              {was && is && <Box color="text-body-secondary">{summed(diff(was.definition, is.definition))}</Box>}
            </div>
            {was && is ? <Differences changes={diff(was.definition, is.definition)} /> : <Skeleton rows={2} />}
          </SpaceBetween>
        </section>
      ) : (
        <Box color="text-body-secondary">There is one version yet. Change a step in the editor, and what differs stands here.</Box>
      )}
      {definition && <StartDialog pipeline={pipeline} definition={definition} version={starting} close={() => setStarting(undefined)} />}
    </SpaceBetween>
  );
}
