import Button from "@cloudscape-design/components/button";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { createdColumn, nameColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { Code } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { useDefinition, usePipeline } from "./query";
import { StartDialog } from "./start";
import type { PipelineSummary } from "./types";

const pipelineList: ListConfig<PipelineSummary> = {
  kind: "Pipeline",
  title: "Pipelines",
  description: "Steps that prepare, train, evaluate and deploy, run again with one click; what did not change is not run again.",
  operation: "ListPipelines",
  member: "PipelineSummaries",
  ask: (search) => ({ PipelineNamePrefix: search.name || undefined }),
  nameOf: (one) => one.PipelineName,
  columns: [
    nameColumn("Name", "/pipelines", (one) => one.PipelineName),
    { id: "description", header: "Description", cell: (one) => one.PipelineDescription ?? "–" },
    { id: "last", header: "Last execution", cell: (one) => time(one.LastExecutionTime) },
    createdColumn(),
  ],
  empty: {
    title: "No pipelines yet",
    text: "Draw one here, or write one with the SDK; its steps and executions appear here.",
    more: <Code text={'pipeline = Pipeline("churn", parameters=[…], steps=[prepare, train, evaluate, choose])\npipeline.upsert(role_arn=os.environ["SAGEMAKER_ROLE"])\npipeline.start()'} />,
  },
};

function Start({ name, close }: { name: string; close: () => void }) {
  const pipeline = usePipeline(name);
  const definition = useDefinition(pipeline.data?.PipelineDefinition);
  return definition ? <StartDialog pipeline={name} definition={definition} close={close} /> : <Skeleton rows={1} />;
}

export function PipelinesPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, can, confirm } = useStudio();
  const [starting, setStarting] = useState<string>();
  const writing = canWrite ? undefined : VIEWER;
  const open = (one: PipelineSummary) => void navigate({ to: `/pipelines/${one.PipelineName}` });
  const actionsOf = (one: PipelineSummary): Action[] => [
    { id: "edit", text: "Edit", disabledReason: writing, run: () => void navigate({ to: `/pipelines/${one.PipelineName}/edit` }) },
    { id: "start", text: "Start…", apart: true, disabledReason: writing, run: () => setStarting(one.PipelineName) },
    ...(can("studio:ListScheduleStates") ? [{ id: "schedule", text: "Schedule…", disabledReason: writing, run: () => void navigate({ to: "/schedules/create", search: { pipeline: one.PipelineName } as never }) }] : []),
    ...(can("studio:ListRuleStates") ? [{ id: "rule", text: "Start on an event…", disabledReason: writing, run: () => void navigate({ to: "/rules/create", search: { pipeline: one.PipelineName } as never }) }] : []),
    {
      id: "remove",
      text: "Delete…",
      apart: true,
      disabledReason: writing,
      run: () =>
        confirm({
          title: `Delete ${one.PipelineName}?`,
          text: "Its executions go with it; what they made stays.",
          verb: "Delete",
          act: async () => {
            await sagemaker("DeletePipeline", { PipelineName: one.PipelineName, ClientRequestToken: crypto.randomUUID() });
            await client.invalidateQueries({ queryKey: ["list", "Pipeline"] });
          },
        }),
    },
  ];
  return (
    <>
      <ResourceTable<PipelineSummary> config={pipelineList} actionsOf={actionsOf} open={open} create={<Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't create pipelines in this project." onClick={() => void navigate({ to: "/pipelines/create" })}>Create pipeline</Button>} />
      {starting && <Start name={starting} close={() => setStarting(undefined)} />}
    </>
  );
}
