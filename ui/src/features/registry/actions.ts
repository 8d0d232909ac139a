import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import type { Word } from "./decide";
import type { VersionSummary } from "./types";

/** `decide` opens the dialog that asks why. */
export function useVersionActions(group: string, decide: (version: VersionSummary, word: Word) => void): (version: VersionSummary) => Action[] {
  const studio = useStudio();
  const client = useQueryClient();
  const navigate = useNavigate();
  const writing = studio.canWrite ? undefined : VIEWER;
  return (one) => {
    const number = one.ModelPackageVersion;
    const rejected = one.ModelApprovalStatus === "Rejected" ? "The version was rejected." : undefined;
    const is = (word: string) => (one.ModelApprovalStatus === word ? `It is ${word.toLowerCase()} already.` : undefined);
    return [
      { id: "open", text: "Open", keys: "Enter", run: () => void navigate({ to: `/registry/${group}/${number}` }) },
      { id: "approve", text: "Approve…", apart: true, disabledReason: writing ?? is("Approved"), run: () => decide(one, "Approved") },
      { id: "reject", text: "Reject…", disabledReason: writing ?? is("Rejected"), run: () => decide(one, "Rejected") },
      { id: "deploy", text: "Deploy…", keys: "D", disabledReason: writing ?? rejected, run: () => studio.deploy({ version: { arn: one.ModelPackageArn, name: `${group}-v${number}` } }) },
      { id: "copy", text: "Copy the ARN", apart: true, run: () => void navigator.clipboard.writeText(one.ModelPackageArn) },
      {
        id: "remove",
        text: "Delete…",
        disabledReason: writing,
        run: () =>
          studio.confirm({
            title: `Delete version ${number} of ${group}?`,
            text: "Its number is never given again. Models and endpoints made of it go on; its files in the bucket stay.",
            verb: "Delete",
            act: async () => {
              await sagemaker("DeleteModelPackage", { ModelPackageName: one.ModelPackageArn });
              await client.invalidateQueries({ queryKey: ["list", "ModelPackage"] });
              await navigate({ to: `/registry/${group}` });
            },
          }),
      },
    ];
  };
}
