import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import type { Model, ModelSummary } from "../../api/types";
import { type Action, modelActions } from "../../shared/actions";
import { createdColumn, nameColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { ActionsButton, Code, Copy, Failure, S3Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { Comments } from "../../shared/comments";
import { Tags } from "../../shared/tags";
import { Lineage } from "../lineage/view";

const useModel = (name: string) => useQuery({ queryKey: ["Model", name], queryFn: () => sagemaker<Model>("DescribeModel", { ModelName: name }) });

function ModelPreview({ name }: { name: string }) {
  const query = useModel(name);
  if (query.isError) return <Failure error={query.error} />;
  if (!query.data) return <Skeleton rows={4} />;
  return <Facts model={query.data} columns={1} />;
}

function Facts({ model, columns }: { model: Model; columns: number }) {
  const containers = model.PrimaryContainer ? [model.PrimaryContainer] : (model.Containers ?? []);
  return (
    <KeyValuePairs
      columns={columns}
      items={[
        { label: "Created", value: time(model.CreationTime) },
        { label: "ARN", value: <Copy text={model.ModelArn} /> },
        ...containers.flatMap((one, index) => {
          const which = containers.length > 1 ? ` ${index + 1}` : "";
          return [
            { label: `Image${which}`, value: one.Image ? <Copy text={one.Image} /> : "–" },
            { label: `Artifact${which}`, value: one.ModelDataUrl ? <S3Link uri={one.ModelDataUrl} /> : "–" },
            ...Object.entries(one.Environment ?? {}).map(([label, value]) => ({ label, value })),
          ];
        }),
      ]}
    />
  );
}

const modelList: ListConfig<ModelSummary> = {
  kind: "Model",
  title: "Models",
  description: "A model is an artifact with the image that serves it. Deploy one to put it behind an endpoint.",
  operation: "ListModels",
  member: "Models",
  nameOf: (model) => model.ModelName,
  columns: [
    nameColumn("Name", "/models", (model) => model.ModelName),
    createdColumn(),
    { id: "arn", header: "ARN", cell: (model) => <Copy text={model.ModelArn} /> },
  ],
  quiet: ["arn"],
  preview: (model) => <ModelPreview name={model.ModelName} />,
  empty: {
    title: "No models yet",
    text: "A model is what a training job leaves, with the image that serves it. Deploying a finished job makes one; so does create_model in boto3.",
  },
};

function useModelActions(): (name: string) => Action[] {
  const studio = useStudio();
  const navigate = useNavigate();
  return (name) =>
    modelActions(studio.canWrite, {
      deploy: () => studio.deploy({ model: name }),
      batch: studio.can("sagemaker:CreateTransformJob") ? () => studio.deploy({ model: name, mode: "batch" }) : undefined,
      remove: () =>
        studio.confirm({
          title: `Delete the model ${name}?`,
          text: "Endpoints that serve it go on; its artifact in the bucket stays.",
          verb: "Delete",
          act: async () => {
            await sagemaker("DeleteModel", { ModelName: name });
            await navigate({ to: "/models" });
          },
        }),
    });
}

export function ModelsPage() {
  const navigate = useNavigate();
  const actionsOf = useModelActions();
  return (
    <ResourceTable<ModelSummary>
      config={modelList}
      actionsOf={(model) => actionsOf(model.ModelName)}
      open={(model) => void navigate({ to: `/models/${model.ModelName}` })}
      create={<Button onClick={() => void navigate({ to: "/jobs", search: { status: "Completed" } as never })}>From a training job</Button>}
    />
  );
}

export function ModelPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const actionsOf = useModelActions();
  const query = useModel(name);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton />;
  const model = query.data;
  const actions = actionsOf(name);
  const deploy = actions.find((one) => one.id === "deploy")!;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <ActionsButton actions={actions.filter((one) => one.id !== "deploy")} />
              <Button variant="primary" disabled={Boolean(deploy.disabledReason)} disabledReason={deploy.disabledReason} onClick={deploy.run}>
                Deploy…
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">Summary</Header>}>
          <Facts model={model} columns={2} />
        </Container>
        <Container header={<Header variant="h2">Lineage</Header>}>
          <Lineage start={model.ModelArn} waits="The studio notes it in a moment." />
        </Container>
        <Tags arn={model.ModelArn} />
      <Comments arn={model.ModelArn} />
        <Container header={<Header variant="h2">JSON</Header>}>
          <Code text={JSON.stringify(model, null, 2)} />
        </Container>
      </SpaceBetween>
    </ContentLayout>
  );
}
