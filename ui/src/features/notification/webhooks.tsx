// Web addresses that are told what happens: made, tried, looked after.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { studio } from "../../api/client";
import type { Action } from "../../shared/actions";
import { describe, useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { TYPES } from "../../shared/notification";
import { ActionsButton, Copy, Empty, Failure } from "../../shared/parts";

interface Webhook {
  WebhookName: string;
  Url: string;
  Scope: "Person" | "Project";
  Owner: string;
  Types: string[];
  LastDelivery?: { Time: number; Type: string; State: string; Attempts: number; Error?: string };
}

function Make({ old, close }: { old?: Webhook; close: () => void }) {
  const { session } = useStudio();
  const client = useQueryClient();
  const [name, setName] = useState(old?.WebhookName ?? "");
  const [url, setUrl] = useState(old?.Url ?? "https://");
  const [scope, setScope] = useState<string>(old?.Scope ?? "Person");
  const [types, setTypes] = useState<readonly string[]>(old?.Types ?? []);
  const [secret, setSecret] = useState<string>();
  const [refused, setRefused] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const admin = session.project?.role === "admin";
  const put = async () => {
    setBusy(true);
    setRefused(undefined);
    try {
      const made = await studio<{ Secret?: string }>("PutWebhook", { WebhookName: name, Url: url, Scope: scope, Types: types });
      await client.invalidateQueries({ queryKey: ["webhooks"] });
      if (made.Secret) setSecret(made.Secret);
      else close();
    } catch (error) {
      setRefused(error);
    }
    setBusy(false);
  };
  const options = Object.entries(TYPES).map(([value, label]) => ({ value, label: value, description: label }));
  return (
    <Modal
      visible
      header={old ? `Change ${old.WebhookName}` : "Add webhook"}
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          {secret ? (
            <Button variant="primary" onClick={close}>
              Done
            </Button>
          ) : (
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" onClick={close}>
                Cancel
              </Button>
              <Button variant="primary" loading={busy} disabled={!name || url.length < 10} disabledReason="Give a name and an address." onClick={() => void put()}>
                {old ? "Save" : "Add"}
              </Button>
            </SpaceBetween>
          )}
        </Box>
      }
    >
      {secret ? (
        <Alert type="success" header="The secret is shown only now">
          <SpaceBetween size="s">
            <Copy text={secret} />
            <span>Every post bears X-Studiolo-Signature: t=…,v1=… , the HMAC-SHA256 of the time, a full stop and the body.</span>
          </SpaceBetween>
        </Alert>
      ) : (
        <SpaceBetween size="l">
          {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
          <FormField label="Name" constraintText="Letters, digits and hyphens.">
            <Input value={name} disabled={Boolean(old)} onChange={({ detail }) => setName(detail.value)} autoFocus={!old} />
          </FormField>
          <FormField label="Address" description="It is posted JSON.">
            <Input type="url" value={url} onChange={({ detail }) => setUrl(detail.value)} />
          </FormField>
          <FormField label="What it is told">
            <RadioGroup
              value={scope}
              onChange={({ detail }) => setScope(detail.value)}
              items={[
                { value: "Person", label: "What you are told", disabled: Boolean(old) },
                { value: "Project", label: "Everything in the project", disabled: Boolean(old) || !admin, description: admin ? undefined : "Only an admin of the project makes these." },
              ]}
            />
          </FormField>
          <FormField label="Types" description="None chosen: all of them.">
            <Multiselect
              options={options}
              selectedOptions={options.filter((one) => types.includes(one.value))}
              onChange={({ detail }) => setTypes(detail.selectedOptions.map((one) => one.value ?? ""))}
              placeholder="All types"
            />
          </FormField>
        </SpaceBetween>
      )}
    </Modal>
  );
}

export function Webhooks() {
  const { confirm, fail } = useStudio();
  const client = useQueryClient();
  const [making, setMaking] = useState<Webhook | true>();
  const query = useQuery({ queryKey: ["webhooks"], queryFn: () => studio<{ Webhooks: Webhook[] }>("ListWebhooks"), select: (answer) => answer.Webhooks, refetchInterval: 5000 });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const stale = () => client.invalidateQueries({ queryKey: ["webhooks"] });
  const actionsOf = (one: Webhook): Action[] => [
    {
      id: "test",
      text: "Send a test",
      run: () =>
        void studio("SendTestWebhook", { WebhookName: one.WebhookName })
          .then(stale)
          .catch((error: unknown) => fail("The test was not sent", error)),
    },
    { id: "change", text: "Change…", run: () => setMaking(one) },
    {
      id: "delete",
      text: "Delete…",
      run: () =>
        confirm({
          title: `Delete the webhook ${one.WebhookName}?`,
          text: "What still waits to be posted is dropped.",
          verb: "Delete",
          act: async () => {
            await studio("DeleteWebhook", { WebhookName: one.WebhookName });
            await stale();
          },
        }),
    },
  ];
  const add = (
    <Button variant="primary" onClick={() => setMaking(true)}>
      Add webhook
    </Button>
  );
  return (
    <>
      <Table
        contentDensity="compact"
        wrapLines
        loading={query.isPending}
        loadingText="Loading webhooks"
        items={query.data ?? []}
        trackBy="WebhookName"
        header={
          <Header variant="h2" description="Signed posts to an address of yours: a chat, a build, a pager." actions={add}>
            Webhooks
          </Header>
        }
        columnDefinitions={[
          { id: "name", header: "Name", isRowHeader: true, cell: (one) => one.WebhookName },
          { id: "url", header: "Address", cell: (one) => <span className="mono">{one.Url}</span> },
          { id: "scope", header: "Told", cell: (one) => (one.Scope === "Project" ? "Everything in the project" : "What you are told") },
          { id: "types", header: "Types", cell: (one) => one.Types.join(", ") || "All" },
          {
            id: "last",
            header: "Last post",
            minWidth: 260,
            cell: (one) =>
              one.LastDelivery ? (
                <span title={one.LastDelivery.Error}>
                  {one.LastDelivery.State === "Delivered" ? "Arrived" : one.LastDelivery.State === "Failed" ? "Given up" : `Waiting, ${one.LastDelivery.Attempts} tried`} {time(one.LastDelivery.Time)}
                  {one.LastDelivery.State !== "Delivered" && one.LastDelivery.Error ? `: ${one.LastDelivery.Error}` : ""}
                </span>
              ) : (
                "–"
              ),
          },
          { id: "do", header: "Do", minWidth: 140, cell: (one) => <ActionsButton actions={actionsOf(one)} /> },
        ]}
        empty={<Empty title="No webhooks" text="Let another program know as soon as you do." action={add} />}
      />
      {making && <Make old={making === true ? undefined : making} close={() => setMaking(undefined)} />}
    </>
  );
}
