import Button from "@cloudscape-design/components/button";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { sagemaker } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { createdColumn, nameColumn } from "../../shared/columns";
import { useStudio } from "../../shared/context";
import { time } from "../../shared/format";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { VersionDialog } from "./dialog";
import type { Image } from "./types";

const environmentList: ListConfig<Image> = {
  kind: "Image",
  title: "Environments",
  description: "Sets of packages that the team shares: chosen once, the same in every job and model.",
  operation: "ListImages",
  member: "Images",
  ask: (search) => ({
    NameContains: search.name || undefined,
    SortBy: search.sort === "Name" ? "IMAGE_NAME" : search.sort === "LastModifiedTime" ? "LAST_MODIFIED_TIME" : "CREATION_TIME",
    SortOrder: (search.desc ?? true) ? "DESCENDING" : "ASCENDING",
  }),
  nameOf: (one) => one.ImageName,
  columns: [
    nameColumn("Name", "/environments", (one) => one.ImageName),
    { id: "description", header: "Description", cell: (one) => one.Description ?? "–" },
    createdColumn(),
    { id: "modified", header: "Changed", sortingField: "LastModifiedTime", cell: (one) => time(one.LastModifiedTime) },
  ],
  empty: {
    title: "No environments of your own yet",
    text: "Name the packages, and everybody in the project runs on the very same ones. Until then, jobs use the studio's own images.",
  },
};

export function EnvironmentsPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, confirm } = useStudio();
  const [making, setMaking] = useState(false);
  const writing = canWrite ? undefined : VIEWER;
  const open = (one: Image) => void navigate({ to: `/environments/${one.ImageName}` });
  const actionsOf = (one: Image): Action[] => [
    {
      id: "remove",
      text: "Delete…",
      apart: true,
      disabledReason: writing,
      run: () =>
        confirm({
          title: `Delete ${one.ImageName}?`,
          text: "An environment that still has versions is refused.",
          verb: "Delete",
          act: async () => {
            await sagemaker("DeleteImage", { ImageName: one.ImageName });
            await client.invalidateQueries({ queryKey: ["list", "Image"] });
          },
        }),
    },
  ];
  const create = (
    <Button variant="primary" disabled={!canWrite} disabledReason={writing} onClick={() => setMaking(true)}>
      New environment
    </Button>
  );
  return (
    <>
      {making && <VersionDialog close={() => setMaking(false)} />}
      <ResourceTable<Image> config={environmentList} actionsOf={actionsOf} open={open} create={create} />
    </>
  );
}
