import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import type { Model, ModelSummary } from "../../api/types";
import { type Action, modelActions } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { ActionsButton, Code, Copy, Failure, Link, S3Link } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";

const modelList: ListConfig<ModelSummary> = {
  kind: "Model",
  title: "Models",
  description: "A model is an artifact with the image that serves it. Deploy one to put it behind an endpoint.",
  operation: "ListModels",
  member: "Models",
  nameOf: (model) => model.ModelName,
  columns: [
    {
      id: "name",
      header: "Name",
      sortingField: "Name",
      isRowHeader: true,
      cell: (model) => (
        <span data-row={model.ModelName}>
          <Link to={`/models/${model.ModelName}`}>{model.ModelName}</Link>
        </span>
      ),
    },
    { id: "created", header: "Created", sortingField: "CreationTime", cell: (model) => time(model.CreationTime) },
    { id: "arn", header: "ARN", cell: (model) => <Copy text={model.ModelArn} /> },
  ],
  empty: { title: "No models yet", text: "Deploying a finished training job makes one; so does create_model in boto3." },
};

function useModelActions(): (name: string) => Action[] {
  const studio = useStudio();
  const navigate = useNavigate();
  return (name) =>
    modelActions(studio.canWrite, {
      deploy: () => studio.deploy({ model: name }),
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
  const query = useQuery({ queryKey: ["Model", name], queryFn: () => sagemaker<Model>("DescribeModel", { ModelName: name }) });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Spinner size="large" />;
  const model = query.data;
  const container = model.PrimaryContainer ?? model.Containers?.[0] ?? {};
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
          <KeyValuePairs
            columns={2}
            items={[
              { label: "Created", value: time(model.CreationTime) },
              { label: "ARN", value: <Copy text={model.ModelArn} /> },
              { label: "Image", value: container.Image ? <Copy text={container.Image} /> : "–" },
              { label: "Artifact", value: container.ModelDataUrl ? <S3Link uri={container.ModelDataUrl} /> : "–" },
              ...Object.entries(container.Environment ?? {}).map(([label, value]) => ({ label, value })),
            ]}
          />
        </Container>
        <Container header={<Header variant="h2">JSON</Header>}>
          <Code text={JSON.stringify(model, null, 2)} />
        </Container>
      </SpaceBetween>
    </ContentLayout>
  );
}
