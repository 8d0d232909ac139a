import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { createBucket, listBuckets } from "../../api/s3";
import { describe, useStudio } from "../../shared/context";
import { whenIso } from "../../shared/format";
import { Copy, Empty, Failure, Link } from "../../shared/parts";

export function BucketsPage() {
  const { canWrite } = useStudio();
  const client = useQueryClient();
  const [name, setName] = useState<string>();
  const [refused, setRefused] = useState<unknown>();
  const query = useQuery({ queryKey: ["buckets"], queryFn: listBuckets });
  const create = async () => {
    try {
      await createBucket(name ?? "");
      setName(undefined);
      await client.invalidateQueries({ queryKey: ["buckets"] });
    } catch (error) {
      setRefused(error);
    }
  };
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      <Table
        variant="full-page"
        contentDensity="compact"
        loading={query.isPending}
        loadingText="Loading buckets"
        items={query.data ?? []}
        header={
          <Header
            variant="h1"
            description="Buckets hold data, models and outputs; they answer to S3's API."
            actions={
              <Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't create buckets." onClick={() => setName("")}>
                Create bucket
              </Button>
            }
          >
            Files
          </Header>
        }
        columnDefinitions={[
          { id: "name", header: "Bucket", isRowHeader: true, cell: (one) => <Link to={`/data/${one.name}`}>{one.name}</Link> },
          { id: "created", header: "Created", cell: (one) => whenIso(one.created) },
          { id: "uri", header: "Address", cell: (one) => <Copy text={`s3://${one.name}/`} /> },
        ]}
        empty={<Empty title="No buckets" text="Create one to upload data." />}
      />
      <Modal
        visible={name !== undefined}
        header="Create bucket"
        closeAriaLabel="Close"
        onDismiss={() => setName(undefined)}
        footer={
          <Box float="right">
            <Button variant="primary" onClick={() => void create()}>
              Create bucket
            </Button>
          </Box>
        }
      >
        <FormField label="Name" description="Lower-case letters, digits, dots and dashes; unique in the whole studio." errorText={refused ? describe(refused) : undefined}>
          <Input value={name ?? ""} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      </Modal>
    </>
  );
}
