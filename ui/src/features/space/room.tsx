// A space opened: its app in a frame below a thin bar, or how far its start is.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useRef, useState } from "react";

import { describe } from "../../shared/context";
import { duration } from "../../shared/format";
import { LogView } from "../../shared/log";
import { Link } from "../../shared/parts";
import { start } from "./actions";
import { addressOf, appName, type SpaceState } from "./types";

function Elapsed({ since }: { since: number }) {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now() / 1000), 500);
    return () => window.clearInterval(timer);
  }, []);
  return <>{duration(now - since)}</>;
}

/** The steps of a start, and the log as it is written. */
export function Starting({ state }: { state: SpaceState }) {
  const { App: app } = state;
  if (!app) return null;
  return (
    <SpaceBetween size="m">
      <StatusIndicator type="in-progress">
        {app.Message ?? "Starting"} · <Elapsed since={app.Since} />
      </StatusIndicator>
      <LogView group="/aws/sagemaker/studio" prefix={app.LogStreamPrefix} live />
    </SpaceBetween>
  );
}

export function Room({ state, refresh }: { state: SpaceState; refresh: () => void }) {
  const { App: app, SpaceName: name } = state;
  const word = app?.Status;
  const [refused, setRefused] = useState<unknown>();
  const asked = useRef(false);
  useEffect(() => {
    // Opening is asking for it to run; once, so that a failure stays to be read.
    if (asked.current || state.NoEntry || state.Lacks || word === "Deleting") return;
    asked.current = true;
    if (word !== "Pending" && word !== "InService" && word !== "Failed") start(name).then(refresh, setRefused);
  }, [name, word, state.NoEntry, state.Lacks, refresh]);
  const again = () => {
    setRefused(undefined);
    start(name).then(refresh, setRefused);
  };
  const present = state.Present ?? [];
  return (
    <div className="room">
      <div className="roombar">
        <Link to={`/spaces/${name}`}>{name}</Link>
        <span>{state.SharingType === "Shared" ? "The team's" : "Private"}</span>
        {app && word === "InService" && <span>{app.InstanceType}</span>}
        {present.length > 0 && (
          <span aria-label={`In it now: ${present.join(", ")}`}>
            {present.map((one) => (
              <i key={one} title={one} aria-hidden="true">
                {one.slice(0, 2).toUpperCase()}
              </i>
            ))}
          </span>
        )}
        <a className="link" href={addressOf(state)} target="_blank" rel="noreferrer">
          In a tab of its own
        </a>
      </div>
      {state.NoEntry || state.Lacks ? (
        <Alert type="warning" header="This space can't be opened">
          {state.NoEntry || state.Lacks}
        </Alert>
      ) : word === "InService" ? (
        <iframe key={app?.LogStreamPrefix} src={addressOf(state)} title={`${appName(app?.AppType)} in ${name}`} allow="clipboard-read; clipboard-write; fullscreen" />
      ) : refused !== undefined ? (
        <Alert type="error" header="The space could not be started" action={<Button onClick={again}>Try again</Button>}>
          {describe(refused)}
        </Alert>
      ) : word === "Failed" ? (
        <SpaceBetween size="m">
          <Alert type="error" header="The space failed" action={<Button onClick={again}>Start again</Button>}>
            <pre className="reason">{app?.FailureReason}</pre>
          </Alert>
          {app && <LogView group="/aws/sagemaker/studio" prefix={app.LogStreamPrefix} live={false} />}
        </SpaceBetween>
      ) : word === "Pending" ? (
        <Starting state={state} />
      ) : word === "Deleting" ? (
        <StatusIndicator type="in-progress">Stopping</StatusIndicator>
      ) : (
        <SpaceBetween size="m">
          <StatusIndicator type="stopped">{app?.Message ?? "The space is stopped"}</StatusIndicator>
          <Button onClick={again}>Start</Button>
        </SpaceBetween>
      )}
    </div>
  );
}
