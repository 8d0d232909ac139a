// What can be done with a data set and with a version: the same in lists, menus and on the page.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { studio } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import type { DataSet, Version } from "./types";


export function useDataSetActions(): (set: DataSet) => Action[] {
  const { canWrite, confirm } = useStudio();
  const navigate = useNavigate();
  const client = useQueryClient();
  const writing = canWrite ? undefined : VIEWER;
  return (set) => [
    { id: "open", text: "Open", keys: "Enter", run: () => void navigate({ to: `/data/sets/${set.DataSetName}` }) },
    { id: "version", text: "New version…", disabledReason: writing, run: () => void navigate({ to: `/data/sets/${set.DataSetName}`, search: { making: true } as never }) },
    {
      id: "remove",
      text: "Delete…",
      apart: true,
      disabledReason: writing,
      run: () =>
        confirm({
          title: `Delete the data set ${set.DataSetName}?`,
          text: "All its versions go with their bytes; what they were made of stays where it is. While a job reads one of them this is refused.",
          verb: "Delete",
          typed: set.DataSetName,
          act: async () => {
            await studio("DeleteDataSet", { DataSetName: set.DataSetName });
            await client.invalidateQueries({ queryKey: ["list", "DataSet"] });
            await navigate({ to: "/data/sets" });
          },
        }),
    },
  ];
}

export function useVersionActions(versions: Version[]): (version: Version) => Action[] {
  const { canWrite, confirm } = useStudio();
  const navigate = useNavigate();
  const client = useQueryClient();
  const writing = canWrite ? undefined : VIEWER;
  return (version) => {
    const ready = version.VersionStatus === "Ready" ? undefined : "The version is not ready.";
    const other = versions.find((one) => one.Version !== version.Version && one.VersionStatus === "Ready");
    const go = (search: object) => void navigate({ to: ".", search: search as never });
    return [
      { id: "open", text: "Show", keys: "Enter", run: () => go({ version: version.Version }) },
      { id: "copy", text: "Copy address", disabledReason: ready, run: () => void navigator.clipboard.writeText(version.S3Uri ?? "") },
      {
        id: "train",
        text: "Use as training input…",
        disabledReason: writing ?? ready,
        run: () => void navigate({ to: "/jobs/create", search: { input: version.S3Uri } as never }),
      },
      {
        id: "compare",
        text: "Compare…",
        disabledReason: ready ?? (other ? undefined : "There is no other version that is ready."),
        run: () => go({ version: version.Version, tab: "compare", base: other?.Version }),
      },
      {
        id: "remove",
        text: "Delete…",
        apart: true,
        disabledReason: writing ?? (version.VersionStatus === "InProgress" ? "The version is being made." : undefined),
        run: () =>
          confirm({
            title: `Delete version ${version.Version} of ${version.DataSetName}?`,
            text: "Its bytes go for good. While a job reads it this is refused.",
            verb: "Delete",
            act: async () => {
              await studio("DeleteDataSetVersion", { DataSetName: version.DataSetName, Version: version.Version });
              await client.invalidateQueries({ queryKey: ["DataSet", version.DataSetName] });
              go({});
            },
          }),
      },
    ];
  };
}
