import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { Cost, monthStart } from "../../shared/cost";
import { bytes, duration, time } from "../../shared/format";
import { LogView } from "../../shared/log";
import { ActionsButton, Copy, Empty, Failure } from "../../shared/parts";
import { Skeleton } from "../../shared/skeleton";
import { useTitle } from "../../shared/title";
import { useSpaceActions } from "./actions";
import { Files } from "./files";
import { SpaceStatus } from "./list";
import { useSpace } from "./query";
import { Room, Starting } from "./room";
import { ChangeSpace } from "./settings";
import { addressOf, appName, type SpaceState } from "./types";

function Overview({ state }: { state: SpaceState }) {
  const { App: app } = state;
  const present = state.Present ?? [];
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Summary</Header>}>
        <KeyValuePairs
          columns={4}
          items={[
            { label: "Status", value: <SpaceStatus status={app?.Status} /> },
            { label: "Application", value: appName(state.AppType) },
            { label: "For", value: state.SharingType === "Shared" ? "The team" : `${state.Owner} alone` },
            { label: "Owner", value: state.Owner },
            { label: "Size", value: app && app.Status === "InService" ? app.InstanceType : state.InstanceType },
            { label: "In it now", value: present.length ? present.join(", ") : "Nobody" },
            { label: "Started", value: app && app.Status === "InService" ? `${time(app.Since)} by ${app.StartedBy}` : "–" },
            { label: "Last used", value: time(app?.LastActivity) },
            { label: "Stopped after", value: state.IdleMinutes ? `${duration(state.IdleMinutes * 60)} without use` : "Never by itself" },
            { label: "Used this month", value: <Cost kind="App" name={state.SpaceName} since={monthStart()} live={app?.Status === "InService"} /> },
            { label: "Stored in its home", value: state.HomeBytes === undefined ? "Not measured yet" : bytes(state.HomeBytes) },
            { label: "Address", value: <Copy text={`${window.location.origin}${addressOf(state)}`} /> },
          ]}
        />
      </Container>
      {app?.Status === "Pending" && (
        <Container header={<Header variant="h2">Starting</Header>}>
          <Starting state={state} />
        </Container>
      )}
    </SpaceBetween>
  );
}

function Log({ state }: { state: SpaceState }) {
  if (!state.App) return <Empty title="No log yet" text="What the space's app and its script print appears here once it has been started." />;
  const live = state.App.Status === "Pending" || state.App.Status === "InService";
  return <LogView group="/aws/sagemaker/studio" prefix={state.App.LogStreamPrefix} live={live} />;
}

export function SpacePage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab, view } = useSearch({ strict: false }) as { tab?: string; view?: string };
  const navigate = useNavigate();
  const [changing, setChanging] = useState(false);
  const actionsOf = useSpaceActions({ change: () => setChanging(true) });
  const query = useSpace(name);
  useTitle(name, undefined);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={8} />;
  const state = query.data;
  if (view === "open") return <Room key={name} state={state} refresh={() => void query.refetch()} />;
  const actions = actionsOf(state.SpaceName, state.DomainId, state.App?.Status, state);
  const open = actions.find((one) => one.id === "open");
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <ActionsButton actions={actions.filter((one) => one.id !== "open" && one.id !== "details")} />
              <Button variant="primary" disabled={Boolean(open?.disabledReason)} disabledReason={open?.disabledReason} onClick={() => open?.run()}>
                Open
              </Button>
            </SpaceBetween>
          }
        >
          {state.SpaceName}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {state.NoEntry && <Alert type="info">{state.NoEntry}</Alert>}
        {state.App?.FailureReason && (
          <Alert type="error" header="The space failed">
            <pre className="reason">{state.App.FailureReason}</pre>
          </Alert>
        )}
        {state.App?.Status !== "Pending" && state.App?.Message && <Alert type="info">{state.App.Message}</Alert>}
        <Tabs
          activeTabId={tab ?? "overview"}
          onChange={({ detail }) => void navigate({ to: ".", search: { tab: detail.activeTabId } as never, replace: true })}
          tabs={[
            { id: "overview", label: "Overview", content: <Overview state={state} /> },
            ...(state.NoEntry ? [] : [{ id: "files", label: "Files", content: <Files state={state} /> }]),
            { id: "log", label: "Log", content: <Log state={state} /> },
          ]}
        />
      </SpaceBetween>
      {changing && <ChangeSpace state={state} close={() => setChanging(false)} />}
    </ContentLayout>
  );
}
