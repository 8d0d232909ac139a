"""Scales what is registered: looks at a target every few seconds, decides (decide.py), acts, notes it as an activity.

What is about to be done stands in the status (`_doing`) before it is done, so after a crash it is done again, which
changes nothing, and noted once. Scheduled actions are a controller of their own: they change a target's bounds by the
public operation, and this one follows.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services import schedules
from studiolo.services.application_autoscaling.capacity import Capacity
from studiolo.services.application_autoscaling.decide import decide
from studiolo.services.application_autoscaling.names import (
    ACTIVITY,
    COPIES,
    COUNT,
    SCHEDULED,
    TARGET,
    identity,
    target_named,
)
from studiolo.services.application_autoscaling.observe import Observer
from studiolo.services.platform import Platform
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale
from studiolo.store.scan import scan

log = logging.getLogger(__name__)
LOOK, BUSY, AFTER_FAILURE = 2.0, 0.5, 30.0
KEPT = 42 * 86400.0
"""Seconds an activity is kept: six weeks, as AWS has it."""

SetBounds = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""RegisterScalableTarget, for a project."""


def _keys(platform: Platform, kind: str) -> Sequence[Key]:
    return [one.key for one in scan(platform.store, Query(kind, None))]


class ScalableTargetController:
    kind = TARGET

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._observer = Observer(platform)
        self._capacity = Capacity(platform)

    def keys(self) -> Sequence[Key]:
        return _keys(self._platform, TARGET)

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            return None
        try:
            return await self._step(record)
        except (Stale, Missing):
            return Again(0)

    def _write(self, record: Record, status: Mapping[str, Any]) -> None:
        self._platform.store.write(record, now=self._platform.clock(), status=dict(status))

    async def _step(self, record: Record) -> Again | None:
        if "_doing" in record.status:
            await self._do(record)
            return Again(0)
        now, status = self._platform.clock(), record.status
        if now < status.get("_hold", 0):
            return Again(status["_hold"] - now)
        target = target_named(record.key.name)
        seen = await self._capacity.read(record.key.project, target)
        if seen is None:
            return Again(LOOK)
        if not seen.settled:
            return Again(BUSY)
        policies = await asyncio.to_thread(self._observer.policies, record.key.project, target, seen.desired, now)
        spec = record.spec
        decision = decide(
            (spec["MinCapacity"], spec["MaxCapacity"]), spec.get("SuspendedState", {}), policies, seen.desired, now,
            status.get("_last_out", 0.0), status.get("_last_in", 0.0),
        )  # fmt: skip
        if decision is None:
            return Again(LOOK)
        doing = {"From": seen.desired, "To": decision.capacity, "Cause": decision.cause, "Since": now,
                 "Number": status.get("_number", 0) + 1}  # fmt: skip
        self._write(record, {**status, "_doing": doing})
        return Again(0)

    async def _do(self, record: Record) -> None:
        doing, target = record.status["_doing"], target_named(record.key.name)
        failure: str | None = None
        try:
            await self._capacity.set(record.key.project, target, doing["To"])
        except ApiError as error:
            failure = error.message
        self._note(record, doing, failure)
        status = {name: value for name, value in record.status.items() if name != "_doing"}
        status["_number"] = doing["Number"]
        now = self._platform.clock()
        if failure is not None:
            status["_hold"] = now + AFTER_FAILURE
        else:
            status["_last_out" if doing["To"] > doing["From"] else "_last_in"] = now
        self._write(record, status)

    def _note(self, record: Record, doing: Mapping[str, Any], failure: str | None) -> None:
        """An activity, once for each thing done."""
        target, now = target_named(record.key.name), self._platform.clock()
        what = {COUNT: "desired instance count", COPIES: "desired copy count"}.get(
            target.dimension, "desired provisioned concurrency"
        )
        name = identity(record.key.project, f"{record.key.name} {record.created} {doing['Number']}")
        spec = {
            **target.members(),
            "_target": target.name,
            "Description": f"Setting {what} to {doing['To']}.",
            "Cause": doing["Cause"],
            "StartTime": doing["Since"],
            "EndTime": now,
            "StatusCode": "Successful" if failure is None else "Failed",
            "StatusMessage": (
                f"Successfully set {what} to {doing['To']}. Change successfully fulfilled by sagemaker."
                if failure is None
                else f"Failed to set {what} to {doing['To']}. Reason: {failure}"
            ),
        }
        store, project = self._platform.store, record.key.project
        try:
            store.create(Key(project, ACTIVITY, name), spec, {}, now=now)
        except AlreadyExists:
            pass
        for old in store.query(Query(ACTIVITY, project, created_before=now - KEPT, limit=20)).records:
            try:
                store.delete(old)
            except (Stale, Missing):
                pass


class ScheduledActionController:
    """Changes a target's bounds when their time has come. `_done` is the occurrence that was carried out last."""

    kind = SCHEDULED

    def __init__(self, platform: Platform, set_bounds: SetBounds) -> None:
        self._platform = platform
        self._set_bounds = set_bounds

    def keys(self) -> Sequence[Key]:
        return _keys(self._platform, SCHEDULED)

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            return None
        try:
            return await self._step(record)
        except (Stale, Missing):
            return Again(0)

    async def _step(self, record: Record) -> Again | None:
        spec, now = record.spec, self._platform.clock()
        begin = spec.get("StartTime", spec["_put"])
        since = max(record.status.get("_done", 0.0), begin - 1 if "StartTime" in spec else spec["_put"])
        due = schedules.parse(spec["Schedule"], spec.get("Timezone")).after(since, begin)
        if due is None or due > spec.get("EndTime", due):
            return None
        if due > now:
            return Again(min(due - now, 3600.0))
        await self._act(record)
        # Occurrences missed while the studio was down are one: they would all set the same bounds.
        self._platform.store.write(record, now=now, status={**record.status, "_done": now})
        return Again(0)

    async def _act(self, record: Record) -> None:
        target = target_named(record.spec["_target"])
        try:
            held = self._platform.store.get(Key(record.key.project, TARGET, target.name))
            if held.spec.get("SuspendedState", {}).get("ScheduledScalingSuspended"):
                return
            bounds = record.spec.get("ScalableTargetAction", {})
            await self._set_bounds(record.key.project, {**target.members(), **bounds})
        except (ApiError, Missing) as error:
            log.warning("the scheduled action %s was not carried out: %s", record.key.name, error)
