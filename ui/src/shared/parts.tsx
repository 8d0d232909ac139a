// Small pieces every page is made of.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { Link as RouterLink } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Action } from "./actions";
import { describe } from "./context";
import { parseS3 } from "./format";

export const Link = ({ to, children }: { to: string; children: ReactNode }) => (
  <RouterLink to={to} className="link">
    {children}
  </RouterLink>
);

const KIND: Record<string, StatusIndicatorProps.Type> = {
  Completed: "success",
  InService: "success",
  Failed: "error",
  Stopped: "stopped",
  Stopping: "in-progress",
  InProgress: "in-progress",
  Creating: "in-progress",
  Updating: "in-progress",
  Deleting: "in-progress",
  Starting: "pending",
  Executing: "in-progress",
  Succeeded: "success",
  Approved: "success",
  Rejected: "error",
  PendingManualApproval: "pending",
  Queued: "pending",
  Running: "in-progress",
  Expired: "warning",
  Cancelled: "stopped",
  Ready: "success",
  PendingReview: "pending",
  Draft: "pending",
  Archived: "stopped",
  Created: "success",
  Started: "success",
  Updated: "success",
  CreateFailed: "error",
  StartFailed: "error",
  UpdateFailed: "error",
};
const WORD: Record<string, string> = { InService: "In service", InProgress: "In progress", PendingManualApproval: "Waits for approval", PendingReview: "Pending review", MaxRuntimeExceeded: "Time limit reached" };

export const Status = ({ word }: { word: string }) => (
  <StatusIndicator type={KIND[word] ?? "info"}>{WORD[word] ?? word}</StatusIndicator>
);

export function JobStatus({ status, secondary, progress }: { status: string; secondary?: string; progress?: number }) {
  if (status !== "InProgress") return <Status word={status} />;
  if (progress !== undefined)
    return (
      <div className="bar">
        <ProgressBar value={Math.round(progress * 100)} ariaLabel="Progress of the job" />
      </div>
    );
  return <Status word={secondary === "Starting" ? "Starting" : (secondary ?? status)} />;
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <Alert type="error" header="This could not be loaded" action={retry && <Button onClick={retry}>Try again</Button>}>
      {describe(error)}
    </Alert>
  );
}

export const Empty = ({ title, text, action, more }: { title: string; text: string; action?: ReactNode; more?: ReactNode }) => (
  <Box textAlign="center" padding={{ vertical: "xl" }}>
    <SpaceBetween size="s">
      <Box variant="h3" tagOverride="p">
        {title}
      </Box>
      <Box color="text-body-secondary">{text}</Box>
      {action}
      {more}
    </SpaceBetween>
  </Box>
);

export const ActionsButton = ({ actions, label = "Actions" }: { actions: Action[]; label?: string }) => (
  <ButtonDropdown
    items={actions.map((one) => ({
      id: one.id,
      text: one.text,
      disabled: Boolean(one.disabledReason),
      disabledReason: one.disabledReason,
    }))}
    onItemClick={({ detail }) => actions.find((one) => one.id === detail.id)?.run()}
  >
    {label}
  </ButtonDropdown>
);

export const Copy = ({ text }: { text: string }) => (
  <CopyToClipboard variant="inline" textToCopy={text} copyButtonAriaLabel={`Copy ${text}`} copySuccessText="Copied" copyErrorText="Could not be copied" />
);

const CopyIcon = ({ text }: { text: string }) => (
  <CopyToClipboard variant="icon" textToCopy={text} copyButtonAriaLabel={`Copy ${text}`} copySuccessText="Copied" copyErrorText="Could not be copied" />
);

export const S3Link = ({ uri }: { uri: string }) => {
  const { bucket, key } = parseS3(uri);
  const folder = key.endsWith("/") ? key : key.slice(0, key.lastIndexOf("/") + 1);
  return (
    <span className="mono">
      <Link to={`/data/${bucket}?prefix=${encodeURIComponent(folder)}`}>{uri}</Link> <CopyIcon text={uri} />
    </span>
  );
};

export const Code = ({ text }: { text: string }) => (
  <div className="code">
    <pre tabIndex={0}>{text}</pre>
    <CopyToClipboard variant="icon" textToCopy={text} copyButtonAriaLabel="Copy the code" copySuccessText="Copied" copyErrorText="Could not be copied" />
  </div>
);
