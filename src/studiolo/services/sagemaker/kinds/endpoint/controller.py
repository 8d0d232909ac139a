"""Brings endpoints into service and keeps them there, one step a call; decide.py says which."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.run.protocol import GroupState
from studiolo.series import logs
from studiolo.series.protocol import Point
from studiolo.services.logs import archive
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.kinds.endpoint import plan as planning
from studiolo.services.sagemaker.kinds.endpoint.decide import Health, Observed, decide, summary
from studiolo.services.sagemaker.kinds.endpoint.plan import Instance, PlanError
from studiolo.services.sagemaker.kinds.endpoint.prepare import DRAIN, group
from studiolo.store.protocol import Missing, Query, Stale

LOOK_SOON, LOOK_LATER = 0.015, 0.25
SAMPLE = 2.0
SWITCH_GRACE = 1.0
"""Seconds an old generation goes on serving after the switch, for requests that were routed just before."""
MAX_BACKOFF = 60.0


class EndpointController:
    kind = "Endpoint"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._crashes: dict[str, tuple[int, float]] = {}
        self._used: dict[str, tuple[float, float]] = {}
        self._sampled: dict[Key, float] = {}

    def keys(self) -> Sequence[Key]:
        found: set[Key] = set()
        token = None
        while True:
            page = self._platform.store.query(Query(self.kind, None, limit=500, token=token))
            found |= {record.key for record in page.records}
            token = page.token
            if token is None:
                break
        found |= {Key.of_handle(one) for one in self._platform.runner.handles() if one.startswith(f"{self.kind}/")}
        return sorted(found)

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            await asyncio.to_thread(self._drop, self._handles(key))
            return None
        try:
            return await self._act(record)
        except Stale:
            return Again(0)

    # Looking.

    def _handles(self, key: Key) -> list[str]:
        prefix = f"{key.handle()}/"
        return [one for one in self._platform.runner.handles() if one.startswith(prefix)]

    def _health(self, one: Instance) -> Health:
        state = self._platform.runner.poll(one.handle)
        if state.phase == "absent":
            return "absent"
        if state.phase == "exited":
            return "failed"
        if state.folder is not None and (state.folder / "ml" / "run" / "ready").exists():
            return "ready"
        if state.phase == "running" and time.time() - state.members[0].started > one.variant["Startup"]:
            return "failed"
        return "starting"

    def _observe(self, record: Record) -> Observed:
        following, live = record.status.get("_next"), record.status.get("_live")
        next_health: dict[str, Health] = {
            one.handle: self._health(one) for one in planning.instances(record.key, following)
        }
        live_health: dict[str, Health] = {one.handle: self._health(one) for one in planning.instances(record.key, live)}
        known = {*next_health, *live_health}
        return Observed(next_health, live_health, tuple(one for one in self._handles(record.key) if one not in known))

    # Acting.

    async def _act(self, record: Record) -> Again | None:
        seen = self._observe(record)
        act, handles = decide(record, seen)
        if act == "plan":
            return self._plan(record)
        if act == "start":
            return await asyncio.to_thread(self._start, record, handles)
        if act == "wait":
            self._note_ready(record, seen)
            return Again(self._patience(record))
        if act == "switch":
            return self._switch(record)
        if act == "give_up":
            return await asyncio.to_thread(self._give_up, record, handles)
        if act == "drop":
            wait = SWITCH_GRACE - (self._now() - record.status.get("_switched", 0))
            if wait > 0 and not record.deleting:
                return Again(wait)
            if record.deleting and record.status.get("EndpointStatus") != "Deleting":
                record = self._write(record, {**record.status, "EndpointStatus": "Deleting", "_ready": []})
            await asyncio.to_thread(self._drop, handles)
            return Again(0)
        if act == "restart":
            return await asyncio.to_thread(self._restart, record, seen, handles)
        if act == "remove":
            self._platform.store.delete(record)
            return None
        self._note_ready(record, seen)
        await asyncio.to_thread(self._sample, record)
        return Again(SAMPLE)

    def _now(self) -> float:
        return self._platform.clock()

    def _write(self, record: Record, status: Mapping[str, Any]) -> Record:
        return self._platform.store.write(record, now=self._now(), status=dict(status))

    def _patience(self, record: Record) -> float:
        return LOOK_SOON if self._now() - record.status.get("_planned", 0) < 20 else LOOK_LATER

    def _plan(self, record: Record) -> Again:
        word = "Updating" if record.status.get("_live") else "Creating"
        try:
            plan = {**planning.make(self._platform, record), "Since": self._now()}
        except PlanError as error:
            self._settle_failed(record, str(error))
            return Again(0)
        status = {name: value for name, value in record.status.items() if name != "FailureReason"}
        new = {**status, "EndpointStatus": word, "_next": plan, "_planned": self._now()}
        if word == "Creating":
            new["ProductionVariants"] = summary(plan, {})
        self._write(record, new)
        return Again(0)

    def _find(self, record: Record, handles: Sequence[str]) -> list[Instance]:
        every = [
            *planning.instances(record.key, record.status.get("_next")),
            *planning.instances(record.key, record.status.get("_live")),
        ]
        return [one for one in every if one.handle in handles]

    def _start(self, record: Record, handles: Sequence[str]) -> Again:
        try:
            for one in self._find(record, handles):
                self._platform.runner.start(group(self._platform, record, one))
        except PlanError as error:
            self._settle_failed(self._platform.store.get(record.key), str(error))
        return Again(0)

    def _settle_failed(self, record: Record, reason: str) -> None:
        """The old generation stays in service; without one the endpoint has failed."""
        live = record.status.get("_live")
        new = {
            **record.status,
            "EndpointStatus": "InService" if live else "Failed",
            "FailureReason": reason[:1024],
            "_settled": record.spec["_generation"],
        }
        new.pop("_next", None)
        self._write(record, new)

    def _give_up(self, record: Record, handles: Sequence[str]) -> Again:
        one = self._find(record, handles)[0]
        state = self._platform.runner.poll(one.handle)
        reason = self._why(one, state)
        for handle in handles:
            archive.keep(self._platform, handle)
        self._settle_failed(record, reason)
        return Again(0)

    def _why(self, one: Instance, state: GroupState) -> str:
        name = one.variant["VariantName"]
        if not state.members:
            return f"The variant {name} could not be started."
        member = state.members[0]
        if state.phase != "exited":
            return f"The primary container for production variant {name} did not pass the ping health check in time."
        if member.reason == "out_of_memory":
            return f"The primary container for production variant {name} used more memory than its instance type has."
        last = "\n".join(logs.tail(member.log, 12))
        return f"The primary container for production variant {name} could not be started: {member.message or last}"

    def _switch(self, record: Record) -> Again:
        plan = record.status["_next"]
        weights = {one["VariantName"]: one["Weight"] for one in plan["Variants"]}
        new = {
            **record.status,
            "EndpointStatus": "InService",
            "EndpointConfigName": plan["Config"],
            "ProductionVariants": summary(plan, weights),
            "_live": plan,
            "_weights": weights,
            "_ready": [one.handle for one in planning.instances(record.key, plan)],
            "_settled": plan["Generation"],
            "_switched": self._now() if record.status.get("_live") else 0,
        }
        new.pop("_next", None)
        self._write(record, new)
        return Again(0)

    def _note_ready(self, record: Record, seen: Observed) -> None:
        if record.status.get("_live"):
            ready = [handle for handle, health in seen.live.items() if health == "ready"]
            self._write(record, {**record.status, "_ready": ready})

    def _drop(self, handles: Sequence[str]) -> None:
        for handle in handles:
            self._platform.runner.stop(handle, DRAIN)
        deadline = time.monotonic() + DRAIN + 2
        for handle in handles:
            while self._platform.runner.poll(handle).phase in ("running", "waiting") and time.monotonic() < deadline:
                time.sleep(0.02)
            archive.keep(self._platform, handle)
            self._platform.runner.remove(handle)
            self._crashes.pop(handle, None)

    def _restart(self, record: Record, seen: Observed, handles: Sequence[str]) -> Again:
        """What crashed is started anew, later each time it does so soon."""
        self._note_ready(record, seen)
        record = self._platform.store.get(record.key)
        wait = MAX_BACKOFF
        for one in self._find(record, handles):
            count, last = self._crashes.get(one.handle, (0, 0.0))
            due = last + min(MAX_BACKOFF, 0.5 * 2**count) if count else 0.0
            if self._now() < due:
                wait = min(wait, due - self._now())
                continue
            recent = self._now() - last < 120
            self._crashes[one.handle] = (count + 1 if recent else 1, self._now())
            archive.keep(self._platform, one.handle)
            self._platform.runner.remove(one.handle)
            try:
                self._platform.runner.start(group(self._platform, record, one))
            except PlanError as error:
                self._write(self._platform.store.get(record.key), {**record.status, "FailureReason": str(error)[:1024]})
                continue
            wait = 0.05
        return Again(wait)

    def _sample(self, record: Record) -> None:
        now = time.time()
        if now - self._sampled.get(record.key, 0) < SAMPLE * 0.8:
            return
        self._sampled[record.key] = now
        points: list[Point] = []
        resource = record.key.handle()
        for one in planning.instances(record.key, record.status.get("_live")):
            for used in self._platform.runner.usage(one.handle):
                before = self._used.get(one.handle)
                self._used[one.handle] = (now, used.cpu_seconds)
                points.append(Point(resource, "system/memory", now, used.memory, one.name))
                if before and now > before[0]:
                    percent = max(0.0, used.cpu_seconds - before[1]) / (now - before[0]) * 100
                    points.append(Point(resource, "system/cpu", now, percent, one.name))
        self._platform.series.append(points)
