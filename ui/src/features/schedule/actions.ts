// What can be done with a schedule: in its list, on its page, and on the page of what it starts.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { deleteSchedule, getSchedule, putSchedule } from "../../api/automation";
import { studio } from "../../api/client";
import { type Action, VIEWER } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import { type Run, runPage } from "../../shared/started";
import { switched } from "./draft";
import type { Schedule, ScheduleState } from "./types";

export function useScheduleActions(): (one: ScheduleState) => Action[] {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, confirm, fail, notify } = useStudio();
  const writing = canWrite ? undefined : VIEWER;
  const changed = () => client.invalidateQueries({ queryKey: ["list", "Schedule"] });
  const turn = async (name: string, on: boolean) => {
    try {
      await putSchedule(name, switched(await getSchedule<Schedule>(name), on), false);
      await changed();
    } catch (error) {
      fail(`${on ? "Resuming" : "Pausing"} ${name}`, error);
    }
  };
  const start = async (name: string) => {
    try {
      const { Run: run } = await studio<{ Run: Run }>("RunSchedule", { Name: name, ClientToken: crypto.randomUUID() });
      const page = runPage(run);
      if (page) await navigate({ to: page });
      else notify({ id: `ran ${name}`, type: "success", content: `${name} was started.`, dismissible: true });
    } catch (error) {
      fail(`Starting ${name}`, error);
    }
  };
  return (one) => [
    { id: "open", text: "Open", keys: "Enter", run: () => void navigate({ to: `/schedules/${one.Name}` }) },
    { id: "run", text: "Run now", apart: true, disabledReason: writing, run: () => void start(one.Name) },
    one.State === "ENABLED"
      ? { id: "pause", text: "Pause", disabledReason: writing, run: () => void turn(one.Name, false) }
      : { id: "resume", text: "Resume", disabledReason: writing, run: () => void turn(one.Name, true) },
    {
      id: "remove",
      text: "Delete…",
      apart: true,
      disabledReason: writing,
      run: () =>
        confirm({
          title: `Delete the schedule ${one.Name}?`,
          text: "It starts nothing any more. What it has started goes on and stays.",
          verb: "Delete",
          act: async () => {
            await deleteSchedule(one.Name);
            await changed();
            if (window.location.pathname.startsWith("/schedules/")) await navigate({ to: "/schedules" });
          },
        }),
    },
  ];
}
