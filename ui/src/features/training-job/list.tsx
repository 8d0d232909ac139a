import Button from "@cloudscape-design/components/button";
import { useNavigate } from "@tanstack/react-router";

import type { JobSummary } from "../../api/types";
import { useStudio } from "../../shared/context";
import { ResourceTable } from "../../shared/table";
import { useJobActions } from "./actions";
import { jobList } from "./config";

export function JobsPage() {
  const navigate = useNavigate();
  const { canWrite } = useStudio();
  const actionsOf = useJobActions();
  return (
    <ResourceTable<JobSummary>
      config={jobList}
      actionsOf={(job) => actionsOf(job.TrainingJobName, job.TrainingJobStatus)}
      open={(job) => void navigate({ to: `/jobs/${job.TrainingJobName}` })}
      bulk={{
        text: "Compare",
        min: 2,
        max: 10,
        run: (jobs) => void navigate({ to: "/jobs/compare", search: { names: jobs.map((job) => job.TrainingJobName).join(",") } as never }),
      }}
      create={
        <Button
          variant="primary"
          disabled={!canWrite}
          disabledReason="Viewers can't create jobs in this project."
          onClick={() => void navigate({ to: "/jobs/create" })}
        >
          Create job
        </Button>
      }
    />
  );
}
