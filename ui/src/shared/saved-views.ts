// A list's saved views: kept by the studio for a person in a project, and shared with it if wished.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { ApiError, studio } from "../api/client";
import { useStudio } from "./context";
import { read } from "./stored";
import type { ListSearch } from "./table";

export interface SavedView {
  ListName: string;
  ViewName: string;
  User: string;
  Shared: boolean;
  NameContains?: string;
  StatusEquals?: string;
  SortBy?: string;
  SortOrder?: "Ascending" | "Descending";
}

/** What stands in the address of the list. */
export const searchOf = (view: SavedView): ListSearch => ({
  name: view.NameContains,
  status: view.StatusEquals,
  sort: view.SortBy,
  desc: view.SortOrder && view.SortOrder === "Descending",
});

export const viewOf = (search: ListSearch) => ({
  NameContains: search.name || undefined,
  StatusEquals: search.status || undefined,
  SortBy: search.sort || undefined,
  SortOrder: search.desc === undefined ? undefined : search.desc ? "Descending" : "Ascending",
});

const all = async (list: string) => (await studio<{ SavedViews: SavedView[] }>("ListSavedViews", { ListName: list })).SavedViews;

/** Views were kept by the browser once, for all projects: each project takes them over the first time its list is opened. */
async function takeOver(list: string, project: string, user: string, known: SavedView[]): Promise<boolean> {
  const local = read<Record<string, ListSearch>>(`studiolo.views.${user}.${list}`, {});
  const mark = `studiolo.views-taken.${project}.${user}.${list}`;
  if (Object.keys(local).length === 0 || read(mark, false)) return false;
  const mine = new Set(known.filter((one) => isOf(one, user)).map((one) => one.ViewName));
  for (const [name, search] of Object.entries(local)) {
    const view = name.trim().slice(0, 64).trim();
    if (!view || mine.has(view)) continue;
    try {
      await studio("PutSavedView", { ListName: list, ViewName: view, ...viewOf(search) });
    } catch (error) {
      // What is refused will be refused again; what found no studio is tried the next time.
      if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) return false;
    }
  }
  try {
    localStorage.setItem(mark, "true");
  } catch {
    // A full or forbidden storage: the same names are found there the next time.
  }
  return true;
}

export const isOf = (view: SavedView, user: string) => view.User.toLowerCase() === user.toLowerCase();

export function useSavedViews(list: string) {
  const { session, can, fail } = useStudio();
  const client = useQueryClient();
  const project = session.project?.account ?? "";
  const query = useQuery({
    queryKey: ["views", list],
    enabled: project !== "" && can("studio:ListSavedViews"),
    queryFn: async () => {
      const known = await all(list);
      return (await takeOver(list, project, session.user, known)) ? all(list) : known;
    },
    staleTime: 60_000,
  });
  const settled = () => client.invalidateQueries({ queryKey: ["views", list] });
  const save = (view: Omit<SavedView, "ListName" | "User"> & { User?: string }) => studio("PutSavedView", { ...view, ListName: list }).finally(settled);
  const share = useMutation({
    mutationFn: ({ view, shared }: { view: SavedView; shared: boolean }) =>
      studio("PutSavedView", { ListName: list, ViewName: view.ViewName, User: view.User, Shared: shared, ...viewOf(searchOf(view)) }),
    onError: (error) => fail("The view was not changed", error),
    onSettled: settled,
  });
  const drop = useMutation({
    mutationFn: (view: SavedView) => studio("DeleteSavedView", { ListName: list, ViewName: view.ViewName, User: view.User }),
    onError: (error) => fail("The view was not deleted", error),
    onSettled: settled,
  });
  const mayChange = (view: SavedView) => isOf(view, session.user) || session.project?.role === "admin";
  return { views: query.data ?? [], user: session.user, mayChange, save, share, drop };
}
