// Sharing a notebook as it is now.
import { useNavigate } from "@tanstack/react-router";

import { studio } from "../../api/client";
import { useStudio } from "../../shared/context";
import type { Source } from "./types";

export function useShare() {
  const { fail, notify } = useStudio();
  const navigate = useNavigate();
  return async (what: Source & { TrainingJobName?: string }) => {
    const asked = { SpaceName: what.SpaceName, Path: what.Path, S3Uri: what.S3Uri, TrainingJobName: what.TrainingJobName };
    try {
      const made = await studio<{ NotebookSnapshotId: string }>("CreateNotebookSnapshot", asked);
      notify({ id: "shared", type: "success", content: "Shared as it is now: every member can open this page.", dismissible: true });
      await navigate({ to: `/shared-notebooks/${made.NotebookSnapshotId}` });
    } catch (error) {
      fail("The notebook was not shared", error);
    }
  };
}
