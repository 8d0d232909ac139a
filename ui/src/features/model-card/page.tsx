// A model card by itself: read and edited, its versions, and itself as a PDF.
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { objectUrl } from "../../api/s3";
import { VIEWER } from "../../shared/actions";
import { Comments } from "../../shared/comments";
import { useStudio } from "../../shared/context";
import { parseS3, time } from "../../shared/format";
import { Empty, Failure, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { Tags } from "../../shared/tags";
import { ModelCardView } from "./card";
import { type Content, parse } from "./content";
import type { Card, CardVersion, Export } from "./types";

const useCard = (name: string, version?: number) =>
  useQuery({
    queryKey: ["ModelCard", name, version],
    queryFn: () => sagemaker<Card>("DescribeModelCard", { ModelCardName: name, ModelCardVersion: version }),
  });

function Now({ card }: { card: Card }) {
  const client = useQueryClient();
  const content = parse(card.Content);
  const save = async (next: Content, status: string) => {
    const text = JSON.stringify(next);
    const ModelCardName = card.ModelCardName;
    // The API changes one of the two at a time; the status is that of the new version, but what is archived takes no content.
    const steps = [
      ...(text !== JSON.stringify(content) ? [{ ModelCardName, Content: text }] : []),
      ...(status !== card.ModelCardStatus ? [{ ModelCardName, ModelCardStatus: status }] : []),
    ];
    for (const step of card.ModelCardStatus === "Archived" ? steps.reverse() : steps) await sagemaker("UpdateModelCard", step);
    await client.invalidateQueries({ queryKey: ["ModelCard", ModelCardName] });
  };
  return <ModelCardView content={content} status={card.ModelCardStatus} save={save} />;
}

function Earlier({ name }: { name: string }) {
  const query = useQuery({
    queryKey: ["ModelCard", name, "versions"],
    queryFn: () => sagemaker<{ ModelCardVersionSummaryList: CardVersion[] }>("ListModelCardVersions", { ModelCardName: name, MaxResults: 100 }),
    select: (answer) => answer.ModelCardVersionSummaryList,
  });
  const [chosen, setChosen] = useState<number>();
  const shown = useCard(name, chosen);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const versions = query.data ?? [];
  return (
    <SpaceBetween size="l">
      <Table
        contentDensity="compact"
        loading={query.isPending}
        loadingText="Loading versions"
        header={<Header variant="h2" description="Each change of the content makes one.">Versions</Header>}
        items={versions}
        trackBy="ModelCardVersion"
        selectionType="single"
        selectedItems={versions.filter((one) => one.ModelCardVersion === chosen)}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems[0]?.ModelCardVersion)}
        onRowClick={({ detail }) => setChosen(detail.item.ModelCardVersion)}
        ariaLabels={{ tableLabel: "Versions", selectionGroupLabel: "Version", itemSelectionLabel: (_, one) => `Version ${one.ModelCardVersion}` }}
        columnDefinitions={[
          { id: "version", header: "Version", isRowHeader: true, cell: (one) => one.ModelCardVersion },
          { id: "status", header: "Status", cell: (one) => <Status word={one.ModelCardStatus} /> },
          { id: "made", header: "Made", cell: (one) => time(one.CreationTime) },
        ]}
      />
      {chosen !== undefined && shown.isError && <Failure error={shown.error} />}
      {chosen !== undefined && shown.data && <ModelCardView reading content={parse(shown.data.Content)} status={shown.data.ModelCardStatus} save={() => Promise.resolve()} />}
    </SpaceBetween>
  );
}

const exportsOf = async (name: string): Promise<Export[]> => {
  const { ModelCardExportJobSummaries: found } = await sagemaker<{ ModelCardExportJobSummaries: Export[] }>("ListModelCardExportJobs", { ModelCardName: name, MaxResults: 50 });
  return Promise.all(found.map((one) => sagemaker<Export>("DescribeModelCardExportJob", { ModelCardExportJobArn: one.ModelCardExportJobArn })));
};

