"""The process groups of an endpoint: how they are, starting and starting again, putting away, what they use.

Called by the controller, which decides. What blocks is called in a thread.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from studiolo.base.record import Key, Record
from studiolo.run.protocol import GroupState
from studiolo.series import logs
from studiolo.series.protocol import Point
from studiolo.services.logs import archive
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.hosting import plan as planning
from studiolo.services.sagemaker.hosting import reasons
from studiolo.services.sagemaker.hosting.containers import PlanError
from studiolo.services.sagemaker.hosting.decide import Health
from studiolo.services.sagemaker.hosting.instance import DRAIN, group, run_folder
from studiolo.services.sagemaker.hosting.plan import Unit
from studiolo.services.sagemaker.hosting.readiness import Readiness

SAMPLE = 2.0
MAX_BACKOFF = 60.0
STEADY = 120.0
"""Seconds between two crashes after which the second counts as a first one."""


class Upkeep:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._crashes: dict[str, tuple[int, float]] = {}
        self._used: dict[str, tuple[float, float]] = {}
        self._sampled: dict[Key, float] = {}
        self._warm: dict[str, tuple[Path | None, Sequence[str]]] = {}
        """Handle -> the environment and modules it was last started with."""
        self._readiness = Readiness(platform.demand.wake)

    def health(self, one: Unit) -> Health:
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

    def waits(self, handles: Sequence[str]) -> str:
        """For what the first of them that waits does so; nothing where none has to."""
        states = (self._platform.runner.poll(one) for one in handles)
        return next((one.reason for one in states if one.phase == "waiting"), "")

    def start(self, record: Record, units: Sequence[Unit]) -> None:
        """Raises PlanError."""
        for one in units:
            self._launch(record, one)

    def _launch(self, record: Record, one: Unit) -> None:
        described = group(self._platform, planning.serving(record, one))
        self._warm[one.handle] = described.environment, described.warm
        self._readiness.expect(run_folder(self._platform, one.handle), one.handle)
        self._platform.runner.start(described)

    def keep_warm(self, units: Sequence[Unit]) -> None:
        """Those that sleep come up fast when somebody asks."""
        for one in units:
            known = self._warm.get(one.handle)
            if known is None:
                ready = self._platform.environments.ready(one.container["Image"])
                known = self._warm[one.handle] = (ready.prefix, ready.warm) if ready else (None, ())
            self._platform.runner.warm(*known)

    def restart(self, record: Record, units: Sequence[Unit], say: Callable[[str], None]) -> float:
        """What is gone is started anew, later each time it crashes soon; seconds until there is something to do again."""
        wait, now = MAX_BACKOFF, self._platform.clock()
        for one in units:
            crashed = self._platform.runner.poll(one.handle).phase != "absent"
            count, last = self._crashes.get(one.handle, (0, 0.0))
            due = last + min(MAX_BACKOFF, 0.5 * 2**count) if count else 0.0
            if now < due:
                wait = min(wait, due - now)
                continue
            if crashed:
                self._crashes[one.handle] = (count + 1 if now - last < STEADY else 1, now)
                archive.keep(self._platform, one.handle)
                self._platform.runner.remove(one.handle)
            try:
                self._launch(record, one)
            except PlanError as error:
                self._crashes[one.handle] = (count + 1, now)
                say(str(error)[:1024])
                continue
            wait = 0.0
        return wait

    def why(self, record: Record, one: Unit) -> str:
        """The FailureReason of a unit that did not come up."""
        state: GroupState = self._platform.runner.poll(one.handle)
        name = f"production variant {one.variant['VariantName']}"
        if one.variant.get("Resources"):
            name = f"inference component {record.key.name}"
        see = f"Its log is in /aws/sagemaker/{record.key.kind}s/{record.key.name}."
        if not state.members:
            return f"The {name} could not be started."
        member, container = state.members[0], "primary" if one.place == 0 else one.container["Name"]
        if state.phase != "exited":
            return f"The {container} container for {name} did not pass the ping health check in time. {see}"
        if member.reason == "out_of_memory":
            return f"The {container} container for {name} used more memory than it may have. {see}"
        said = member.message or reasons.ending(logs.tail(member.log, 80), member.exit_code)
        # The end says where to look, so it is not what is cut off.
        return f"The {container} container for {name} could not be started: {said[:700]} {see}"

    def keep_logs(self, handles: Sequence[str]) -> None:
        for handle in handles:
            archive.keep(self._platform, handle)

    def drop(self, handles: Sequence[str]) -> None:
        for handle in handles:
            self._platform.runner.stop(handle, DRAIN)
        deadline = time.monotonic() + DRAIN + 2
        for handle in handles:
            while self._platform.runner.poll(handle).phase in ("running", "waiting") and time.monotonic() < deadline:
                time.sleep(0.02)
            archive.keep(self._platform, handle)
            self._platform.runner.remove(handle)
            self._crashes.pop(handle, None)

    def rest(self, record: Record, awake: Sequence[Unit], asleep: Sequence[Unit]) -> None:
        self.keep_warm(asleep)
        self.sample(record, awake)

    def sample(self, record: Record, units: Sequence[Unit]) -> None:
        """Writes what they use to the series."""
        now = time.time()
        if now - self._sampled.get(record.key, 0) < SAMPLE * 0.8:
            return
        self._sampled[record.key] = now
        points: list[Point] = []
        resource = record.key.handle()
        for one in units:
            for used in self._platform.runner.usage(one.handle):
                before = self._used.get(one.handle)
                self._used[one.handle] = (now, used.cpu_seconds)
                points.append(Point(resource, "system/memory", now, used.memory, one.name))
                if before and now > before[0]:
                    percent = max(0.0, used.cpu_seconds - before[1]) / (now - before[0]) * 100
                    points.append(Point(resource, "system/cpu", now, percent, one.name))
        self._platform.series.append(points)
