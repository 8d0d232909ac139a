"""Wakes tracking servers that somebody asks, puts to sleep those nobody does, and takes down what is stopped or deleted, one step
a call; decide.py says which."""

import asyncio
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.run.protocol import EnvironmentError_, GroupState
from studiolo.series import logs
from studiolo.services.logs import archive
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.failing import MAX_REASON, reason
from studiolo.services.sagemaker.jobs.usage import Sampler
from studiolo.services.sagemaker.keys import handles, unfinished
from studiolo.services.sagemaker.tracking import asking, launch, names
from studiolo.services.sagemaker.tracking.decide import Act, Observed, decide
from studiolo.store.protocol import Missing, Stale

MOVING = ("Creating", "Starting", "Updating", "Stopping", "Deleting")
FAILED = {"Created": "CreateFailed", "Started": "StartFailed", "Updated": "UpdateFailed"}
LOOK, WATCH = 0.2, 5.0


def idle_seconds() -> float:
    """Without a request, after which a server sleeps."""
    return float(os.environ.get("STUDIOLO_MLFLOW_IDLE_SECONDS") or 900)


class TrackingServerController:
    kind = names.KIND

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._usage = Sampler(platform)
        self._since: dict[Key, float] = {}
        """When a server was first looked at: a studio that has just started knows of no requests."""

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind, MOVING)

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            for handle in handles(self._platform, key):
                await asyncio.to_thread(self._drop, handle)
            return None
        try:
            seen = await self._observe(record)
            return await self._act(decide(record, seen, self._platform.clock()), record, seen.group, seen.others)
        except (Stale, Missing):
            return Again(0)

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        try:
            record = self._platform.store.get(key)
            if names.word_of(record) in MOVING and not record.deleting:
                self._write(record, self._told(record, reason("tracking server", error, failures)))
        except (Missing, Stale):
            return

    # Looking.

    async def _observe(self, record: Record) -> Observed:
        runner, handle, project = self._platform.runner, names.handle_of(record), record.key.project
        group, answers = runner.poll(handle), False
        if group.phase == "running" and record.status.get("_starting"):
            answers = await asking.answers(names.socket_of(self._platform, record))
        asked = self._platform.demand.of(record.key.handle(), "")
        now = time.monotonic()
        since = max(asked.last, self._since.setdefault(record.key, now))
        identity = self._platform.identity
        return Observed(
            group,
            tuple(one for one in handles(self._platform, record.key) if one != handle),
            answers,
            runner.has_folder(handle),
            identity is None or identity.caller(record.spec["_by"], project) is not None,
            asked.waiting > 0,
            asked.flying > 0 or now - since < idle_seconds(),
        )

    # Acting.

    async def _act(self, act: Act, record: Record, group: GroupState, others: Sequence[str]) -> Again | None:
        handle, status = names.handle_of(record), record.status
        if act == "drop":
            return await asyncio.to_thread(self._leave, record, others)
        if act == "start":
            return await asyncio.to_thread(self._start, record)
        if act == "look":
            return Again(LOOK)
        if act == "up":
            return await self._up(record)
        if act in ("late", "failed"):
            why = "MLflow did not answer in time." if act == "late" else self._why(group)
            self._write(record, self._told(record, why))
            self._platform.runner.stop(handle, launch.GRACE)
            return Again(LOOK)
        if act == "watch":
            self._usage.sample(handle)
            return Again(WATCH)
        if act == "stop":
            self._platform.runner.stop(handle, launch.GRACE)
            return Again(LOOK)
        if act == "clean":
            self._revoke(record)
            await asyncio.to_thread(self._drop, handle)
            return Again(0)
        if act == "settle":
            kept = {name: status[name] for name in ("MlflowVersion",) if name in status}
            self._write(record, {**kept, "TrackingServerStatus": names.OFF, "_life": record.spec["_life"]})
        if act == "forget":
            await asyncio.to_thread(self._forget, record)
        return None

    def _write(self, record: Record, status: Mapping[str, Any]) -> Record:
        return self._platform.store.write(record, now=self._platform.clock(), status=dict(status))

    def _start(self, record: Record) -> Again:
        def say(message: str) -> None:
            try:
                seen = self._platform.store.get(record.key)
                self._write(seen, {**seen.status, "_message": message})
            except (Stale, Missing):
                pass

        try:
            environment = self._platform.environments.ensure(names.IMAGE, None, progress=say)
        except EnvironmentError_ as error:
            seen = self._platform.store.get(record.key)
            self._write(seen, self._told(seen, f"The environment could not be made: {error}"))
            return Again(0)
        seen = self._platform.store.get(record.key)
        if seen.deleting or seen.spec["_life"] != record.spec["_life"]:
            return Again(0)
        self._revoke(seen)
        launch.prepare(self._platform, seen)
        key, variables = launch.grant(self._platform, seen)
        begun = {**seen.status, "_key": key, "_starting": True, "_message": "Starting MLflow"}
        seen = self._write(seen, begun)
        self._since[record.key] = time.monotonic()
        self._platform.runner.start(launch.group(self._platform, seen, environment, variables))
        return Again(LOOK)

    async def _up(self, record: Record) -> Again:
        version = await asking.version(names.socket_of(self._platform, record))
        spec, status = record.spec, record.status
        kept = {name: status[name] for name in ("_key", "MlflowVersion") if name in status}
        # Waking up is nothing that happened to the server.
        word = status["TrackingServerStatus"] if status.get("_life") == spec["_life"] else spec["_wanted"]
        word = spec["_wanted"] if word.endswith("Failed") else word
        self._write(
            record,
            {
                **kept,
                "TrackingServerStatus": word,
                "_life": spec["_life"],
                **({"MlflowVersion": version} if version else {}),
            },
        )
        return Again(WATCH)

    def _told(self, record: Record, why: str) -> dict[str, Any]:
        """The status after a start that failed; whoever waits reads why."""
        kept = {name: record.status[name] for name in ("_key", "MlflowVersion") if name in record.status}
        return {
            **kept,
            "TrackingServerStatus": FAILED.get(record.spec["_wanted"], "StopFailed"),
            "_life": record.spec["_life"],
            "_failed": {"At": self._platform.clock(), "Why": why[:MAX_REASON]},
        }

    def _why(self, group: GroupState) -> str:
        if not group.members:
            return "MLflow is gone without a trace: the machine was cleaned."
        (member, *_) = group.members
        if member.reason == "out_of_memory":
            return "MLflow used more memory than the server's size has. Choose a larger TrackingServerSize."
        if member.reason in ("lost", "start_failed"):
            return member.message
        last = "\n".join(logs.tail(member.log, 10))
        return f"MLflow ended with exit code {member.exit_code}." + (f"\n{last}" if last else "")

    def _revoke(self, record: Record) -> None:
        key = record.status.get("_key")
        if key and self._platform.identity is not None:
            self._platform.identity.revoke(key)

    def _leave(self, record: Record, others: Sequence[str]) -> Again:
        """Earlier lives: they end what they are about before they go."""
        runner = self._platform.runner
        for one in others:
            if runner.poll(one).phase in ("running", "waiting"):
                runner.stop(one, launch.GRACE)
                return Again(LOOK)
            self._drop(one)
        self._revoke(record)
        return Again(0)

    def _drop(self, handle: str) -> None:
        archive.keep(self._platform, handle)
        self._usage.forget(handle)
        self._platform.runner.remove(handle)

    def _forget(self, record: Record) -> None:
        self._revoke(record)
        self._platform.demand.forget(record.key.handle())
        self._since.pop(record.key, None)
        shutil.rmtree(names.data_of(self._platform, record), ignore_errors=True)
        archive.drop(self._platform, names.handle_of(record))
        self._platform.store.delete(record)
