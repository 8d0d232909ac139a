"""Brings endpoints and inference components into service and keeps them there, one step a call; decide.py says which."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.hosting import plan as planning
from studiolo.services.sagemaker.hosting import rolling, traffic
from studiolo.services.sagemaker.hosting import status as statuses
from studiolo.services.sagemaker.hosting.containers import PlanError
from studiolo.services.sagemaker.hosting.decide import Health, Observed, decide
from studiolo.services.sagemaker.hosting.plan import Unit
from studiolo.services.sagemaker.hosting.traffic import Step
from studiolo.services.sagemaker.hosting.upkeep import SAMPLE, Upkeep
from studiolo.services.sagemaker.keys import handles, unfinished
from studiolo.store.protocol import Missing, Stale

LOOK = 0.25
"""Between two looks at what starts: that it is ready is told (hosting/readiness.py)."""
BAKE_LOOK = 0.5
"""Seconds between two looks at the rollback alarms."""
SWITCH_GRACE = 1.0
"""Seconds an old generation goes on serving after the switch, for requests that were routed just before."""
ALARM = "CloudWatchAlarm"


Make = Callable[[Platform, Record], dict[str, Any]]
"""The plan of what a record asks for now; raises PlanError."""


class HostingController:
    def __init__(self, platform: Platform, kind: str, make: Make) -> None:
        self.kind = kind
        self._platform = platform
        self._make = make
        self._upkeep = Upkeep(platform)

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind, (None,))

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            await asyncio.to_thread(self._upkeep.drop, handles(self._platform, key))
            self._platform.demand.forget(key.handle())
            return None
        try:
            return await self._act(record)
        except Stale:
            return Again(0)

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        try:
            record = self._platform.store.get(key)
            # Said once: a reason written anew with every try would wake the controller at once each time.
            if "_stuck" not in record.status:
                self._write(record, statuses.stuck(record, error, failures))
        except (Missing, Stale):
            return

    # Looking.

    def _awake(self, record: Record) -> planning.Awake:
        rested = self._now() - record.status.get("_since", 0)

        def awake(variant: str) -> bool:
            asked = self._platform.demand
            return rested < asked.idle or asked.awake(record.key.handle(), variant)

        return awake

    def _units(self, record: Record) -> tuple[list[Unit], list[Unit]]:
        """Of the plan being deployed, and of the one in service."""
        following, live, steps = record.status.get("_next"), record.status.get("_live"), self._steps(record)
        return (
            list(planning.units(record, following, held=rolling.held_new(record, steps))),
            list(planning.units(record, live, self._awake(record), rolling.held_old(record, steps))),
        )

    def _steps(self, record: Record) -> Sequence[Step]:
        plan = record.status.get("_next")
        return traffic.steps(record.spec.get("_deployment", {}), planning.counts(record, plan) if plan else {})

    def _ringing(self, record: Record) -> str | None:
        """An alarm that is in ALARM, or was since the deployment began: it may be over before anybody looks."""
        if "_next" not in record.status:
            return None
        began = record.status["_next"].get("Since", 0.0)
        for name in traffic.alarms(record.spec.get("_deployment", {})):
            try:
                alarm = self._platform.store.get(Key(record.key.project, ALARM, name))
            except Missing:
                continue
            if alarm.status.get("StateValue") == "ALARM" or alarm.status.get("_rang", -1.0) >= began:
                return name
        return None

    def _observe(self, record: Record) -> Observed:
        following, live = self._units(record)
        next_health: dict[str, Health] = {one.handle: self._upkeep.health(one) for one in following}
        live_health: dict[str, Health] = {one.handle: self._upkeep.health(one) for one in live}
        known = {*next_health, *live_health}
        others = tuple(one for one in handles(self._platform, record.key) if one not in known)
        rolls, limit = rolling.rolls(record), traffic.limit(record.spec.get("_deployment", {}))
        return Observed(next_health, live_health, others, self._steps(record), self._ringing(record), rolls, limit)

    # Acting.

    async def _act(self, record: Record) -> Again | None:
        seen = self._observe(record)
        act, handles = decide(record, seen, self._now())
        if act == "plan":
            return self._plan(record)
        if act == "start":
            return await asyncio.to_thread(self._start, record, handles)
        if act == "wait":
            self._note_ready(record, seen)
            return Again(LOOK)
        if act == "shift":
            return self._shift(record, seen)
        if act == "bake":
            self._note_ready(record, seen)
            return Again(BAKE_LOOK)
        if act == "baked":
            self._write(record, statuses.baked(record))
            return Again(0)
        if act == "switch":
            self._write(record, statuses.switched(record, list(seen.next), self._now()))
            return Again(0)
        if act == "give_up":
            return await asyncio.to_thread(self._give_up, record, handles)
        if act == "roll_back":
            return self._end(record, f"The deployment was rolled back: the alarm {seen.ringing} went to state ALARM.")
        if act == "too_late":
            limit = f"{seen.limit:g} seconds (MaximumExecutionTimeoutInSeconds)"
            return self._end(record, f"The deployment took longer than its {limit}.")
        if act == "returned":
            return self._returned(record)
        if act == "stop_returning":
            self._write(record, statuses.failed(record, record.status["_back"]["Reason"]))
            return Again(0)
        if act == "drop":
            return await self._drop(record, seen, handles)
        if act == "restart":
            return await asyncio.to_thread(self._restart, record, seen, handles)
        if act == "remove":
            self._platform.store.delete(record)
            return None
        self._note_ready(record, seen)
        awake = self._units(record)[1]
        asleep = planning.asleep(record, awake)
        await asyncio.to_thread(self._upkeep.rest, record, awake, asleep)
        if "_stuck" in record.status:
            self._write(self._platform.store.get(record.key), statuses.unstuck(record))
        return Again(SAMPLE)

    def _now(self) -> float:
        return self._platform.clock()

    def _write(self, record: Record, status: Mapping[str, Any]) -> Record:
        return self._platform.store.write(record, now=self._now(), status=dict(status))

    def _plan(self, record: Record) -> Again:
        try:
            plan = self._make(self._platform, record)
        except PlanError as error:
            self._write(record, statuses.failed(record, str(error)))
        else:
            self._write(record, statuses.planned(record, plan, self._now()))
        return Again(0)

    def _find(self, record: Record, handles: Sequence[str]) -> list[Unit]:
        following, live = self._units(record)
        return [one for one in (*following, *live) if one.handle in handles]

    def _start(self, record: Record, handles: Sequence[str]) -> Again:
        try:
            self._upkeep.start(record, self._find(record, handles))
        except PlanError as error:
            return self._end(self._platform.store.get(record.key), str(error))
        return Again(0)

    def _end(self, record: Record, reason: str) -> Again:
        """The deployment is given up."""
        if rolling.must_return(record):
            self._write(record, statuses.returning(record, reason, self._now()))
        else:
            self._write(record, statuses.failed(record, reason))
        return Again(0)

    def _returned(self, record: Record) -> Again:
        way, at = rolling.back(record, self._steps(record)), record.status["_back"]["Step"]
        if at + 1 < len(way):
            self._write(record, statuses.returned(record, way[at].share, self._now()))
        else:
            self._write(record, statuses.failed(record, record.status["_back"]["Reason"]))
        return Again(0)

    def _shift(self, record: Record, seen: Observed) -> Again:
        self._note_ready(record, seen)
        record = self._platform.store.get(record.key)
        shift = record.status.get("_shift")
        step = 0 if shift is None else shift["Step"] + 1
        self._write(record, statuses.shifted(record, step, seen.steps[step].share, self._now()))
        return Again(min(BAKE_LOOK, seen.steps[step].wait))

    def _give_up(self, record: Record, handles: Sequence[str]) -> Again:
        reason = self._upkeep.why(record, self._find(record, handles)[0])
        self._upkeep.keep_logs(handles)
        return self._end(record, reason)

    def _note_ready(self, record: Record, seen: Observed) -> Record:
        known = {**seen.next, **seen.live}
        waits = self._upkeep.waits([handle for handle, health in known.items() if health == "starting"])
        if not record.status.get("_live"):
            status = statuses.waiting(record.status, waits)
            return self._write(record, status) if status != record.status else record
        ready = [handle for handle, health in known.items() if health == "ready"]
        return self._write(record, statuses.waiting(statuses.noted(record, ready), waits))

    async def _drop(self, record: Record, seen: Observed, handles: Sequence[str]) -> Again:
        if record.deleting:
            if record.status.get(statuses.word(record)) != "Deleting":
                self._write(record, {**record.status, statuses.word(record): "Deleting", "_ready": []})
        else:
            # The router must have let go of them first.
            record = self._note_ready(record, seen)
            wait = SWITCH_GRACE - (self._now() - record.modified)
            if wait > 0 and any(self._platform.runner.poll(one).phase == "running" for one in handles):
                return Again(wait)
        await asyncio.to_thread(self._upkeep.drop, handles)
        return Again(0)

    def _restart(self, record: Record, seen: Observed, handles: Sequence[str]) -> Again:
        record = self._note_ready(record, seen)

        def say(reason: str) -> None:
            seen_now = self._platform.store.get(record.key)
            self._write(seen_now, {**seen_now.status, "FailureReason": reason})

        return Again(self._upkeep.restart(record, self._find(record, handles), say))
