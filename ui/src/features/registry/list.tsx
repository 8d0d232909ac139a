import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { sagemaker } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { createdColumn, nameColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { Code } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";
import type { Group } from "./types";

const groupList: ListConfig<Group> = {
  kind: "ModelPackageGroup",
  title: "Model registry",
  description: "The versions of each model, with their metrics, and who approved them.",
  operation: "ListModelPackageGroups",
  member: "ModelPackageGroupSummaryList",
  ask: (search) => ({ NameContains: search.name || undefined }),
  nameOf: (one) => one.ModelPackageGroupName,
  columns: [
    nameColumn("Model group", "/registry", (one) => one.ModelPackageGroupName),
    { id: "description", header: "Description", cell: (one) => one.ModelPackageGroupDescription ?? "–" },
    createdColumn(),
  ],
  empty: {
    title: "No registered models yet",
    text: "Register a model from a script or by a step of a pipeline:",
    more: <Code text={'model.register(model_package_group_name="churn", content_types=["text/csv"], response_types=["text/csv"])'} />,
  },
};

export function RegistryPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, confirm } = useStudio();
  const writing = canWrite ? undefined : VIEWER;
  const open = (one: Group) => void navigate({ to: `/registry/${one.ModelPackageGroupName}` });
  const actionsOf = (one: Group): Action[] => [
    {
      id: "remove",
      text: "Delete…",
      apart: true,
      disabledReason: writing,
      run: () =>
        confirm({
          title: `Delete ${one.ModelPackageGroupName}?`,
          text: "A group that still holds versions is refused.",
          verb: "Delete",
          act: async () => {
            await sagemaker("DeleteModelPackageGroup", { ModelPackageGroupName: one.ModelPackageGroupName });
            await client.invalidateQueries({ queryKey: ["list", "ModelPackageGroup"] });
          },
        }),
    },
  ];
  return <ResourceTable<Group> config={groupList} actionsOf={actionsOf} open={open} />;
}
