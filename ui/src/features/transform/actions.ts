import { useNavigate } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import { type Action, transformActions } from "../../shared/actions";
import { useStudio } from "../../shared/context";

export function useTransformActions(): (name: string, status: string) => Action[] {
  const studio = useStudio();
  const navigate = useNavigate();
  return (name, status) =>
    transformActions(status, studio.canWrite, {
      clone: () => void navigate({ to: "/batch/create", search: { from: name } as never }),
      stop: () => void sagemaker("StopTransformJob", { TransformJobName: name }).catch((error: unknown) => studio.fail(`Stopping ${name}`, error)),
    });
}
