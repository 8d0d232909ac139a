import { useNavigate } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import type { Job } from "../../api/types";
import { type Action, jobActions } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { asCli, asPython, requestOf } from "./code";

export function useJobActions(): (name: string, status: string) => Action[] {
  const studio = useStudio();
  const navigate = useNavigate();
  const copy = (name: string, what: string, as: (request: object) => string) =>
    void sagemaker<Job>("DescribeTrainingJob", { TrainingJobName: name })
      .then((job) => navigator.clipboard.writeText(as(requestOf(job, name))))
      .then(() => studio.notify({ id: "copied", type: "success", content: `${name} is copied as ${what}.`, dismissible: true }))
      .catch((error: unknown) => studio.fail("Not copied", error));
  return (name, status) =>
    jobActions({ name, status }, studio.canWrite, {
      open: () => void navigate({ to: `/jobs/${name}` }),
      batch: studio.can("sagemaker:CreateTransformJob") ? () => studio.deploy({ job: name, mode: "batch" }) : undefined,
      copyPython: () => copy(name, "Python", (request) => asPython(request)),
      copyShell: () => copy(name, "AWS CLI", (request) => asCli(request)),
      deploy: () => studio.deploy({ job: name }),
      register: studio.can("sagemaker:CreateModelPackage") ? () => studio.register(name) : undefined,
      clone: () => void navigate({ to: "/jobs/create", search: { from: name } as never }),
      stop: () => void sagemaker("StopTrainingJob", { TrainingJobName: name }).catch((error: unknown) => studio.fail(`Stopping ${name}`, error)),
      remove: () =>
        studio.confirm({
          title: `Delete ${name}?`,
          text: "The job, its log and its metrics go. The model and the output in the bucket stay.",
          verb: "Delete",
          act: () => sagemaker("DeleteTrainingJob", { TrainingJobName: name }),
        }),
    });
}
