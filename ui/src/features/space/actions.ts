// What can be done with a space; every button and menu does it by these.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { sagemaker, studio } from "../../api/client";
import type { Action } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import type { SpaceState } from "./types";

const APP = { AppName: "default" };
export const stateOf = (name: string) => studio<SpaceState>("DescribeSpaceState", { SpaceName: name });
const pause = (milliseconds: number) => new Promise((done) => window.setTimeout(done, milliseconds));

export async function start(name: string) {
  const state = await stateOf(name);
  if (state.App?.Status === "Pending" || state.App?.Status === "InService") return;
  await sagemaker("CreateApp", { DomainId: state.DomainId, SpaceName: state.SpaceName, AppType: state.AppType, ...APP });
}

export async function stop(name: string) {
  const state = await stateOf(name);
  if (state.App) await sagemaker("DeleteApp", { DomainId: state.DomainId, SpaceName: state.SpaceName, AppType: state.App.AppType, ...APP });
}

/** With what it is now set to: its size, its script. */
export async function restart(name: string) {
  await stop(name);
  for (let look = 0; look < 150; look++) {
    const word = (await stateOf(name)).App?.Status;
    if (word !== "Deleting" && word !== "InService" && word !== "Pending") break;
    await pause(200);
  }
  await start(name);
}

export interface Dialogs {
  change: (name: string) => void;
}

export function useSpaceActions({ change }: Dialogs): (name: string, domain: string, status: string | undefined, state?: SpaceState) => Action[] {
  const { canWrite, fail, confirm } = useStudio();
  const client = useQueryClient();
  const navigate = useNavigate();
  const viewer = canWrite ? undefined : "Viewers run nothing in this project.";
  const look = () => Promise.all([client.invalidateQueries({ queryKey: ["Space"] }), client.invalidateQueries({ queryKey: ["list", "App"] })]);
  const act = (what: string, deed: () => Promise<unknown>) => () => void deed().then(look, (error: unknown) => fail(what, error));
  return (name, domain, status, state) => {
    const on = status === "Pending" || status === "InService";
    const closed = viewer ?? (state?.NoEntry || undefined);
    const shared = state?.SharingType === "Shared";
    return [
      { id: "open", text: "Open", keys: "Enter", disabledReason: closed, run: () => void navigate({ to: `/spaces/${name}`, search: { view: "open" } as never }) },
      { id: "details", text: "Details", run: () => void navigate({ to: `/spaces/${name}` }) },
      { id: "start", text: "Start", apart: true, disabledReason: closed ?? (on ? "It runs already." : undefined), run: act(`Starting ${name}`, () => start(name)) },
      {
        id: "stop",
        text: "Stop",
        disabledReason: viewer ?? (state && !shared && state.NoRemoval ? state.NoRemoval : on ? undefined : "It does not run."),
        run: act(`Stopping ${name}`, () => stop(name)),
      },
      { id: "restart", text: "Restart", disabledReason: closed ?? (on ? undefined : "It does not run."), run: act(`Restarting ${name}`, () => restart(name)) },
      { id: "change", text: "Size and idle time…", disabledReason: viewer ?? (state?.NoChange || undefined), run: () => change(name) },
      {
        id: "remove",
        text: "Delete…",
        apart: true,
        disabledReason: viewer ?? (state?.NoRemoval || (on || status === "Deleting" ? "Stop it first." : undefined)),
        run: () =>
          confirm({
            title: `Delete ${name}?`,
            text: "Its files go with it, for everybody who uses it.",
            verb: "Delete",
            typed: name,
            act: async () => {
              await sagemaker("DeleteSpace", { DomainId: domain, SpaceName: name });
              await client.invalidateQueries({ queryKey: ["list", "Space"] });
              await navigate({ to: "/spaces" });
            },
          }),
      },
    ];
  };
}
