// The versions of one model, and how their numbers went from one to the next.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { sagemaker } from "../../api/client";
import { time } from "../../shared/format";
import { Failure, Link, Status } from "../../shared/parts";
import { type ListConfig, ResourceTable } from "../../shared/table";
import { useVersionActions } from "./actions";
import { Decide, type Word } from "./decide";
import type { VersionSummary } from "./types";

const EMPTY = {
  title: "No versions yet",
  text: "A version appears when a finished training job is registered (its page has a button), or when a script or a pipeline registers a model in this group.",
};

const versionList = (group: string): ListConfig<VersionSummary> => ({
  kind: "ModelPackage",
  scope: group,
  title: group,
  description: "The versions of one model. Approve one with a reason, deploy it, or choose several to compare.",
  operation: "ListModelPackages",
  member: "ModelPackageSummaryList",
  ask: (search) => ({ ModelPackageGroupName: group, ModelApprovalStatus: search.status || undefined, NameContains: search.name || undefined }),
  nameOf: (one) => `${group} v${one.ModelPackageVersion}`,
  statuses: ["PendingManualApproval", "Approved", "Rejected"],
  columns: [
    {
      id: "version",
      header: "Version",
      sortingField: "CreationTime",
      isRowHeader: true,
      cell: (one) => (
        <span data-row={`${group} v${one.ModelPackageVersion}`}>
          <Link to={`/registry/${group}/${one.ModelPackageVersion}`}>{`Version ${one.ModelPackageVersion}`}</Link>
        </span>
      ),
    },
    { id: "approval", header: "Approval", cell: (one) => <Status word={one.ModelApprovalStatus ?? "–"} /> },
    { id: "description", header: "Description", cell: (one) => one.ModelPackageDescription ?? "–" },
    { id: "created", header: "Created", cell: (one) => time(one.CreationTime) },
  ],
  empty: EMPTY,
});

export function ModelGroupPage() {
  const { group } = useParams({ strict: false }) as { group: string };
  const navigate = useNavigate();
  const client = useQueryClient();
  const there = useQuery({ queryKey: ["ModelPackageGroup", group], queryFn: () => sagemaker("DescribeModelPackageGroup", { ModelPackageGroupName: group }) });
  const config = useMemo(() => versionList(group), [group]);
  const [deciding, setDeciding] = useState<{ version: VersionSummary; word: Word }>();
  const actionsOf = useVersionActions(group, (version, word) => setDeciding({ version, word }));
  const close = () => {
    setDeciding(undefined);
    void client.invalidateQueries({ queryKey: ["list", "ModelPackage"] });
  };
  if (there.isError) return <Failure error={there.error} retry={() => void there.refetch()} />;
  const numbers = (versions: VersionSummary[]) => versions.map((one) => one.ModelPackageVersion).sort((a, b) => a - b).join(",");
  return (
    <>
      <ResourceTable<VersionSummary>
        key={group}
        config={config}
        actionsOf={actionsOf}
        open={(one) => void navigate({ to: `/registry/${group}/${one.ModelPackageVersion}` })}
        bulk={{ text: "Compare", min: 2, max: 10, run: (versions) => void navigate({ to: `/registry/${group}/compare`, search: { versions: numbers(versions) } as never }) }}
      />
      {deciding && <Decide version={deciding.version} word={deciding.word} close={close} />}
    </>
  );
}
