// What a schedule or a rule starts, and what came of it: links and words that both their pages show.
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { time } from "./format";
import { Link, Status } from "./parts";

export interface Target {
  Arn: string;
  Kind: "Pipeline" | "Function" | "TrainingJob";
  Name: string;
}
export interface Run {
  Time?: number;
  Due?: number;
  Kind?: "PipelineExecution" | "TrainingJob" | "FunctionInvocation";
  Name?: string;
  Parent?: string;
  Arn?: string;
  Status: string;
  Reason?: string;
}

export function TargetLink({ target }: { target: Target }) {
  if (target.Kind === "Pipeline") return <>pipeline <Link to={`/pipelines/${target.Name}`}>{target.Name}</Link></>;
  if (target.Kind === "Function") return <>function <Link to={`/functions/${target.Name}`}>{target.Name}</Link></>;
  return <>a training job</>;
}

export const runPage = (run: Run): string | undefined => {
  if (run.Status === "Gone" || !run.Name) return undefined;
  if (run.Kind === "PipelineExecution") return `/pipelines/${run.Parent ?? ""}/${run.Name}`;
  if (run.Kind === "TrainingJob") return `/jobs/${run.Name}`;
  return run.Kind === "FunctionInvocation" ? `/functions/${run.Parent ?? ""}?tab=calls` : undefined;
};

/** How it ended or how far it is, with the reason where it failed. */
export function RunStatus({ run }: { run: Run }) {
  const page = runPage(run);
  const word =
    run.Status === "NotStarted" ? (
      <StatusIndicator type="error">Could not be started</StatusIndicator>
    ) : run.Status === "Waiting" ? (
      <StatusIndicator type="pending">{run.Reason ? "Tries again" : "About to start"}</StatusIndicator>
    ) : run.Status === "Gone" ? (
      <StatusIndicator type="info">Started; since deleted</StatusIndicator>
    ) : (
      <Status word={run.Status} />
    );
  return (
    <div>
      {page ? <Link to={page}>{word}</Link> : word}
      {run.Reason && (
        <div className="why" title={run.Reason}>
          {run.Reason}
        </div>
      )}
    </div>
  );
}

export const LastRun = ({ run, at }: { run: Run | undefined; at?: number }) =>
  run ? (
    <div>
      {time(at ?? run.Time)}
      <RunStatus run={run} />
    </div>
  ) : (
    <>not yet</>
  );

export const Switched = ({ state }: { state: string }) => <StatusIndicator type={state === "ENABLED" ? "success" : "stopped"}>{state === "ENABLED" ? "On" : "Paused"}</StatusIndicator>;
