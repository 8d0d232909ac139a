// What can be done with a rule: in its list, on its page, and on the page of what it starts.
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { events } from "../../api/automation";
import type { Action } from "../../shared/actions";
import { useStudio } from "../../shared/context";
import type { RuleState, RuleTarget } from "./types";

export function useRuleActions(): (one: RuleState) => Action[] {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { canWrite, confirm, fail } = useStudio();
  const writing = canWrite ? undefined : "Viewers can't change things in this project.";
  const changed = () => client.invalidateQueries({ queryKey: ["list", "EventRule"] });
  const turn = async (name: string, on: boolean) => {
    try {
      await events(on ? "EnableRule" : "DisableRule", { Name: name });
      await changed();
    } catch (error) {
      fail(`${on ? "Turning on" : "Pausing"} ${name}`, error);
    }
  };
  return (one) => [
    { id: "open", text: "Open", keys: "Enter", run: () => void navigate({ to: `/rules/${one.Name}` }) },
    { id: "edit", text: "Edit…", disabledReason: writing ?? (one.EventPattern ? undefined : "A rule by time is edited as a schedule: make one, and delete this."), run: () => void navigate({ to: `/rules/${one.Name}/edit` }) },
    one.State === "ENABLED"
      ? { id: "pause", text: "Pause", apart: true, disabledReason: writing, run: () => void turn(one.Name, false) }
      : { id: "resume", text: "Resume", apart: true, disabledReason: writing, run: () => void turn(one.Name, true) },
    {
      id: "remove",
      text: "Delete…",
      apart: true,
      disabledReason: writing,
      run: () =>
        confirm({
          title: `Delete the rule ${one.Name}?`,
          text: "Events start nothing by it any more. What it has started goes on and stays.",
          verb: "Delete",
          act: async () => {
            const { Targets: targets } = await events<{ Targets: RuleTarget[] }>("ListTargetsByRule", { Rule: one.Name });
            if (targets.length > 0) await events("RemoveTargets", { Rule: one.Name, Ids: targets.map((each) => each.Id) });
            await events("DeleteRule", { Name: one.Name });
            await changed();
            if (window.location.pathname.startsWith("/rules/")) await navigate({ to: "/rules" });
          },
        }),
    },
  ];
}
