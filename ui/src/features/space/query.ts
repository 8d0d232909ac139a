import { useQuery } from "@tanstack/react-query";

import { sagemaker, studio } from "../../api/client";
import type { AppSummary, SpaceState } from "./types";

const moving = (state: SpaceState | undefined) => state?.App?.Status === "Pending" || state?.App?.Status === "Deleting";

export const useSpace = (name: string) =>
  useQuery({
    queryKey: ["Space", name],
    queryFn: () => studio<SpaceState>("DescribeSpaceState", { SpaceName: name }),
    refetchInterval: (found) => (moving(found.state.data) ? 400 : 4000),
  });

/** The newest app of each space, by the space's name. */
export const useApps = () =>
  useQuery({
    queryKey: ["list", "App"],
    queryFn: () => sagemaker<{ Apps: AppSummary[] }>("ListApps", { MaxResults: 100, SortOrder: "Ascending" }),
    select: (answer) => new Map(answer.Apps.map((app) => [app.SpaceName ?? "", app])),
  });

export const useOwn = () =>
  useQuery({
    queryKey: ["workbench"],
    queryFn: () => studio<{ DomainId: string; UserProfileName: string; Apps: { AppType: string; Lacks: string }[] }>("DescribeWorkbench"),
    staleTime: Infinity,
  });
