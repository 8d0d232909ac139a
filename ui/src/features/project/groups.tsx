// Which groups of the identity provider open which projects. For administrators of the studio.
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { studio } from "../../api/client";
import type { Role } from "../../api/types";
import { useStudio } from "../../shared/context";
import { Empty, Failure } from "../../shared/parts";

interface Mapping {
  Group: string;
  Account?: string;
  Role: Role;
}
const WHOLE = { value: "", label: "The whole studio" };
const ROLES = [
  { value: "admin", label: "admin" },
  { value: "contributor", label: "contributor" },
  { value: "viewer", label: "viewer" },
];

function Add({ projects }: { projects: { value: string; label: string }[] }) {
  const { fail } = useStudio();
  const client = useQueryClient();
  const [group, setGroup] = useState("");
  const [account, setAccount] = useState(projects[0] ?? WHOLE);
  const [role, setRole] = useState<Role>("contributor");
  const whole = account.value === "";
  const add = () =>
    studio("PutGroupMapping", { Group: group.trim(), Account: whole ? undefined : account.value, Role: whole ? "admin" : role })
      .then(() => {
        setGroup("");
        return client.invalidateQueries({ queryKey: ["groups"] });
      })
      .catch((error: unknown) => fail(`Mapping ${group}`, error));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (group.trim()) void add();
      }}
    >
      <SpaceBetween direction="horizontal" size="s" alignItems="end">
        <FormField label="Group">
          <Input value={group} placeholder="data-science" onChange={({ detail }) => setGroup(detail.value)} />
        </FormField>
        <FormField label="Opens">
          <Select
            options={[...projects, WHOLE]}
            selectedOption={account}
            onChange={({ detail }) => setAccount({ value: detail.selectedOption.value ?? "", label: detail.selectedOption.label ?? "" })}
          />
        </FormField>
        <FormField label="As">
          <Select
            disabled={whole}
            options={ROLES}
            selectedOption={ROLES.find((one) => one.value === (whole ? "admin" : role)) ?? null}
            onChange={({ detail }) => setRole(detail.selectedOption.value as Role)}
          />
        </FormField>
        <Button formAction="submit" disabled={!group.trim()} disabledReason="Name the group as the provider does.">
          Add
        </Button>
      </SpaceBetween>
    </form>
  );
}

export function Groups() {
  const { session, fail } = useStudio();
  const client = useQueryClient();
  const mappings = useQuery({
    queryKey: ["groups"],
    queryFn: () => studio<{ GroupMappings: Mapping[] }>("ListGroupMappings"),
    select: (answer) => answer.GroupMappings,
  });
  if (mappings.isError) return <Failure error={mappings.error} />;
  const projects = session.projects.map((one) => ({ value: one.account, label: one.name }));
  const named = (account?: string) => (account ? (projects.find((one) => one.value === account)?.label ?? account) : WHOLE.label);
  const remove = (one: Mapping) =>
    studio("DeleteGroupMapping", { Group: one.Group, Account: one.Account })
      .then(() => client.invalidateQueries({ queryKey: ["groups"] }))
      .catch((error: unknown) => fail(`Removing ${one.Group}`, error));
  return (
    <Table
      contentDensity="compact"
      loading={mappings.isPending}
      items={mappings.data ?? []}
      header={
        <Header variant="h2" description="What people may do here by their groups there; it holds from their next sign-in.">
          {`Groups of ${session.signOn?.label ?? ""}`}
        </Header>
      }
      filter={<Add projects={projects} />}
      columnDefinitions={[
        { id: "group", header: "Group", isRowHeader: true, cell: (one) => one.Group },
        { id: "project", header: "Opens", cell: (one) => named(one.Account) },
        { id: "role", header: "As", cell: (one) => one.Role },
        {
          id: "remove",
          header: "Remove",
          cell: (one) => (
            <Button variant="inline-link" ariaLabel={`Remove the group ${one.Group}`} onClick={() => void remove(one)}>
              Remove
            </Button>
          ),
        },
      ]}
      empty={<Empty title="No groups" text="Name a group of the provider, and what it opens: its people become members when they sign in." />}
    />
  );
}
