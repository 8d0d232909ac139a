"""Writes what runs into the meter: at every change the runner tells of, every few seconds for what goes on, and before
anything of an ended group is removed. Level-triggered: each look reads the runner's own starts and ends, which lie on disk.

MeteredRunner is the runner everybody else uses; a group leaves the machine only after its last second was counted.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from studiolo.base.clock import Clock
from studiolo.base.record import Key, Record
from studiolo.meter.protocol import Meter, MeterFull, Stretch
from studiolo.run import protocol
from studiolo.run.protocol import Group, GroupState, Machine, MemberState, Runner, Usage
from studiolo.services.metering.prices import prices
from studiolo.services.metering.subject import subject
from studiolo.store.protocol import Missing, Store

log = logging.getLogger(__name__)

PERIOD = 15.0
KILL_WAIT = 5.0
TIDY, KEPT = 3600.0, 86_400.0
"""How often stretches are dropped that nobody can tell of again, and how old those are."""
WHOLE = {"App": ("Space", "{DomainId}/{SpaceName}"), "FunctionInvocation": ("Function", "{Function}")}
"""Of what a record is one life: the kind, and the name as its spec says it."""


def written(path: Path) -> float:
    """When a log was last written to; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def end_of(member: MemberState, seen: float | None, now: float) -> float:
    """Up to when a member ran. One that was lost while nobody looked is found dead long after: then it counts up to the
    last sign of life, since nobody should pay for a machine that was off."""
    if member.phase == "running":
        return max(now, member.started)
    ended = member.ended if member.ended is not None else now
    alive = max(seen or 0.0, member.started, min(written(member.log), ended))
    if member.reason == "lost" and ended - alive > 3 * PERIOD:
        return alive
    return max(ended, member.started)


