"""What to do next for an execution: a pure function of its definition and of how far its steps are.

Steps of branches that do not depend on a failed one go on to their end, so that nothing is thrown away that a retry could use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studiolo.services.sagemaker.pipelines.definition import Definition, Step

State = Mapping[str, Any]
"""Of a step that has begun: Status and more, under the names that ListPipelineExecutionSteps shows."""
RUNNING = ("Starting", "Executing", "Stopping")
Standing = Literal["waits", "ready", "skipped", "blocked", "begun"]
Ending = Literal["Succeeded", "Failed", "Stopped"]


@dataclass(frozen=True, slots=True)
class Next:
    start: tuple[str, ...] = ()
    ending: Ending | None = None


def standings(definition: Definition, states: Mapping[str, State]) -> dict[str, Standing]:
    """Of every step. skipped: behind a gate that did not open; blocked: behind a step that did not succeed."""
    found: dict[str, Standing] = {}
    for name, step in definition.steps.items():
        found[name] = "begun" if name in states else _standing(step, states, found)
    return found


def _standing(step: Step, states: Mapping[str, State], found: Mapping[str, Standing]) -> Standing:
    for gate, outcome in step.gates:
        state = states.get(gate)
        if state is not None and state["Status"] == "Succeeded" and state["Outcome"] != outcome:
            return "skipped"
    others = [(states[one]["Status"] if one in states else found[one]) for one in step.after]
    if any(one == "skipped" for one in others):
        return "skipped"
    if any(one in ("Failed", "Stopped", "blocked") for one in others):
        return "blocked"
    return "ready" if all(one == "Succeeded" for one in others) else "waits"


def decide(definition: Definition, states: Mapping[str, State], parallel: int, stopping: bool) -> Next:
    """parallel: how many steps may run at once."""
    running = sum(one["Status"] in RUNNING for one in states.values())
    standing = standings(definition, states)
    ready = [name for name, how in standing.items() if how == "ready"]
    if not stopping and ready and running < parallel:
        return Next(start=tuple(ready[: parallel - running]))
    if running or (ready and not stopping):
        return Next()
    statuses = {one["Status"] for one in states.values()}
    if "Failed" in statuses:
        return Next(ending="Failed")
    unfinished = stopping and any(how in ("ready", "waits") for how in standing.values())
    return Next(ending="Stopped" if "Stopped" in statuses or unfinished else "Succeeded")


def again_from(definition: Definition, states: Mapping[str, State]) -> dict[str, State]:
    """States for a retry: what succeeded stays, all else is as if it had not begun."""
    return {
        name: dict(one) for name, one in states.items() if one["Status"] == "Succeeded" and name in definition.steps
    }
