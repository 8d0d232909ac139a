import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { chooseProject, studio } from "../../api/client";
import type { Role } from "../../api/types";
import { AskName } from "../../shared/ask-name";
import { describe, useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { Copy, Empty, Failure } from "../../shared/parts";
import { Groups } from "./groups";

interface Project {
  Account: string;
  Name: string;
  Description?: string;
  CreationTime: number;
  Role?: Role;
  MemberCount: number;
}
interface Member {
  User: string;
  Role: Role;
  Since: number;
  FromGroups?: boolean;
}
interface Invitation {
  Id: string;
  Role: Role;
  ExpirationTime: number;
}
const ROLES = [
  { value: "admin", label: "Admin", description: "Everything, members included" },
  { value: "contributor", label: "Contributor", description: "Makes and changes things" },
  { value: "viewer", label: "Viewer", description: "Looks, and asks endpoints" },
];

export function ProjectsPage() {
  const { session, reload } = useStudio();
  const client = useQueryClient();
  const [naming, setNaming] = useState(false);
  const query = useQuery({ queryKey: ["projects"], queryFn: () => studio<{ Projects: Project[] }>("ListProjects"), select: (answer) => answer.Projects });
  const create = async (name: string) => {
    await studio("CreateProject", { Name: name });
    await client.invalidateQueries({ queryKey: ["projects"] });
    reload();
  };
  if (query.isError) return <Failure error={query.error} />;
  return (
    <>
      <Table
        variant="full-page"
        contentDensity="compact"
        loading={query.isPending}
        items={query.data ?? []}
        header={
          <Header
            variant="h1"
            description="A project is what an AWS account is to your scripts: its own names, buckets, keys and members."
            actions={
              <Button variant="primary" disabled={!session.studioAdmin} disabledReason="Only an administrator of the studio makes projects." onClick={() => setNaming(true)}>
                Create project
              </Button>
            }
          >
            Projects
          </Header>
        }
        columnDefinitions={[
          { id: "name", header: "Name", isRowHeader: true, cell: (one) => one.Name },
          { id: "account", header: "Account id", cell: (one) => <Copy text={one.Account} /> },
          { id: "role", header: "Your role", cell: (one) => one.Role ?? "–" },
          { id: "members", header: "Members", cell: (one) => one.MemberCount },
          { id: "created", header: "Created", cell: (one) => time(one.CreationTime) },
          {
            id: "switch",
            header: "Switch",
            cell: (one) =>
              one.Account === session.project?.account ? (
                "Current"
              ) : (
                <Button
                  variant="inline-link"
                  disabled={!one.Role}
                  onClick={() => {
                    chooseProject(one.Account);
                    window.location.assign("/");
                  }}
                >
                  Open
                </Button>
              ),
          },
        ]}
      />
      {naming && <AskName title="Create project" text="People see it by this name; scripts know it by its account id." verb="Create project" close={() => setNaming(false)} save={create} />}
    </>
  );
}

function InviteDialog({ close }: { close: () => void }) {
  const [role, setRole] = useState<Role>("contributor");
  const [url, setUrl] = useState<string>();
  const [refused, setRefused] = useState<unknown>();
  const client = useQueryClient();
  const invite = async () => {
    try {
      const made = await studio<{ Url: string }>("CreateInvitation", { Role: role });
      setUrl(made.Url);
      await client.invalidateQueries({ queryKey: ["invitations"] });
    } catch (error) {
      setRefused(error);
    }
  };
  return (
    <Modal
      visible
      header="Invite to this project"
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          {url ? (
            <Button onClick={close}>Done</Button>
          ) : (
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" onClick={close}>
                Cancel
              </Button>
              <Button variant="primary" onClick={() => void invite()}>
                Make invitation
              </Button>
            </SpaceBetween>
          )}
        </Box>
      }
    >
      <SpaceBetween size="m">
        {refused !== undefined && <Alert type="error">{describe(refused)}</Alert>}
        {url ? (
          <Alert type="success" header="Send this link; it works once, for a week">
            <Copy text={url} />
          </Alert>
        ) : (
          <FormField label="Role">
            <Select options={ROLES} selectedOption={ROLES.find((one) => one.value === role) ?? null} onChange={({ detail }) => setRole(detail.selectedOption.value as Role)} />
          </FormField>
        )}
      </SpaceBetween>
    </Modal>
  );
}

