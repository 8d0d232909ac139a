import Button from "@cloudscape-design/components/button";
import { useMemo, useState } from "react";

import { VIEWER } from "../../shared/actions";
import { createdColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { Code, Status } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { useTrackingActions } from "./actions";
import { CreateServer } from "./create";
import { addressOf, OWN, type TrackingServer } from "./types";

const CODE = `import mlflow

mlflow.set_experiment("churn")
with mlflow.start_run():
    mlflow.log_param("depth", 6)
    mlflow.log_metric("auc", 0.91)`;

const configOf = (project: string): ListConfig<TrackingServer> => ({
  kind: "MlflowTrackingServer",
  title: "Experiments",
  description: "MLflow's runs, metrics and files of the whole project. What notebooks and jobs record goes to “default” with nothing set up.",
  operation: "ListMlflowTrackingServers",
  member: "TrackingServerSummaries",
  ask: (search) => ({ TrackingServerStatus: search.status || undefined, SortBy: search.sort ?? "CreationTime", SortOrder: (search.desc ?? true) ? "Descending" : "Ascending" }),
  keep: (one, search) => one.TrackingServerName.toLowerCase().includes((search.name ?? "").toLowerCase()),
  nameOf: (one) => one.TrackingServerName,
  statuses: ["Created", "Started", "Updated", "Stopped", "CreateFailed"],
  columns: [
    {
      id: "name",
      header: "Tracking server",
      sortingField: "Name",
      isRowHeader: true,
      cell: (one) => (
        <span data-row={one.TrackingServerName}>
          {one.TrackingServerStatus === "Stopped" ? (
            one.TrackingServerName
          ) : (
            <a className="link" href={addressOf(project, one.TrackingServerName)} target={`mlflow-${one.TrackingServerName}`}>
              {one.TrackingServerName}
            </a>
          )}
        </span>
      ),
    },
    { id: "status", header: "Status", sortingField: "Status", minWidth: 130, cell: (one) => <Status word={one.TrackingServerStatus} /> },
    { id: "version", header: "MLflow", cell: (one) => one.MlflowVersion ?? "–" },
    { id: "for", header: "Records", cell: (one) => (one.TrackingServerName.toLowerCase() === OWN ? "Notebooks and jobs, with nothing set up" : "Who names it") },
    createdColumn(),
  ],
  empty: { title: "No tracking servers", text: "Record a run in a notebook or a job:", more: <Code text={CODE} /> },
});

export function ExperimentsPage() {
  const { session, canWrite } = useStudio();
  const [creating, setCreating] = useState(false);
  const config = useMemo(() => configOf(session.project?.account ?? ""), [session.project?.account]);
  const actionsOf = useTrackingActions();
  return (
    <>
      {creating && <CreateServer close={() => setCreating(false)} />}
      <ResourceTable<TrackingServer>
        config={config}
        actionsOf={actionsOf}
        open={(one) => actionsOf(one).find((action) => action.id === "open" && !action.disabledReason)?.run()}
        create={
          <Button disabled={!canWrite} disabledReason={VIEWER} onClick={() => setCreating(true)}>
            New tracking server
          </Button>
        }
      />
      <p className="hint">In a notebook or a job:</p>
      <Code text={CODE} />
    </>
  );
}
