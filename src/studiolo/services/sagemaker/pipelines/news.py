"""Which running steps of an execution are worth a look: those whose jobs have changed since the last one, and all of them now
and then to be safe. With a thousand steps, looking at each whenever one of them ends would be most of the work.

A hint in memory, used by the controller alone: whatever is not sure (a new server, a failure, a stop) is a look at all.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from studiolo.base.record import Key
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.definition import Step
from studiolo.services.sagemaker.pipelines.makers import MAKERS
from studiolo.store.protocol import Change

LOOK = 5.0
"""Seconds after which running steps are looked at even if nothing told of a change."""
Looks = Callable[[Step, Mapping[str, Any]], bool]
"""Whether a running step is looked at."""


def execution_of(change: Change) -> Key | None:
    """The execution that a change matters to: of something with a name of its steps, and not merely of how far it is."""
    # An invocation is called <function>@<name of the step's own>.
    parent = names.parent(change.key.name.rpartition("@")[2])
    if parent is None:
        return None
    if change.record is not None and change.record.status.get(f"{change.key.kind}Status") == "InProgress":
        return None
    return Key(change.key.project, names.EXECUTION, parent)


class News:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed: dict[Key, set[str]] = {}
        """What has changed since the last look; an execution that is not here is looked at as a whole."""
        self._whole: dict[Key, float] = {}
        """When that was done last."""

    def hear(self, change: Change) -> None:
        execution = execution_of(change)
        if execution is not None:
            with self._lock:
                if execution in self._changed:
                    self._changed[execution].add(change.key.name)

    def take(self, execution: Key, stopping: bool, now: float) -> Looks:
        with self._lock:
            changed = self._changed.get(execution)
            self._changed[execution] = set()
            if changed is None or stopping or now - self._whole.get(execution, now) >= LOOK:
                changed = None
            if changed is None:
                self._whole[execution] = now

        def looks(step: Step, state: Mapping[str, Any]) -> bool:
            maker = MAKERS.get(step.type)
            waits_for_job = maker is not None and maker.stops and "Made" in state and "_at" not in state
            return changed is None or not waits_for_job or state["Made"] in changed

        return looks

    def forget(self, execution: Key) -> None:
        with self._lock:
            self._changed.pop(execution, None)
            self._whole.pop(execution, None)
