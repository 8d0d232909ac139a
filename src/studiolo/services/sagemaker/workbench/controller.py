"""Brings apps up, watches that they go on, and takes them down, one step a call; decide.py says which."""

import asyncio
import shutil
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
from studiolo.services.sagemaker.workbench import domains, kernels, launch, names, settings
from studiolo.services.sagemaker.workbench.asking import Activity, activity
from studiolo.services.sagemaker.workbench.decide import Act, Observed, decide
from studiolo.services.sagemaker.workbench.types import image_of, tools_of
from studiolo.store.protocol import Missing, Stale

LOOK = 0.1
"""Between two looks at an app that somebody waits for."""
WATCH = 5.0
WAITING = 2.0
NOTED = 60.0
"""Seconds by which the last activity in a record may be behind."""


class AppController:
    kind = names.APP

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._usage = Sampler(platform)

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind, (None,))

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            for handle in handles(self._platform, key):
                await asyncio.to_thread(self._drop, handle)
            return None
        try:
            seen, known = await self._observe(record)
            return await self._act(decide(record, seen, self._now()), record, seen, known)
        except (Stale, Missing):
            return Again(0)

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        try:
            record = self._platform.store.get(key)
            if record.status.get("Status") not in names.OVER:
                self._write(record, self._failed(record, reason("app", error, failures)))
        except (Missing, Stale):
            return

    # Looking.

    def _space(self, record: Record) -> Record:
        """Raises Missing."""
        spec = record.spec
        return self._platform.store.get(names.space_key(record.key.project, spec["DomainId"], spec["SpaceName"]))

    async def _observe(self, record: Record) -> tuple[Observed, Activity | None]:
        runner, handle = self._platform.runner, launch.handle_of(record)
        group = runner.poll(handle)
        known = None
        if group.phase == "running" and record.status.get("Status") in ("Pending", "InService"):
            known = await activity(launch.socket_of(self._platform, record), record.spec["AppType"], self._base(record))
        identity, user = self._platform.identity, record.spec["_user"]
        return Observed(
            group,
            tuple(one for one in handles(self._platform, record.key) if one != handle),
            known is not None,
            runner.has_folder(handle),
            identity is None or identity.caller(user, record.key.project) is not None,
            self._is_idle(record, known),
        ), known

    def _base(self, record: Record) -> str:
        return f"/spaces/{record.key.project}/{record.spec['SpaceName'].lower()}/"

    def _is_idle(self, record: Record, known: Activity | None) -> bool:
        if record.status.get("Status") != "InService" or known is None or known.busy:
            return False
        try:
            where = domains.places_of(self._platform, self._space(record))
        except Missing:
            return False
        seconds = settings.idle_seconds(record.spec["AppType"], where)
        since = max(known.last, record.status.get("_served", 0.0))
        return seconds is not None and self._now() - since > seconds

    # Acting.

    async def _act(self, act: Act, record: Record, seen: Observed, known: Activity | None) -> Again | None:
        status = record.status
        if act == "drop":
            for handle in seen.others:
                await asyncio.to_thread(self._drop, handle)
            return Again(0)
        if act == "renew":
            self._revoke(record)
            born = {"Status": "Pending", "_generation": record.spec["_generation"], "_message": "Starting"}
            self._write(record, born)
            return Again(0)
        if act == "start":
            return await asyncio.to_thread(self._start, record)
        if act == "note_waiting":
            self._write(record, {**status, "_message": seen.group.reason})
            return Again(WAITING)
        if act == "look":
            self._write(record, {**status, "_message": "Waiting for the app to answer"})
            return Again(LOOK)
        if act == "serve":
            ready = {name: value for name, value in status.items() if name != "_message"}
            now = self._now()
            ready |= {
                "Status": "InService",
                "LastHealthCheckTimestamp": now,
                "LastUserActivityTimestamp": now,
                "_served": now,
            }
            if seen.group.clamped:
                ready["_message"] = seen.group.clamped
            self._write(record, ready)
            return Again(WATCH)
        if act == "watch":
            return await asyncio.to_thread(self._watch, record, known)
        if act in ("give_up", "fail"):
            return await asyncio.to_thread(self._fail, record, seen.group, act == "give_up")
        if act in ("idle", "note_stopping"):
            said = {"_message": "Stopped because nobody used it"} if act == "idle" else {}
            self._write(record, {**status, **said, "Status": "Deleting", "_stopping": True})
            return Again(0)
        if act == "stop":
            self._platform.runner.stop(launch.handle_of(record), launch.GRACE)
            self._write(record, {**status, "_stop_sent": self._now()})
            return Again(WATCH)
        if act == "wait":
            return Again(WATCH)
        if act == "clean":
            self._revoke(record)
            await asyncio.to_thread(self._drop, launch.handle_of(record))
            return Again(0)
        if act == "deleted":
            self._revoke(record)
            kept = {
                name: status[name]
                for name in ("_generation", "_message", "LastUserActivityTimestamp")
                if name in status
            }
            self._write(record, {**kept, "Status": "Deleted", "_ended": self._now()})
            return None
        if act == "forget":
            archive.drop(self._platform, launch.handle_of(record))
            self._platform.store.delete(record)
        return None

    def _now(self) -> float:
        return self._platform.clock()

    def _write(self, record: Record, status: Mapping[str, Any]) -> Record:
        return self._platform.store.write(record, now=self._now(), status=dict(status))

    def _start(self, record: Record) -> Again:
        try:
            space = self._space(record)
        except Missing:
            self._write(record, self._failed(record, "The space is gone."))
            return Again(0)

        def say(message: str) -> None:
            try:
                seen = self._platform.store.get(record.key)
                if seen.spec["_generation"] == record.spec["_generation"]:
                    self._write(seen, {**seen.status, "_message": message})
            except (Stale, Missing):
                pass

        type = record.spec["AppType"]
        try:
            environment = self._platform.environments.ensure(image_of(type), None, progress=say)
            tools = [self._platform.environments.ensure(one, None, progress=say) for one in tools_of(type)]
        except EnvironmentError_ as error:
            self._write(
                self._platform.store.get(record.key),
                self._failed(record, f"The environment could not be made: {error}"),
            )
            return Again(0)
        where = domains.places_of(self._platform, space)
        wanted = kernels.wanted(self._platform, record.key.project, where) if type == "JupyterLab" else []
        own = kernels.make(self._platform, wanted, say)
        record = self._platform.store.get(record.key)
        if "_stop" in record.spec or record.status.get("Status") != "Pending":
            return Again(0)
        self._revoke(record)
        launch.prepare(self._platform, record, space, own)
        key, variables = launch.grant(self._platform, record, space)
        record = self._write(record, {**record.status, "_key": key, "_message": "Starting the app"})
        group = launch.group(self._platform, record, space, environment, variables, own, tools)
        self._platform.runner.start(group)
        return Again(LOOK)

    def _watch(self, record: Record, known: Activity | None) -> Again:
        self._usage.sample(launch.handle_of(record))
        noted = record.status.get("LastUserActivityTimestamp", 0.0)
        if known is not None and known.last - noted > NOTED:
            now = self._now()
            self._write(
                record, {**record.status, "LastUserActivityTimestamp": known.last, "LastHealthCheckTimestamp": now}
            )
        return Again(WATCH)

    def _failed(self, record: Record, why: str) -> dict[str, Any]:
        kept = {name: record.status[name] for name in ("_generation", "_key") if name in record.status}
        return {**kept, "Status": "Failed", "FailureReason": why[:MAX_REASON], "_ended": self._now()}

    def _fail(self, record: Record, group: GroupState, late: bool) -> Again:
        why = "The app did not answer in time; its log tells what it was doing."
        if not late:
            why = self._why(record, group)
        self._write(record, self._failed(record, why))
        return Again(0)

    def _why(self, record: Record, group: GroupState) -> str:
        if not group.members:
            return "The app is gone without a trace: the machine was cleaned. Start it again."
        (member, *_) = group.members
        if member.reason == "out_of_memory":
            size = record.spec["ResourceSpec"]["InstanceType"]
            return f"The app used more memory than {size} has, and was ended. Start it again on a larger instance type."
        if member.reason in ("lost", "start_failed"):
            return member.message
        written = launch.socket_of(self._platform, record).with_name("failure")
        if written.is_file() and not written.is_symlink():
            return written.read_text(errors="replace").strip()
        last = "\n".join(logs.tail(member.log, 10))
        return f"The app ended with exit code {member.exit_code}." + (f"\n{last}" if last else "")

    def _revoke(self, record: Record) -> None:
        key = record.status.get("_key")
        if key and self._platform.identity is not None:
            self._platform.identity.revoke(key)

    def _drop(self, handle: str) -> None:
        archive.keep(self._platform, handle)
        self._usage.forget(handle)
        self._platform.runner.remove(handle)


class SpaceController:
    """Takes a deleted space's files away; a space that is there needs nothing."""

    kind = names.SPACE

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind, ("Deleting",))

    async def reconcile(self, key: Key) -> Again | None:
        try:
            space = self._platform.store.get(key)
        except Missing:
            return None
        if not space.deleting:
            return None
        every = names.apps_of(self._platform, key.project, space.spec["DomainId"], space.spec["SpaceName"])
        if any(self._platform.runner.has_folder(launch.handle_of(one)) for one in every):
            # An app that has just ended is being cleared away.
            return Again(0.5)
        try:
            for one in every:
                archive.drop(self._platform, launch.handle_of(one))
                self._platform.store.delete(one)
            await asyncio.to_thread(shutil.rmtree, names.home_of(self._platform, space), True)
            self._platform.store.delete(space)
        except (Stale, Missing):
            return Again(0)
        return None
