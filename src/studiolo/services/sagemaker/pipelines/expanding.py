"""ForEach: the steps of its body, once for each item, as soon as the items are known. Pure.

The state of a ForEach holds its Items from the moment it begins. A definition expanded by such states has the body's steps
beside the others, called <step>-<index>; everything else (deciding, running, retries, stops) treats them like any step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from studiolo.services.sagemaker.pipelines.definition import Definition, Step
from studiolo.services.sagemaker.pipelines.forms import MAX_ITEMS
from studiolo.services.sagemaker.pipelines.paths import BadPath, Part, follow
from studiolo.services.sagemaker.pipelines.values import CannotResolve

State = Mapping[str, Any]
MAX_BYTES = 2**18


def items_of(value: Any) -> list[Any]:
    """From what IterableItems has become. Raises CannotResolve."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise CannotResolve(f"IterableItems must be a list or JSON of one, not {value[:100]!r}.") from None
    if not isinstance(value, list):
        raise CannotResolve(f"IterableItems must be a list, not {str(value)[:100]!r}.")
    if len(value) > MAX_ITEMS:
        raise CannotResolve(f"IterableItems holds {len(value):,} items; a ForEach takes at most {MAX_ITEMS:,}.")
    if len(orjson.dumps(value)) > MAX_BYTES:
        raise CannotResolve(f"IterableItems is larger than {MAX_BYTES >> 10} KiB.")
    return value


def part_of(item: Any, parts: list[Part], whole: str) -> Any:
    """An item, or something in it; an item may be JSON of an object. Raises CannotResolve."""
    if parts and isinstance(item, str):
        try:
            item = orjson.loads(item)
        except orjson.JSONDecodeError:
            raise CannotResolve(f"{whole!r} leads to nothing: the item {item[:100]!r} is no JSON.") from None
    try:
        return follow(item, parts, whole)
    except BadPath as error:
        raise CannotResolve(str(error)) from None


def child(name: str, index: int) -> str:
    return f"{name}-{index}"


def children(step: Step, state: State) -> Iterable[Step]:
    for index in range(len(state["Items"])):
        for name, one in step.body.items():
            after = tuple(child(other, index) if other in step.body else other for other in one.after)
            yield replace(one, name=child(name, index), after=after, index=index)


def expanded(definition: Definition, states: Mapping[str, State]) -> Definition:
    """Each body's steps come right after their ForEach, so that the order holds."""
    steps: dict[str, Step] = {}
    for name, step in definition.steps.items():
        steps[name] = step
        if step.body and "Items" in states.get(name, ()):
            steps.update((one.name, one) for one in children(step, states[name]))
    return definition if len(steps) == len(definition.steps) else replace(definition, steps=steps)


@dataclass(frozen=True, slots=True)
class Sum:
    """Of a ForEach whose children have all ended, or will not begin."""

    total: int
    succeeded: int
    failed: int
    stopped: int
    why: str

    @property
    def word(self) -> str:
        if self.failed:
            return "Failed"
        return "Succeeded" if self.succeeded == self.total else "Stopped"


def summed(body: Sequence[str], state: State, states: Mapping[str, State]) -> Sum:
    """body: the names of its steps."""
    total, counts, why = len(state["Items"]) * len(body), {"Succeeded": 0, "Failed": 0, "Stopped": 0}, ""
    for index in range(len(state["Items"])):
        for name in body:
            known = states.get(child(name, index))
            if known is not None and known["Status"] in counts:
                counts[known["Status"]] += 1
                if known["Status"] == "Failed" and not why:
                    why = f"{child(name, index)}: {known.get('FailureReason', '')}"
    if why:
        why = f"ClientError: {counts['Failed']} of {total} steps failed, first {why}"
    return Sum(total, counts["Succeeded"], counts["Failed"], counts["Stopped"], why)


def counted(body: Sequence[str], state: State, states: Mapping[str, State]) -> dict[str, Any]:
    """As its properties and its Metadata show it."""
    sum = summed(body, state, states)
    return {
        **({"Status": state["Status"]} if state["Status"] in ("Succeeded", "Failed", "Stopped") else {}),
        "InputItemCount": len(state["Items"]),
        "TotalStepCount": sum.total,
        "SucceededStepCount": sum.succeeded,
        "FailedStepCount": sum.failed,
        "StoppedStepCount": sum.stopped,
    }