export function MembersPage() {
  const { session, confirm, fail } = useStudio();
  const client = useQueryClient();
  const [inviting, setInviting] = useState(false);
  const admin = session.project?.role === "admin";
  const members = useQuery({ queryKey: ["members"], queryFn: () => studio<{ Members: Member[] }>("ListMembers"), select: (answer) => answer.Members });
  const invitations = useQuery({
    queryKey: ["invitations"],
    enabled: admin,
    queryFn: () => studio<{ Invitations: Invitation[] }>("ListInvitations"),
    select: (answer) => answer.Invitations,
  });
  const change = (user: string, role: string) =>
    studio("PutMember", { User: user, Role: role })
      .then(() => client.invalidateQueries({ queryKey: ["members"] }))
      .catch((error: unknown) => fail(`Changing ${user}`, error));
  if (members.isError) return <Failure error={members.error} />;
  const why = admin ? undefined : "Only an admin of the project changes members.";
  return (
    <SpaceBetween size="l">
      <Table
        variant="full-page"
        contentDensity="compact"
        items={members.data ?? []}
        loading={members.isPending}
        header={
          <Header
            variant="h1"
            description={`Who works in the project ${session.project?.name ?? ""}`}
            actions={
              <Button variant="primary" disabled={!admin} disabledReason={why} onClick={() => setInviting(true)}>
                Invite
              </Button>
            }
          >
            Members
          </Header>
        }
        columnDefinitions={[
          { id: "user", header: "User", isRowHeader: true, cell: (one) => one.User },
          {
            id: "role",
            header: "Role",
            minWidth: 200,
            cell: (one) =>
              admin ? (
                <Select
                  ariaLabel={`Role of ${one.User}`}
                  options={ROLES}
                  selectedOption={ROLES.find((role) => role.value === one.Role) ?? null}
                  onChange={({ detail }) => void change(one.User, detail.selectedOption.value ?? one.Role)}
                />
              ) : (
                one.Role
              ),
          },
          { id: "since", header: "Since", cell: (one) => time(one.Since) },
          ...(session.signOn ? [{ id: "how", header: "By", cell: (one: Member) => (one.FromGroups ? `A group of ${session.signOn?.label ?? ""}` : "Hand") }] : []),
          {
            id: "remove",
            header: "Remove",
            cell: (one) => (
              <Button
                variant="inline-link"
                disabled={!admin}
                disabledReason={why}
                ariaLabel={`Remove ${one.User}`}
                onClick={() =>
                  confirm({
                    title: `Remove ${one.User} from the project?`,
                    text: "The person's access keys for this project stop working at once.",
                    verb: "Remove",
                    act: async () => {
                      await studio("RemoveMember", { User: one.User });
                      await client.invalidateQueries({ queryKey: ["members"] });
                    },
                  })
                }
              >
                Remove
              </Button>
            ),
          },
        ]}
      />
      {admin && (
        <Table
          contentDensity="compact"
          header={<Header variant="h2">Open invitations</Header>}
          items={invitations.data ?? []}
          columnDefinitions={[
            { id: "role", header: "Role", isRowHeader: true, cell: (one) => one.Role },
            { id: "until", header: "Until", cell: (one) => time(one.ExpirationTime) },
            {
              id: "revoke",
              header: "Take back",
              cell: (one) => (
                <Button
                  variant="inline-link"
                  ariaLabel={`Take back the invitation as ${one.Role} until ${time(one.ExpirationTime)}`}
                  onClick={() =>
                    void studio("DeleteInvitation", { Id: one.Id })
                      .then(() => client.invalidateQueries({ queryKey: ["invitations"] }))
                      .catch((error: unknown) => fail("The invitation was not taken back", error))
                  }
                >
                  Take back
                </Button>
              ),
            },
          ]}
          empty={<Empty title="No open invitations" text="Invite somebody, and send the link." />}
        />
      )}
      {session.signOn && session.studioAdmin && <Groups />}
      {inviting && <InviteDialog close={() => setInviting(false)} />}
    </SpaceBetween>
  );
}
