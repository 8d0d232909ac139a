// One version of a model: who made it of what, whether it may go out and who said so, its metrics, and where it serves.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { VIEWER } from "../../shared/actions";
import { Comments } from "../../shared/comments";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { ActionsButton, Code, Copy, Empty, Failure, Link, S3Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Tags } from "../../shared/tags";
import { useTitle } from "../../shared/title";
import { keptFrom } from "../endpoint/history";
import { useRollBack } from "../endpoint/history-tab";
import { Lineage } from "../lineage/view";
import { useVersionActions } from "./actions";
import { VersionCard } from "./card-tab";
import { Decide, MetadataDialog, StageDialog, type Word } from "./decide";
import { VersionMetrics } from "./metrics";
import { type Place, useApprovals, usePlaces, useSourceJob, useVersion } from "./query";
import type { InferenceSpecification, Version } from "./types";

const Address = ({ uri }: { uri: string | undefined }) => (uri ? uri.startsWith("s3://") ? <S3Link uri={uri} /> : <Copy text={uri} /> : <>–</>);

function Approvals({ version }: { version: Version }) {
  const query = useApprovals(version);
  if (query.isError) return <Failure error={query.error} />;
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      loading={query.isPending}
      loadingText="Loading decisions"
      header={<Header variant="h3">Decisions</Header>}
      items={query.data ?? []}
      ariaLabels={{ tableLabel: "Decisions" }}
      columnDefinitions={[
        { id: "word", header: "Decision", isRowHeader: true, cell: (one) => <Status word={one.word} /> },
        { id: "by", header: "By", cell: (one) => one.by },
        { id: "why", header: "Why", cell: (one) => one.why ?? "–" },
        { id: "at", header: "When", cell: (one) => time(one.at) },
      ]}
      empty={<Box color="text-body-secondary">Nobody has approved or rejected it yet.</Box>}
    />
  );
}

function Origin({ version }: { version: Version }) {
  const job = useSourceJob(version);
  const container = version.InferenceSpecification?.Containers[0];
  const said = version.MetadataProperties;
  return (
    <KeyValuePairs
      columns={3}
      items={[
        { label: "Approval", value: <Status word={version.ModelApprovalStatus ?? "–"} /> },
        { label: "Why", value: version.ApprovalDescription ?? "–" },
        { label: "Registered", value: `${time(version.CreationTime)} by ${version.CreatedBy?.UserProfileName ?? "–"}` },
        { label: "Training job", value: job.data ? <Link to={`/jobs/${job.data}`}>{job.data}</Link> : job.isPending ? "…" : "–" },
        { label: "Model data", value: <Address uri={container?.ModelDataUrl} /> },
        { label: "Image", value: container?.Image ? <Copy text={container.Image} /> : "–" },
        { label: "Description", value: version.ModelPackageDescription ?? "–" },
        { label: "ARN", value: <Copy text={version.ModelPackageArn} /> },
        ...(version.LastModifiedBy ? [{ label: "Last changed", value: `${time(version.LastModifiedTime)} by ${version.LastModifiedBy.UserProfileName ?? "–"}` }] : []),
        ...(said?.CommitId ? [{ label: "Commit", value: <Copy text={said.CommitId} /> }] : []),
        ...(said?.Repository ? [{ label: "Repository", value: <Copy text={said.Repository} /> }] : []),
        ...(version.Domain ? [{ label: "Domain", value: version.Domain }] : []),
        ...(version.Task ? [{ label: "Task", value: version.Task }] : []),
        ...(version.SourceUri ? [{ label: "Source", value: <Address uri={version.SourceUri} /> }] : []),
        ...(version.SamplePayloadUrl ? [{ label: "Sample payload", value: <Address uri={version.SamplePayloadUrl} /> }] : []),
      ]}
    />
  );
}

function Overview({ version }: { version: Version }) {
  const { canWrite } = useStudio();
  const [dialog, setDialog] = useState<"stage" | "metadata">();
  const edit = (which: "stage" | "metadata", text: string) => (
    <Button disabled={!canWrite} disabledReason={VIEWER} onClick={() => setDialog(which)}>
      {text}
    </Button>
  );
  const stage = version.ModelLifeCycle;
  const pairs = Object.entries(version.CustomerMetadataProperties ?? {});
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Summary</Header>}>
        <SpaceBetween size="l">
          <Origin version={version} />
          <Approvals version={version} />
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2" actions={edit("stage", "Set stage…")}>Stage</Header>}>
        {stage ? (
          <KeyValuePairs
            columns={3}
            items={[
              { label: "Stage", value: stage.Stage },
              { label: "Status", value: stage.StageStatus },
              { label: "Description", value: stage.StageDescription ?? "–" },
            ]}
          />
        ) : (
          <Box color="text-body-secondary">No stage yet. A stage says where in its life a version is: in development, in production, retired.</Box>
        )}
      </Container>
      <Container header={<Header variant="h2" actions={edit("metadata", "Edit metadata…")}>Metadata</Header>}>
        {pairs.length ? <KeyValuePairs columns={3} items={pairs.map(([label, value]) => ({ label, value }))} /> : <Box color="text-body-secondary">None yet.</Box>}
      </Container>
      <Comments arn={version.ModelPackageArn} />
      <Tags arn={version.ModelPackageArn} />
      {dialog === "stage" && <StageDialog version={version} close={() => setDialog(undefined)} />}
      {dialog === "metadata" && <MetadataDialog version={version} close={() => setDialog(undefined)} />}
    </SpaceBetween>
  );
}

