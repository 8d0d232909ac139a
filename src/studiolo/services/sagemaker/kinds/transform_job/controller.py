"""Brings transform jobs from their request to their end, one step a call; see decide.py for which step.

Nothing but the record, the runner and the run folder's marks carries state from call to call, except samples of use,
which may be lost.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.run.protocol import EnvironmentError_, GroupState
from studiolo.series import logs
from studiolo.services.logs import archive
from studiolo.services.platform import Platform
from studiolo.services.sagemaker import failing
from studiolo.services.sagemaker.hosting.containers import PlanError
from studiolo.services.sagemaker.jobs.inputs import Cancelled, InputError
from studiolo.services.sagemaker.jobs.usage import Sampler
from studiolo.services.sagemaker.keys import unfinished
from studiolo.services.sagemaker.kinds.transform_job import groups, progress
from studiolo.services.sagemaker.kinds.transform_job.decide import ENDED, Act, Observed, decide, outcome
from studiolo.services.sagemaker.kinds.transform_job.inputs import Inputs, mark
from studiolo.services.sagemaker.kinds.transform_job.outputs import MAX_REASON, OutputError, Outputs, reason
from studiolo.services.sagemaker.kinds.transform_job.spec import hosts_of
from studiolo.store.protocol import Missing, Stale

SAMPLE = 1.0


class TransformJobController:
    kind = "TransformJob"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._usage = Sampler(platform)

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind)

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            await asyncio.to_thread(self._remove, key)
            return None
        seen = self._observe(record)
        try:
            return await asyncio.to_thread(self._act, decide(record, seen), record, seen)
        except Stale:
            return Again(0)

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        try:
            record = self._platform.store.get(key)
            if record.status["TransformJobStatus"] not in ENDED:
                self._finish(record, "Failed", failing.reason("job", error, failures))
        except (Missing, Stale):
            return

    # Looking.

    def _folder(self, key: Key) -> Path:
        return self._platform.runner.folder(key.handle())

    def _observe(self, record: Record) -> Observed:
        handle, runner = record.key.handle(), self._platform.runner
        group, folder = runner.poll(handle), runner.has_folder(handle)
        prepared = folder and mark(self._folder(record.key)).exists()
        left = folder or any(runner.has_folder(sub) for sub, _, _ in groups.further(record))
        return Observed(group, prepared, "_stop_sent" in record.status, left, bool(self._broken(record)))

    def _broken(self, record: Record) -> str:
        """The handle of a further container that has ended though nobody stopped it."""
        for sub, _, _ in groups.further(record):
            state = self._platform.runner.poll(sub)
            if state.phase == "exited" and not any(one.reason == "stopped" for one in state.members):
                return sub
        return ""

    # Acting.

    def _act(self, act: Act, record: Record, seen: Observed) -> Again | None:
        if act == "prepare":
            return self._prepare(record)
        if act == "start":
            return self._start(record)
        if act == "note_waiting":
            return Again(2)
        if act == "note_running":
            return self._note_running(record, seen.group)
        if act == "stop":
            return self._stop(record)
        if act == "harvest":
            return self._harvest(record, seen.group)
        if act == "finish":
            return self._finish(record, "Stopped")
        if act == "clean":
            self._clean(record)
        return None

    def _write(self, record: Record, new: Mapping[str, Any]) -> Record:
        return self._platform.store.write(record, now=self._platform.clock(), status=dict(new))

    def _cancelled(self, key: Key) -> bool:
        try:
            return "_stop" in self._platform.store.get(key).spec
        except Missing:
            return True

    def _prepare(self, record: Record) -> Again:
        try:
            Inputs(self._platform, record, self._folder(record.key), lambda: self._cancelled(record.key)).prepare()
        except InputError as error:
            return self._finish(record, "Failed", str(error))
        except Cancelled:
            pass
        return Again(0)

    def _start(self, record: Record) -> Again:
        """The further containers first, the job's own group last: that one's being there says that all are."""
        try:
            beside = (
                groups.further_groups(self._platform, record) if len(record.spec["_model"]["Containers"]) > 1 else []
            )
            own = groups.own_group(self._platform, record)
        except (PlanError, EnvironmentError_, ApiError) as error:
            text = str(error)
            return self._finish(record, "Failed", text if "Error: " in text[:25] else f"ClientError: {text}")
        if self._cancelled(record.key):
            return Again(0)
        for group in beside:
            self._platform.runner.start(group)
        self._platform.runner.start(own)
        return Again(0)

    def _note_running(self, record: Record, group: GroupState) -> Again:
        new: dict[str, Any] = dict(record.status)
        new.setdefault("TransformStartTime", min(member.started for member in group.members))
        done = self._collect(record)
        if done is not None and done > new.get("_progress", -1.0):
            new["_progress"] = round(done, 4)
        if new != record.status:
            self._write(record, new)
        self._usage.sample(record.key.handle())
        return Again(SAMPLE)

    def _collect(self, record: Record) -> float | None:
        folder = self._folder(record.key)
        return progress.collect(self._platform.series, record.key.handle(), folder, hosts_of(record.spec))

    def _stop(self, record: Record) -> Again:
        self._platform.runner.stop(record.key.handle(), groups.GRACE)
        new: dict[str, Any] = {**record.status, "_stop_sent": self._platform.clock()}
        if "_stop" in record.spec:
            new["TransformJobStatus"] = "Stopping"
        self._write(record, new)
        return Again(0)

    def _harvest(self, record: Record, group: GroupState) -> Again:
        broken = self._broken(record)
        word, why = outcome(record, group.members, bool(broken)), ""
        if group.members and any(one.log.exists() for one in group.members):
            started = min(one.started for one in group.members)
            record = self._write(record, {"TransformStartTime": started, **record.status})
        self._collect(record)
        if word == "Failed":
            why = (
                self._broken_reason(broken)
                if broken
                else reason(self._platform, self._folder(record.key), group.members)
            )
        if word != "Stopped":
            try:
                Outputs(self._platform, record, self._folder(record.key)).store()
            except OutputError as error:
                word, why = "Failed", str(error)
        archive.keep(self._platform, record.key.handle())
        return self._finish(record, word, why)

    def _broken_reason(self, handle: str) -> str:
        members = self._platform.runner.poll(handle).members
        last = "\n".join(logs.tail(members[0].log, 10)) if members else ""
        name = handle.rpartition("/")[2]
        return f"AlgorithmError: The container {name} of the pipeline ended.\n{last}"[:MAX_REASON]

    def _finish(self, record: Record, word: str, why: str = "") -> Again:
        record = self._platform.store.get(record.key)
        done: dict[str, Any] = {
            **{name: value for name, value in record.status.items() if name not in ("_progress", "_stop_sent")},
            "TransformJobStatus": word,
            "TransformEndTime": self._platform.clock(),
        }
        if why:
            done["FailureReason"] = why[:MAX_REASON]
        self._write(record, done)
        return Again(0)

    def _clean(self, record: Record) -> None:
        """The results are stored and the status is written: what is left on the machine goes."""
        for sub, _, _ in groups.further(record):
            archive.keep(self._platform, sub)
            self._platform.runner.remove(sub)
        archive.keep(self._platform, record.key.handle())
        self._platform.runner.remove(record.key.handle())
        self._usage.forget(record.key.handle())

    def _remove(self, key: Key) -> None:
        """Of a job that is no more nothing is left."""
        for handle in self._platform.runner.handles():
            if handle == key.handle() or handle.startswith(f"{key.handle()}/"):
                self._platform.runner.remove(handle)
                archive.drop(self._platform, handle)
        self._platform.series.delete(key.handle())
