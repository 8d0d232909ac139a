import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { createBucket, listBuckets } from "../../api/s3";
import { AskName } from "../../shared/ask-name";
import { useStudio } from "../../shared/context";
import { whenIso } from "../../shared/format";
import { Copy, Empty, Failure, Link } from "../../shared/parts";

export function BucketsPage() {
  const { canWrite } = useStudio();
  const client = useQueryClient();
  const [naming, setNaming] = useState(false);
  const query = useQuery({ queryKey: ["buckets"], queryFn: listBuckets });
  const create = async (name: string) => {
    await createBucket(name);
    await client.invalidateQueries({ queryKey: ["buckets"] });
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
              <Button variant="primary" disabled={!canWrite} disabledReason="Viewers can't create buckets." onClick={() => setNaming(true)}>
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
      {naming && <AskName title="Create bucket" text="Lower-case letters, digits, dots and dashes; unique in the whole studio." verb="Create bucket" close={() => setNaming(false)} save={create} />}
    </>
  );
}
