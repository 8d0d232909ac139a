// What an object holds: rows, text, an image, the entries of an archive.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";

import { studio } from "../../api/client";
import { objectUrl } from "../../api/s3";
import type { Preview } from "../../api/types";
import { bytes } from "../../shared/format";
import { Code, Copy, Empty, Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";

export function PreviewBody({ bucket, name, preview }: { bucket: string; name: string; preview: Preview }) {
  if (preview.Format === "image") return <img className="preview" src={objectUrl(bucket, name)} alt={name} />;
  if (preview.Columns)
    return (
      <div className="scroll" tabIndex={0} role="region" aria-label="Rows">
        <Table
          variant="embedded"
          contentDensity="compact"
          items={preview.Rows ?? []}
          columnDefinitions={preview.Columns.map((column, index) => ({
            id: `${index}`,
            header: (
              <>
                {column.Name} <Box variant="small">{column.Type}</Box>
              </>
            ),
            cell: (row: (string | null)[]) => row[index] ?? "∅",
          }))}
          empty="No rows."
        />
      </div>
    );
  if (preview.Entries)
    return (
      <Table
        variant="embedded"
        contentDensity="compact"
        items={preview.Entries}
        columnDefinitions={[
          { id: "name", header: "Name", cell: (one) => one.Name, isRowHeader: true },
          { id: "size", header: "Size", cell: (one) => bytes(one.Size) },
        ]}
      />
    );
  if (preview.Format === "notebook" && preview.Text) {
    try {
      const notebook = JSON.parse(preview.Text) as { cells: { cell_type: string; source: string[] | string }[] };
      return (
        <SpaceBetween size="s">
          {notebook.cells.map((cell, index) => (
            <div key={index} className={`cell ${cell.cell_type}`}>
              <pre>{Array.isArray(cell.source) ? cell.source.join("") : cell.source}</pre>
            </div>
          ))}
        </SpaceBetween>
      );
    } catch {
      return <Code text={preview.Text} />;
    }
  }
  if (preview.Text !== undefined) return <Code text={preview.Text} />;
  return <Empty title="No preview" text="This object is binary; download it instead." />;
}

export function PreviewDialog({ bucket, name, close }: { bucket: string; name: string; close: () => void }) {
  const query = useQuery({
    queryKey: ["preview", bucket, name],
    queryFn: () => studio<Preview>("PreviewObject", { Bucket: bucket, Key: name, MaxRows: 100 }),
    retry: false,
  });
  return (
    <Modal
      visible
      size="max"
      onDismiss={close}
      closeAriaLabel="Close"
      header={name.split("/").pop()}
      footer={
        <Box float="right">
          <Button iconName="download" href={objectUrl(bucket, name)} download={name.split("/").pop() ?? true}>
            Download
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="s">
        <Copy text={`s3://${bucket}/${name}`} />
        {query.isError ? (
          <Failure error={query.error} />
        ) : query.data ? (
          <>
            <Box variant="small">
              {bytes(query.data.Size)}
              {query.data.TotalRows !== undefined ? `, ${query.data.TotalRows} rows` : ""}
            </Box>
            {query.data.Truncated && <Alert type="info">Only the beginning is shown.</Alert>}
            <PreviewBody bucket={bucket} name={name} preview={query.data} />
          </>
        ) : (
          <Skeleton />
        )}
      </SpaceBetween>
    </Modal>
  );
}