class Metering:
    def __init__(self, store: Store, runner: Runner, meter: Meter, clock: Clock) -> None:
        self._store, self._runner, self._meter, self._clock = store, runner, meter, clock
        self._unwritten: list[Stretch] = []
        """What a full disk did not take, of groups that are gone."""
        self._lock = threading.Lock()
        self._told = set[str]()
        self._owners: dict[str, Record] = {}
        self._wake = threading.Event()
        self._closed = False
        self._looked = 0.0
        self._tidy = 0.0

    # Looking.

    def remember(self, handle: str) -> None:
        """Whose a group is, before it starts: the record of something short is gone before its end is looked at."""
        record = self._record(handle)
        if record is not None:
            self._owners[handle] = record

    def dismiss(self, handle: str) -> None:
        self._owners.pop(handle, None)

    def _record(self, handle: str) -> Record | None:
        try:
            record = self._store.get(Key.of_handle(handle))
        except (Missing, ValueError):
            return None
        # An app is metered under the tags of its space, too, and an invocation under its function's.
        whole = WHOLE.get(record.key.kind)
        if whole is None:
            return record
        kind, form = whole
        try:
            tags = self._store.get(Key(record.key.project, kind, form.format_map(record.spec))).tags
        except (Missing, KeyError):
            return record
        return replace(record, tags={**tags, **record.tags})

    def stretches(self, handle: str, price: Mapping[str, float], now: float) -> Iterator[Stretch]:
        record = None
        for member in self._runner.poll(handle).members:
            if not member.ran:
                continue
            record = record or self._record(handle) or self._owners.get(handle)
            described = subject(handle, member.name, record)
            if described is None:
                return
            whose, units = described
            start = round(member.started, 3)
            seen = self._meter.seen(handle, member.name, start)
            end = end_of(member, seen, now)
            closed = member.phase == "exited"
            yield Stretch(handle, member.name, start, end, closed, whose, units, price.get(whose.type, 0.0))

    def look(self, handles: Sequence[str]) -> None:
        """Counts what of them was not counted yet. Raises MeterFull."""
        now, price = self._clock(), prices(self._store)
        found = [one for handle in handles for one in self.stretches(handle, price, now)]
        with self._lock:
            self._meter.record([*self._unwritten, *found])
            self._unwritten.clear()

    def look_at_all(self) -> None:
        """Everything there is; and what is counted as running and is not there any more is closed."""
        before = self._meter.running()
        handles = self._runner.handles()
        self.look(handles)
        there = set(handles)
        self._meter.close_off([one for one in before if one.handle not in there])
        self._looked = time.monotonic()
        if self._looked > self._tidy:
            self._tidy = self._looked + TIDY
            self._meter.forget(self._clock() - KEPT, handles)

    def last_look(self, handle: str) -> None:
        """Before the group is removed. A full disk must not keep it from being removed: that may free it."""
        now, price = self._clock(), prices(self._store)
        found = list(self.stretches(handle, price, now))
        try:
            with self._lock:
                self._meter.record(found)
        except MeterFull:
            log.warning("the disk is full: the use of %s is kept in memory until it can be written", handle)
            with self._lock:
                self._unwritten += found

    def refresh(self) -> None:
        """For a question: as it is now, at most once a second."""
        if time.monotonic() - self._looked > 1.0:
            with contextlib.suppress(MeterFull):
                self.look_at_all()

    # The thread that looks.

    def _hear(self, handle: str) -> None:
        self._told.add(handle)
        self._wake.set()

    def _run(self) -> None:
        due = 0.0
        while not self._closed:
            try:
                if time.monotonic() >= due:
                    due = time.monotonic() + PERIOD
                    self.look_at_all()
                else:
                    told = [self._told.pop() for _ in range(len(self._told))]
                    self.look(told)
            except MeterFull:
                pass
            except Exception:
                log.exception("metering failed; again in %.0f s", PERIOD)
            self._wake.wait(max(0.1, due - time.monotonic()))
            self._wake.clear()
            # Many changes come together.
            time.sleep(0.05)

    async def start(self) -> None:
        self._unwatch = self._runner.watch(self._hear)
        self._thread = threading.Thread(target=self._run, name="metering", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        self._unwatch()
        self._closed = True
        self._wake.set()
        await asyncio.to_thread(self._thread.join, 5)


class MeteredRunner(protocol.Runner):
    """The runner behind it, which forgets nothing that was not counted."""

    def __init__(self, runner: Runner, metering: Metering) -> None:
        self._runner, self.metering = runner, metering

    def remove(self, handle: str) -> None:
        if self._runner.poll(handle).phase in ("running", "waiting"):
            self._runner.stop(handle, 0)
            deadline = time.monotonic() + KILL_WAIT
            while self._runner.poll(handle).phase == "running" and time.monotonic() < deadline:
                time.sleep(0.01)
        self.metering.last_look(handle)
        self._runner.remove(handle)
        self.metering.dismiss(handle)

    def folder(self, handle: str) -> Path:
        return self._runner.folder(handle)

    def has_folder(self, handle: str) -> bool:
        return self._runner.has_folder(handle)

    def start(self, group: Group) -> None:
        self.metering.remember(group.handle)
        self._runner.start(group)

    def warm(self, environment: Path | None, modules: Sequence[str]) -> None:
        self._runner.warm(environment, modules)

    def poll(self, handle: str) -> GroupState:
        return self._runner.poll(handle)

    def stop(self, handle: str, grace: float | None = None) -> None:
        self._runner.stop(handle, grace)

    def signal(self, handle: str, member: str, signal: int) -> None:
        self._runner.signal(handle, member, signal)

    def usage(self, handle: str) -> Sequence[Usage]:
        return self._runner.usage(handle)

    def handles(self) -> Sequence[str]:
        return self._runner.handles()

    def places(self) -> Collection[Path]:
        return self._runner.places()

    def machine(self) -> Machine:
        return self._runner.machine()

    def watch(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        return self._runner.watch(watcher)

    def close(self) -> None:
        self._runner.close()