function Exports({ card }: { card: Card }) {
  const { canWrite, session, fail } = useStudio();
  const name = card.ModelCardName;
  const [version, setVersion] = useState(card.ModelCardVersion);
  const query = useQuery({
    queryKey: ["ModelCard", name, "exports"],
    queryFn: () => exportsOf(name),
    refetchInterval: (found) => (found.state.data?.some((one) => one.Status === "InProgress") ? 1000 : false),
  });
  const make = async () => {
    const job = `${name.slice(0, 44)}-${new Date().toISOString().replace(/[-:T]/g, "").slice(0, 14)}`;
    const path = `s3://sagemaker-us-east-1-${session.project?.account ?? ""}/model-cards`;
    try {
      await sagemaker("CreateModelCardExportJob", { ModelCardName: name, ModelCardVersion: version, ModelCardExportJobName: job, OutputConfig: { S3OutputPath: path } });
      await query.refetch();
    } catch (error) {
      fail("Exporting the card", error);
    }
  };
  const options = Array.from({ length: card.ModelCardVersion }, (_, index) => String(card.ModelCardVersion - index)).map((value) => ({ value, label: `Version ${value}` }));
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <Table
      contentDensity="compact"
      loading={query.isPending}
      loadingText="Loading exports"
      header={
        <Header
          variant="h2"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Select ariaLabel="Version" options={options} selectedOption={options.find((one) => one.value === String(version)) ?? null} onChange={({ detail }) => setVersion(Number(detail.selectedOption.value))} />
              <Button variant="primary" disabled={!canWrite} disabledReason={VIEWER} onClick={() => void make()}>
                Export as PDF
              </Button>
            </SpaceBetween>
          }
        >
          Exports
        </Header>
      }
      items={query.data ?? []}
      ariaLabels={{ tableLabel: "Exports" }}
      columnDefinitions={[
        { id: "name", header: "Export", isRowHeader: true, cell: (one) => one.ModelCardExportJobName },
        { id: "version", header: "Version", cell: (one) => one.ModelCardVersion },
        { id: "status", header: "Status", cell: (one) => <Status word={one.Status} /> },
        { id: "at", header: "Made", cell: (one) => time(one.CreatedAt) },
        {
          id: "file",
          header: "File",
          cell: (one) => {
            if (one.FailureReason) return <Box color="text-status-error">{one.FailureReason}</Box>;
            if (!one.ExportArtifacts) return "–";
            const { bucket, key } = parseS3(one.ExportArtifacts.S3ExportArtifacts);
            return (
              <a className="link" href={objectUrl(bucket, key)} download={key.split("/").pop()}>
                Download
              </a>
            );
          },
        },
      ]}
      empty={<Empty title="No exports yet" text="An export writes a version of the card to the project's bucket as a PDF." />}
    />
  );
}

export function CardPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const query = useCard(name);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  const card = query.data;
  const changed = card.LastModifiedBy?.UserProfileName ?? card.CreatedBy?.UserProfileName ?? "–";
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={`Version ${card.ModelCardVersion}, last changed ${time(card.LastModifiedTime)} by ${changed}`}>
          {card.ModelCardName}
        </Header>
      }
    >
      <Tabs
        activeTabId={tab ?? "card"}
        onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
        tabs={[
          { id: "card", label: "Card", content: <Now card={card} /> },
          { id: "versions", label: "Versions", content: <Earlier name={card.ModelCardName} /> },
          { id: "exports", label: "PDF", content: <Exports key={card.ModelCardVersion} card={card} /> },
          { id: "comments", label: "Comments", content: <Comments arn={card.ModelCardArn} /> },
          { id: "tags", label: "Tags", content: <Tags arn={card.ModelCardArn} /> },
        ]}
      />
    </ContentLayout>
  );
}
