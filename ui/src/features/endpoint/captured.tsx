// Captured requests: the JSON Lines that data capture stores, newest first, with what was asked and what was answered.
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { newestObjects, textOf } from "../../api/s3";
import type { Endpoint } from "../../api/types";
import { parseS3, time } from "../../shared/format";
import { Code, Empty, Failure, S3Link } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";

interface Side {
  observedContentType: string;
  data: string;
  encoding: string;
}
interface Captured {
  captureData: { endpointInput?: Side; endpointOutput?: Side };
  eventMetadata: { eventId: string; inferenceTime: string; inferenceId?: string; customAttributes?: string[] };
}
export interface Row extends Captured {
  variant: string;
}

export const readable = (side: Side | undefined): string => {
  if (!side) return "–";
  if (side.encoding !== "BASE64") return side.data;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(side.data), (character) => character.charCodeAt(0)));
  } catch {
    return `${Math.round((side.data.length * 3) / 4)} bytes, not text`;
  }
};

export function rowsOf(text: string, variant: string): Row[] {
  return text
    .split("\n")
    .filter((line) => line.trim())
    .flatMap((line) => {
      try {
        return [{ ...(JSON.parse(line) as Captured), variant }];
      } catch {
        return [];
      }
    });
}

async function fetchRows(uri: string, endpoint: string, files: number): Promise<Row[]> {
  const { bucket, key } = parseS3(uri);
  const prefix = `${key ? `${key.replace(/\/$/, "")}/` : ""}${endpoint}/`;
  const objects = await newestObjects(bucket, prefix, files);
  const rows = await Promise.all(objects.map(async (one) => rowsOf(await textOf(bucket, one.key), one.key.slice(prefix.length).split("/")[0] ?? "")));
  return rows.flat().sort((a, b) => b.eventMetadata.inferenceTime.localeCompare(a.eventMetadata.inferenceTime));
}

export function CapturedRequests({ endpoint }: { endpoint: Endpoint }) {
  const capture = endpoint.DataCaptureConfig;
  const [chosen, setChosen] = useState<Row>();
  const [files, setFiles] = useState(20);
  const query = useQuery({
    queryKey: ["captured", endpoint.EndpointName, files],
    enabled: Boolean(capture),
    queryFn: () => fetchRows(capture!.DestinationS3Uri, endpoint.EndpointName, files),
    refetchInterval: 10_000,
  });
  if (!capture) return <Empty title="Nothing is captured" text="Switch on Capture data when you deploy; requests and answers are then stored in a bucket and shown here." />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={5} />;
  const short = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
  return (
    <SpaceBetween size="l">
      <Table
        variant="embedded"
        contentDensity="compact"
        selectionType="single"
        selectedItems={chosen ? [chosen] : []}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems[0])}
        onRowClick={({ detail }) => setChosen(detail.item)}
        ariaLabels={{ selectionGroupLabel: "Captured request", itemSelectionLabel: (_, one) => `Show ${one.eventMetadata.eventId}`, tableLabel: "Captured requests" }}
        trackBy={(one) => one.eventMetadata.eventId}
        header={
          <Header
            variant="h3"
            counter={`(${query.data.length})`}
            description={`${capture.CurrentSamplingPercentage} of 100 requests are stored${capture.EnableCapture ? "" : "; capture is switched off now"}.`}
            actions={<Button iconName="refresh" ariaLabel="Refresh" loading={query.isFetching} onClick={() => void query.refetch()} />}
          >
            Captured requests
          </Header>
        }
        items={query.data.slice(0, 60)}
        columnDefinitions={[
          { id: "time", header: "Time", cell: (one) => time(Date.parse(one.eventMetadata.inferenceTime) / 1000), isRowHeader: true },
          { id: "variant", header: "Variant", cell: (one) => one.variant },
          { id: "asked", header: "Asked", cell: (one) => <span className="mono">{short(readable(one.captureData.endpointInput))}</span> },
          { id: "answered", header: "Answered", cell: (one) => <span className="mono">{short(readable(one.captureData.endpointOutput))}</span> },
        ]}
        empty={<Empty title="No captured requests yet" text="They are stored some seconds after they were answered." />}
        footer={query.data.length > 0 && <Button onClick={() => setFiles(files + 40)}>Look further back</Button>}
      />
      {chosen && (
        <ColumnLayout columns={2}>
          <Code text={readable(chosen.captureData.endpointInput)} />
          <Code text={readable(chosen.captureData.endpointOutput)} />
        </ColumnLayout>
      )}
      <div>
        Stored below <S3Link uri={capture.DestinationS3Uri} />
      </div>
    </SpaceBetween>
  );
}
