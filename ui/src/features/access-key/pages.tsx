import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { Code, Copy, Empty, Failure } from "../../shared/parts";

interface Key {
  AccessKeyId: string;
  Description?: string;
  User: string;
  CreationTime: number;
}

export function KeysPage() {
  const { confirm, fail } = useStudio();
  const client = useQueryClient();
  const [made, setMade] = useState<{ AccessKeyId: string; SecretAccessKey: string }>();
  const query = useQuery({ queryKey: ["access-keys"], queryFn: () => studio<{ AccessKeys: Key[] }>("ListAccessKeys"), select: (answer) => answer.AccessKeys });
  const reload = () => client.invalidateQueries({ queryKey: ["access-keys"] });
  const create = () =>
    studio<{ AccessKeyId: string; SecretAccessKey: string }>("CreateAccessKey", { Description: "made in the browser" })
      .then((key) => {
        setMade(key);
        return reload();
      })
      .catch((error: unknown) => fail("Making a key", error));
  if (query.isError) return <Failure error={query.error} />;
  return (
    <SpaceBetween size="l">
      {made && (
        <Alert type="success" header="Copy the secret now: it is not shown again" dismissible onDismiss={() => setMade(undefined)}>
          <KeyValuePairs
            columns={2}
            items={[
              { label: "Access key id", value: <Copy text={made.AccessKeyId} /> },
              { label: "Secret access key", value: <Copy text={made.SecretAccessKey} /> },
            ]}
          />
        </Alert>
      )}
      <Table
        variant="full-page"
        contentDensity="compact"
        items={query.data ?? []}
        loading={query.isPending}
        header={
          <Header
            variant="h1"
            description="A key is yours, for this project: scripts sign with it, and it opens nothing else."
            actions={
              <Button variant="primary" onClick={() => void create()}>
                Make a key
              </Button>
            }
          >
            Access keys
          </Header>
        }
        columnDefinitions={[
          { id: "id", header: "Access key id", isRowHeader: true, cell: (one) => <Copy text={one.AccessKeyId} /> },
          { id: "user", header: "User", cell: (one) => one.User },
          { id: "description", header: "Description", cell: (one) => one.Description ?? "–" },
          { id: "created", header: "Created", cell: (one) => time(one.CreationTime) },
          {
            id: "revoke",
            header: "Revoke",
            cell: (one) => (
              <Button
                variant="inline-link"
                ariaLabel={`Revoke ${one.AccessKeyId}`}
                onClick={() =>
                  confirm({
                    title: `Revoke ${one.AccessKeyId}?`,
                    text: "Scripts that use it are refused from the next request on.",
                    verb: "Revoke",
                    act: async () => {
                      await studio("DeleteAccessKey", { AccessKeyId: one.AccessKeyId });
                      await reload();
                    },
                  })
                }
              >
                Revoke
              </Button>
            ),
          },
        ]}
        empty={<Empty title="No keys" text="Make one for a script or another machine." />}
      />
    </SpaceBetween>
  );
}

interface Connection {
  Endpoint: string;
  Region: string;
  Account: string;
  RoleArn: string;
  DefaultBucket: string;
  Snippets: { Language: string; Title: string; Text: string }[];
}

export function ConnectPage() {
  const query = useQuery({ queryKey: ["connection"], queryFn: () => studio<Connection>("GetConnection") });
  if (query.isError) return <Failure error={query.error} />;
  const connection = query.data;
  return (
    <ContentLayout header={<Header variant="h1" description="boto3, the AWS CLI and the sagemaker SDKs work as they are.">Connect</Header>}>
      {connection && (
        <SpaceBetween size="l">
          <Container header={<Header variant="h2">This project</Header>}>
            <KeyValuePairs
              columns={2}
              items={[
                { label: "Endpoint", value: <Copy text={connection.Endpoint} /> },
                { label: "Region", value: connection.Region },
                { label: "Role", value: <Copy text={connection.RoleArn} /> },
                { label: "Default bucket", value: <Copy text={connection.DefaultBucket} /> },
              ]}
            />
          </Container>
          {connection.Snippets.map((one) => (
            <Container key={one.Title} header={<Header variant="h2">{one.Title}</Header>}>
              <Code text={one.Text} />
            </Container>
          ))}
        </SpaceBetween>
      )}
    </ContentLayout>
  );
}