function Inference({ title, told }: { title: string; told: InferenceSpecification }) {
  const list = (all: string[] | undefined) => (all?.length ? all.join(", ") : "any");
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      <KeyValuePairs
        columns={2}
        items={[
          { label: "Takes", value: list(told.SupportedContentTypes) },
          { label: "Answers", value: list(told.SupportedResponseMIMETypes) },
          { label: "Instance types of endpoints", value: list(told.SupportedRealtimeInferenceInstanceTypes) },
          { label: "Instance types of batch jobs", value: list(told.SupportedTransformInstanceTypes) },
          ...told.Containers.flatMap((one, index) => {
            const which = told.Containers.length > 1 ? ` ${index + 1}` : "";
            return [
              { label: `Image${which}`, value: one.Image ? <Copy text={one.Image} /> : "–" },
              { label: `Model data${which}`, value: <Address uri={one.ModelDataUrl} /> },
              ...Object.entries(one.Environment ?? {}).map(([label, value]) => ({ label, value })),
            ];
          }),
        ]}
      />
    </Container>
  );
}

function Inferences({ version }: { version: Version }) {
  const all = version.AdditionalInferenceSpecifications ?? [];
  if (!version.InferenceSpecification && !all.length) return <Empty title="No inference specification" text="The version says nothing of how it serves, so it can't be deployed." />;
  return (
    <SpaceBetween size="l">
      {version.InferenceSpecification && <Inference title="Inference" told={version.InferenceSpecification} />}
      {all.map((one) => (
        <Inference key={one.Name} title={one.Name} told={one} />
      ))}
    </SpaceBetween>
  );
}

function Places({ version, deploy }: { version: Version; deploy: React.ReactNode }) {
  const { canWrite } = useStudio();
  const query = usePlaces(version.ModelPackageArn);
  const rollBack = useRollBack();
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const now = (query.data ?? []).filter((one) => one.variants.length);
  const before = (query.data ?? []).filter((one) => one.before);
  const name = { id: "name", header: "Endpoint", isRowHeader: true, cell: (one: Place) => <Link to={`/endpoints/${one.endpoint.EndpointName}`}>{one.endpoint.EndpointName}</Link> };
  const status = { id: "status", header: "Status", cell: (one: Place) => <Status word={one.endpoint.EndpointStatus} /> };
  return (
    <SpaceBetween size="l">
      <Table
        contentDensity="compact"
        loading={query.isPending}
        loadingText="Looking for endpoints"
        header={<Header variant="h2">Endpoints that serve it</Header>}
        items={now}
        ariaLabels={{ tableLabel: "Endpoints that serve it" }}
        columnDefinitions={[
          name,
          status,
          { id: "variants", header: "As", cell: (one) => one.variants.join(", ") },
          { id: "since", header: "Last changed", cell: (one) => time(one.endpoint.LastModifiedTime) },
        ]}
        empty={<Empty title="It serves nowhere" text="Endpoints appear here as soon as they are in service with a model made of this version." action={deploy} />}
      />
      {before.length > 0 && (
        <Table
          contentDensity="compact"
          header={<Header variant="h2">Endpoints that served it before</Header>}
          items={before}
          ariaLabels={{ tableLabel: "Endpoints that served it before" }}
          columnDefinitions={[
            name,
            status,
            { id: "since", header: "From", cell: (one) => time(one.before?.at) },
            {
              id: "back",
              header: "Roll back",
              cell: (one) => {
                const why = canWrite ? one.before && keptFrom(one.before, one.endpoint) : VIEWER;
                return (
                  <Button variant="inline-link" ariaLabel={`Roll ${one.endpoint.EndpointName} back to this version`} disabled={Boolean(why)} disabledReason={why} onClick={() => one.before && rollBack(one.endpoint.EndpointName, one.before)}>
                    Roll back to it…
                  </Button>
                );
              },
            },
          ]}
        />
      )}
    </SpaceBetween>
  );
}

export function VersionPage() {
  const { group, version: number } = useParams({ strict: false }) as { group: string; version: string };
  const query = useVersion(group, number);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={10} />;
  return <Page version={query.data} />;
}

function Page({ version }: { version: Version }) {
  const group = version.ModelPackageGroupName;
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const [word, setWord] = useState<Word>();
  const actions = useVersionActions(group, (_, chosen) => setWord(chosen))(version);
  useTitle(`${group} v${version.ModelPackageVersion}`, undefined);
  const button = (id: string, variant?: "primary") => {
    const one = actions.find((each) => each.id === id)!;
    return (
      <Button key={id} variant={variant} disabled={Boolean(one.disabledReason)} disabledReason={one.disabledReason} onClick={one.run}>
        {one.text}
      </Button>
    );
  };
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={<Link to={`/registry/${group}`}>{`All versions of ${group}`}</Link>}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <ActionsButton actions={actions.filter((one) => ["copy", "remove"].includes(one.id))} />
              {button("reject")}
              {button("approve")}
              {button("deploy", "primary")}
            </SpaceBetween>
          }
        >
          {`${group}, version ${version.ModelPackageVersion}`}
        </Header>
      }
    >
      <Tabs
        activeTabId={tab ?? "overview"}
        onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
        tabs={[
          { id: "overview", label: "Overview", content: <Overview version={version} /> },
          { id: "metrics", label: "Metrics", content: <VersionMetrics version={version} /> },
          { id: "card", label: "Card", content: <VersionCard version={version} /> },
          { id: "inference", label: "Inference", content: <Inferences version={version} /> },
          { id: "places", label: "Where it runs", content: <Places version={version} deploy={button("deploy")} /> },
          { id: "lineage", label: "Lineage", content: <Lineage start={version.ModelPackageArn} waits="The studio notes it in a moment." /> },
          { id: "code", label: "JSON", content: <Code text={JSON.stringify(version, null, 2)} /> },
        ]}
      />
      {word && <Decide version={version} word={word} close={() => setWord(undefined)} />}
    </ContentLayout>
  );
}
