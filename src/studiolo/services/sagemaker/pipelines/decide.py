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
    """Of every step. skipped: behind a gate that did not open, or of a ForEach that is over; blocked: behind a step that did
    not succeed."""
    found: dict[str, Standing] = {}
    for name, step in definition.steps.items():
        found[name] = "begun" if name in states else _standing(step, states, found)
    return found


def _standing(step: Step, states: Mapping[str, State], found: Mapping[str, Standing]) -> Standing:
    if step.parent and states[step.parent]["Status"] not in RUNNING:
        return "skipped"
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
    """definition: expanded. parallel: how many steps may run at once."""
    standing = standings(definition, states)
    loops, working = _running(definition, states)
    ready = [name for name, how in standing.items() if how == "ready"]
    if not stopping and ready:
        start = _startable(definition, ready, parallel - working, loops)
        if start:
            return Next(start=start)
    if working or loops or (ready and not stopping):
        return Next()
    statuses = {one["Status"] for one in states.values()}
    if "Failed" in statuses:
        return Next(ending="Failed")
    unfinished = stopping and any(how in ("ready", "waits") for how in standing.values())
    return Next(ending="Stopped" if "Stopped" in statuses or unfinished else "Succeeded")


def _running(definition: Definition, states: Mapping[str, State]) -> tuple[dict[str, int], int]:
    """Each ForEach that runs, with how many steps of its body do; and how many steps do in all."""
    loops: dict[str, int] = {}
    working = 0
    for name, state in states.items():
        if state["Status"] not in RUNNING:
            continue
        step = definition.steps.get(name)
        if step is not None and step.body:
            loops.setdefault(name, 0)
            continue
        working += 1
        if step is not None and step.parent:
            loops[step.parent] = loops.get(step.parent, 0) + 1
    return loops, working


def _startable(definition: Definition, ready: list[str], free: int, loops: dict[str, int]) -> tuple[str, ...]:
    """As many as may run besides; a ForEach is no work itself."""
    start: list[str] = []
    for name in ready:
        step = definition.steps[name]
        if step.body:
            start.append(name)
            continue
        if free <= 0:
            continue
        if step.parent:
            if loops[step.parent] >= definition.steps[step.parent].arguments["MaxConcurrency"]:
                continue
            loops[step.parent] += 1
        free -= 1
        start.append(name)
    return tuple(start)


def over(definition: Definition, states: Mapping[str, State], stopping: bool) -> list[str]:
    """Each ForEach none of whose children runs, or will."""
    open: set[str] = {
        name
        for name, one in states.items()
        if one["Status"] in RUNNING and name in definition.steps and definition.steps[name].body
    }
    if not open:
        return []
    waiting = ("begun",) if stopping else ("begun", "ready", "waits")
    for name, how in standings(definition, states).items():
        parent = definition.steps[name].parent
        if parent in open and how in waiting and (how != "begun" or states[name]["Status"] in RUNNING):
            open.discard(parent)
    return sorted(open)


def again_from(definition: Definition, states: Mapping[str, State]) -> dict[str, State]:
    """States for a retry: what succeeded stays, all else is as if it had not begun. A ForEach goes on with the items it had."""
    kept: dict[str, State] = {}
    for name, one in states.items():
        if name not in definition.steps:
            continue
        if one["Status"] == "Succeeded":
            kept[name] = dict(one)
        elif "Items" in one:
            left = {member: value for member, value in one.items() if member not in ("EndTime", "FailureReason")}
            kept[name] = {**left, "Status": "Executing", "AttemptCount": one["AttemptCount"] + 1}
    return kept
