import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { createdColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { Code, Link } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { stateOf, useSpaceActions } from "./actions";
import { useApps } from "./query";
import { ChangeSpace, CreateSpace } from "./settings";
import { type AppSummary, appName, type SpaceSummary, wordOf } from "./types";

const LIGHT = { Running: "success", Starting: "in-progress", Stopping: "in-progress", Failed: "error" } as const;
export function SpaceStatus({ status }: { status: string | undefined }) {
  const word = wordOf(status);
  return <StatusIndicator type={LIGHT[word as keyof typeof LIGHT] ?? "stopped"}>{word}</StatusIndicator>;
}

const configOf = (apps: Map<string, AppSummary> | undefined): ListConfig<SpaceSummary> => ({
  kind: "Space",
  title: "Spaces",
  description: "JupyterLab or the Code Editor with a home folder of its own, for you alone or for the team.",
  operation: "ListSpaces",
  member: "Spaces",
  ask: (search) => ({ SpaceNameContains: search.name || undefined }),
  nameOf: (one) => one.SpaceName,
  columns: [
    {
      id: "name",
      header: "Name",
      isRowHeader: true,
      cell: (one) => (
        <span data-row={one.SpaceName}>
          <Link to={`/spaces/${one.SpaceName}`}>{one.SpaceName}</Link>
        </span>
      ),
    },
    { id: "status", header: "Status", minWidth: 130, cell: (one) => <SpaceStatus status={apps?.get(one.SpaceName)?.Status} /> },
    { id: "app", header: "Application", minWidth: 130, cell: (one) => appName(one.SpaceSettingsSummary?.AppType ?? apps?.get(one.SpaceName)?.AppType) },
    {
      id: "sharing",
      header: "For",
      cell: (one) => (one.SpaceSharingSettingsSummary?.SharingType === "Shared" ? <Badge color="blue">The team</Badge> : `${one.OwnershipSettingsSummary?.OwnerUserProfileName} alone`),
    },
    { id: "size", header: "Size", cell: (one) => apps?.get(one.SpaceName)?.ResourceSpec?.InstanceType ?? "–" },
    createdColumn(),
  ],
  empty: {
    title: "No spaces yet",
    text: "Create one to write code in the browser, or from a script:",
    more: <Code text={'boto3.client("sagemaker").create_space(DomainId=domain, SpaceName="lab", OwnershipSettings={…}, SpaceSharingSettings={"SharingType": "Private"})'} />,
  },
});

function Change({ name, close }: { name: string; close: () => void }) {
  const state = useQuery({ queryKey: ["Space", name, "once"], queryFn: () => stateOf(name), gcTime: 0 });
  return state.data ? <ChangeSpace state={state.data} close={close} /> : null;
}

export function SpacesPage() {
  const navigate = useNavigate();
  const { canWrite } = useStudio();
  const apps = useApps();
  const config = useMemo(() => configOf(apps.data), [apps.data]);
  const [creating, setCreating] = useState(false);
  const [changing, setChanging] = useState<string>();
  const actionsOf = useSpaceActions({ change: setChanging });
  return (
    <>
      <ResourceTable<SpaceSummary>
        config={config}
        actionsOf={(one) => actionsOf(one.SpaceName, one.DomainId, apps.data?.get(one.SpaceName)?.Status)}
        open={(one) => void navigate({ to: `/spaces/${one.SpaceName}`, search: { view: "open" } as never })}
        create={
          <Button variant="primary" disabled={!canWrite} disabledReason="Viewers run nothing in this project." onClick={() => setCreating(true)}>
            Create space
          </Button>
        }
      />
      {creating && <CreateSpace close={() => setCreating(false)} />}
      {changing !== undefined && <Change name={changing} close={() => setChanging(undefined)} />}
    </>
  );
}
