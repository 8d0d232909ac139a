"""Brings jobs of one process group from their request to their end, one step a call; see decide.py for which step.

TrainingJob and ProcessingJob say by the methods below the line what is theirs: how a status is worded, what is put in place,
what is run, what is kept. Nothing but the record, the runner and the run folder's marks carries state from call to call,
except samples of use, which may be lost.
"""

import asyncio
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from studiolo.base.record import Document, Key, Record
from studiolo.control.protocol import Again
from studiolo.run.protocol import Environment, EnvironmentError_, Group, GroupState
from studiolo.services.logs import archive
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.failing import reason
from studiolo.services.sagemaker.jobs.decide import ENDED, Act, Observed, decide
from studiolo.services.sagemaker.jobs.inputs import Cancelled, InputError
from studiolo.services.sagemaker.jobs.usage import Sampler
from studiolo.services.sagemaker.keys import unfinished
from studiolo.store.protocol import Missing, Stale

GRACE = float(os.environ.get("STUDIOLO_STOP_GRACE_SECONDS", "120"))
WAITING = 2.0


def mark(folder: Path) -> Path:
    """Written when all inputs are in place."""
    return folder / "prepared.json"


class JobController(ABC):
    kind: str

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._usage = Sampler(platform)
        self._state = f"{self.kind}Status"

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind)

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            await asyncio.to_thread(self._forget, key)
            return None
        seen = self._observe(record)
        try:
            return await self._act(decide(record, seen), record, seen)
        except Stale:
            return Again(0)

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        """A job that can't be brought on ends; one that has ended, or is being deleted, stays what it is."""
        try:
            record = self._platform.store.get(key)
            if not record.deleting and record.status[self._state] not in ENDED:
                self._fail(record, reason("job", error, failures))
        except (Missing, Stale):
            return

    # Looking.

    def _folder(self, key: Key) -> Path:
        return self._platform.runner.folder(key.handle())

    def _observe(self, record: Record) -> Observed:
        handle = record.key.handle()
        group, folder = self._platform.runner.poll(handle), self._platform.runner.has_folder(handle)
        prepared = folder and mark(self._folder(record.key)).exists()
        status = record.status
        return Observed(status[self._state], group, prepared, "_harvested" in status, "_stop_sent" in status, folder)

    # Acting.

    async def _act(self, act: Act, record: Record, seen: Observed) -> Again | None:
        if act == "prepare":
            return await asyncio.to_thread(self._prepare, record)
        if act == "start":
            return await asyncio.to_thread(self._start, record)
        if act == "note_waiting":
            self._write(record, self._noted(record.status, "Starting", seen.group.reason))
            return Again(WAITING)
        if act == "note_running":
            return await asyncio.to_thread(self._note_running, record, seen.group)
        if act == "stop":
            return self._stop(record)
        if act == "harvest":
            return await asyncio.to_thread(self._harvest, record, seen.group)
        if act == "finish":
            return await asyncio.to_thread(self._finish, record, seen.group)
        if act == "clean":
            await asyncio.to_thread(self._clean, record.key)
        if act == "delete":
            await asyncio.to_thread(self._forget, record.key)
            self._platform.store.delete(record)
        return None

    def _now(self) -> float:
        return self._platform.clock()

    def _write(self, record: Record, new: Mapping[str, Any]) -> Record:
        return self._platform.store.write(record, now=self._now(), status=dict(new))

    def _fail(self, record: Record, why: str) -> None:
        record = self._platform.store.get(record.key)
        self._write(record, self._failed(record, why))

    def _say(self, record: Record, step: str) -> Callable[[str], None]:
        """Writes progress as the current step's message; a lost race is no matter."""

        def say(message: str) -> None:
            try:
                now = self._platform.store.get(record.key)
                self._write(now, self._noted(now.status, step, message))
            except (Stale, Missing):
                pass

        return say

    def _cancelled(self, key: Key) -> bool:
        try:
            record = self._platform.store.get(key)
        except Missing:
            return True
        return record.deleting or "_stop" in record.spec

    def _prepare(self, record: Record) -> Again:
        record = self._write(record, self._noted(record.status, "Downloading", "Downloading input data"))
        try:
            self._put_in_place(record)
        except InputError as error:
            self._fail(record, str(error))
        except Cancelled:
            pass
        else:
            # What the next look would decide; another turn of the loop is a few milliseconds of a short job.
            return self._start(record)
        return Again(0)

    def _start(self, record: Record) -> Again:
        try:
            environment = self._environment(record)
        except EnvironmentError_ as error:
            self._fail(record, f"ClientError: {error}")
            return Again(0)
        if self._cancelled(record.key):
            return Again(0)
        self._platform.runner.start(self._group(record, environment))
        return Again(0)

    def _stop(self, record: Record) -> Again:
        if "_stop" in record.spec or record.deleting:
            record = self._write(record, self._stopping(record.status))
            self._platform.runner.stop(record.key.handle(), GRACE)
        else:
            # One host failed: the others have nobody to work with.
            self._platform.runner.stop(record.key.handle(), min(GRACE, 10))
        self._write(record, {**record.status, "_stop_sent": self._now()})
        return Again(0)

    def _clean(self, key: Key) -> None:
        """The results are stored and the status is written: what is left on the machine goes."""
        archive.keep(self._platform, key.handle())
        self._platform.runner.remove(key.handle())
        self._usage.forget(key.handle())

    def _forget(self, key: Key) -> None:
        """A deleted job leaves nothing: processes, logs, series."""
        self._platform.runner.remove(key.handle())
        shutil.rmtree(self._folder(key), ignore_errors=True)
        archive.drop(self._platform, key.handle())
        self._platform.series.delete(key.handle())

    # What each kind says.

    @abstractmethod
    def _noted(self, status: Document, step: str, message: str) -> Mapping[str, Any]:
        """The status with a step ("Starting", "Downloading") and what is to be said of it."""

    @abstractmethod
    def _stopping(self, status: Document) -> Mapping[str, Any]: ...

    @abstractmethod
    def _failed(self, record: Record, why: str) -> Mapping[str, Any]:
        """The last status of a job that did not get to its end."""

    @abstractmethod
    def _put_in_place(self, record: Record) -> None:
        """Done twice, it gives the same; it writes the mark last. Raises InputError, Cancelled."""

    @abstractmethod
    def _environment(self, record: Record) -> Environment:
        """Raises EnvironmentError_."""

    @abstractmethod
    def _group(self, record: Record, environment: Environment) -> Group: ...

    @abstractmethod
    def _note_running(self, record: Record, group: GroupState) -> Again: ...

    @abstractmethod
    def _harvest(self, record: Record, group: GroupState) -> Again:
        """Stores what the job leaves, and writes the last status."""

    @abstractmethod
    def _finish(self, record: Record, group: GroupState) -> Again: ...
