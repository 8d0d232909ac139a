// The versions of one model: what each is made of, its metrics, and approving or rejecting it with a reason.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Textarea from "@cloudscape-design/components/textarea";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { textOf } from "../../api/s3";
import { Comments } from "../../shared/comments";
import { describe, useStudio } from "../../shared/context";
import { parseS3, time } from "../../shared/format";
import { Code, Copy, Empty, Failure, S3Link, Status } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import type { Version, VersionSummary } from "./types";

type Word = "Approved" | "Rejected";

function Decide({ version, word, close }: { version: VersionSummary; word: Word; close: () => void }) {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const send = async () => {
    setBusy(true);
    try {
      await sagemaker("UpdateModelPackage", { ModelPackageArn: version.ModelPackageArn, ModelApprovalStatus: word, ApprovalDescription: reason || undefined });
      await client.invalidateQueries({ queryKey: ["registry"] });
      close();
    } catch (error) {
      setRefused(error);
      setBusy(false);
    }
  };
  const verb = word === "Approved" ? "Approve" : "Reject";
  return (
    <Modal
      visible
      header={`${verb} version ${version.ModelPackageVersion}`}
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <Button variant="primary" loading={busy} onClick={() => void send()}>
            {verb}
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
        <FormField label="Why" description="It is kept with your name and the time.">
          <Textarea value={reason} onChange={({ detail }) => setReason(detail.value)} autoFocus />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}

function Metrics({ uri }: { uri: string }) {
  const { bucket, key } = parseS3(uri);
  const text = useQuery({ queryKey: ["metrics", uri], queryFn: () => textOf(bucket, key), retry: false });
  if (text.isError) return <Alert type="warning">{`The metrics at ${uri} can't be read: ${describe(text.error)}`}</Alert>;
  if (text.data === undefined) return <Skeleton rows={2} />;
  let shown = text.data;
  try {
    shown = JSON.stringify(JSON.parse(shown), null, 2);
  } catch {
    // Not JSON: shown as it is.
  }
  return <Code text={shown.slice(0, 8000)} />;
}

function useDeploy() {
  const { deploy, fail } = useStudio();
  return async (version: VersionSummary, group: string) => {
    const name = `${group}-v${version.ModelPackageVersion}-${Date.now().toString(36)}`;
    try {
      await sagemaker("CreateModel", { ModelName: name, PrimaryContainer: { ModelPackageName: version.ModelPackageArn } });
      deploy({ model: name });
    } catch (error) {
      fail(`Deploying version ${version.ModelPackageVersion}`, error);
    }
  };
}

function Detail({ arn, group }: { arn: string; group: string }) {
  const { canWrite } = useStudio();
  const deploy = useDeploy();
  const [word, setWord] = useState<Word>();
  const query = useQuery({ queryKey: ["registry", "version", arn], queryFn: () => sagemaker<Version>("DescribeModelPackage", { ModelPackageName: arn }) });
  if (query.isError) return <Failure error={query.error} />;
  if (!query.data) return <Skeleton rows={6} />;
  const version = query.data;
  const container = version.InferenceSpecification?.Containers[0];
  const metrics = version.ModelMetrics?.ModelQuality?.Statistics?.S3Uri;
  const why = canWrite ? undefined : "Viewers can't change things in this project.";
  const rejected = version.ModelApprovalStatus === "Rejected" ? "The version was rejected." : undefined;
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={!canWrite} disabledReason={why} onClick={() => setWord("Rejected")}>
                Reject…
              </Button>
              <Button disabled={!canWrite} disabledReason={why} onClick={() => setWord("Approved")}>
                Approve…
              </Button>
              <Button variant="primary" disabled={Boolean(why ?? rejected)} disabledReason={why ?? rejected} onClick={() => void deploy(version, group)}>
                Deploy…
              </Button>
            </SpaceBetween>
          }
        >
          {`Version ${version.ModelPackageVersion}`}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Approval", value: <Status word={version.ModelApprovalStatus ?? "–"} /> },
            { label: "By", value: version.LastModifiedBy?.UserProfileName ?? version.CreatedBy?.UserProfileName ?? "–" },
            { label: "Why", value: version.ApprovalDescription ?? "–" },
            { label: "Created", value: time(version.CreationTime) },
            { label: "Model", value: container?.ModelDataUrl ? <S3Link uri={container.ModelDataUrl} /> : "–" },
            { label: "Image", value: container ? <Copy text={container.Image} /> : "–" },
            { label: "ARN", value: <Copy text={arn} /> },
            ...Object.entries(version.CustomerMetadataProperties ?? {}).map(([label, value]) => ({ label, value })),
          ]}
        />
        {metrics && <Metrics uri={metrics} />}
        {word && <Decide version={version} word={word} close={() => setWord(undefined)} />}
      </SpaceBetween>
    </Container>
  );
}

export function ModelGroupPage() {
  const { group } = useParams({ strict: false }) as { group: string };
  const { version } = useSearch({ strict: false }) as { version?: string | number };
  const [chosen, setChosen] = useState<string>();
  const versions = useQuery({
    queryKey: ["registry", group],
    queryFn: () => sagemaker<{ ModelPackageSummaryList: VersionSummary[] }>("ListModelPackages", { ModelPackageGroupName: group, MaxResults: 100, SortOrder: "Descending" }),
    select: (answer) => answer.ModelPackageSummaryList,
    refetchInterval: 10_000,
  });
  if (versions.isError) return <Failure error={versions.error} retry={() => void versions.refetch()} />;
  const shown = versions.data?.find((one) => (chosen ? one.ModelPackageArn === chosen : version !== undefined && String(one.ModelPackageVersion) === String(version))) ?? versions.data?.[0];
  return (
    <ContentLayout header={<Header variant="h1">{group}</Header>}>
      <SpaceBetween size="l">
        <Table
          contentDensity="compact"
          loading={versions.isPending}
          loadingText="Loading versions"
          items={versions.data ?? []}
          trackBy="ModelPackageArn"
          selectionType="single"
          selectedItems={shown ? [shown] : []}
          onSelectionChange={({ detail }) => setChosen(detail.selectedItems[0]?.ModelPackageArn)}
          onRowClick={({ detail }) => setChosen(detail.item.ModelPackageArn)}
          ariaLabels={{ tableLabel: "Versions", selectionGroupLabel: "Version", itemSelectionLabel: (_, one) => `Version ${one.ModelPackageVersion}` }}
          header={<Header variant="h2">Versions</Header>}
          columnDefinitions={[
            { id: "version", header: "Version", isRowHeader: true, cell: (one) => one.ModelPackageVersion },
            { id: "approval", header: "Approval", cell: (one) => <Status word={one.ModelApprovalStatus ?? "–"} /> },
            { id: "description", header: "Description", cell: (one) => one.ModelPackageDescription ?? "–" },
            { id: "created", header: "Created", cell: (one) => time(one.CreationTime) },
          ]}
          empty={<Empty title="No versions yet" text="A version appears when a script or a pipeline registers a model in this group." />}
        />
        {shown && <Detail key={shown.ModelPackageArn} arn={shown.ModelPackageArn} group={group} />}
        {shown && <Comments key={`comments ${shown.ModelPackageArn}`} arn={shown.ModelPackageArn} />}
      </SpaceBetween>
    </ContentLayout>
  );
}
