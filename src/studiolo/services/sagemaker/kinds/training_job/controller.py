"""Brings training jobs from their request to their end, one step a call; see decide.py for which step.

Nothing but the record, the runner and the run folder's marks carries state from call to call, except samples of use,
which may be lost.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import studiolo
from studiolo.base.instances import instance
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.run.protocol import Environment, EnvironmentError_, Group, GroupState, Member, Mount, Resources
from studiolo.services.logs import archive
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.failing import reason
from studiolo.services.sagemaker.jobs.inputs import Cancelled, InputError
from studiolo.services.sagemaker.jobs.usage import Sampler
from studiolo.services.sagemaker.kinds.training_job import metrics, status
from studiolo.services.sagemaker.kinds.training_job.decide import Act, Observed, decide, failed, outcome
from studiolo.services.sagemaker.kinds.training_job.inputs import (
    Inputs,
    mark,
    ml_of,
    platform_environment,
)
from studiolo.services.sagemaker.kinds.training_job.outputs import OutputError, Outputs, failure_reason, model_members
from studiolo.services.sagemaker.kinds.training_job.spec import hosts_of
from studiolo.store.protocol import Missing, Query, Stale

WORKLOAD = str(Path(studiolo.__file__).resolve().parent / "workloads" / "training" / "main.py")
SAMPLE = 1.0
CHECKPOINT_SYNC = 30.0
GRACE = float(os.environ.get("STUDIOLO_STOP_GRACE_SECONDS", "120"))


class TrainingJobController:
    kind = "TrainingJob"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._usage = Sampler(platform)
        self._synced: dict[Key, float] = {}

    def keys(self) -> Sequence[Key]:
        """Those in progress, those to be deleted, and those with anything left on the machine."""
        store, found = self._platform.store, set[Key]()
        for state in ("InProgress", "Stopping", "Deleting"):
            token = None
            while True:
                page = store.query(Query(self.kind, None, state=state, limit=500, token=token))
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
            if not record.deleting and record.status["TrainingJobStatus"] not in status.ENDED:
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
        return Observed(group, prepared, "_harvested" in record.status, "_stop_sent" in record.status, folder)

    # Acting.

    async def _act(self, act: Act, record: Record, seen: Observed) -> Again | None:
        if act == "prepare":
            return await asyncio.to_thread(self._prepare, record)
        if act == "start":
            return await asyncio.to_thread(self._start, record)
        if act == "note_waiting":
            self._write(record, status.moved(record.status, "Starting", seen.group.reason, self._now()))
            return Again(2)
        if act == "note_running":
            return await asyncio.to_thread(self._note_running, record, seen.group)
        if act == "stop":
            return self._stop(record, seen.group)
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

    def _fail(self, record: Record, reason: str) -> None:
        record = self._platform.store.get(record.key)
        done = status.ended(record.status, "Failed", "Failed", "Training job failed", self._now(), reason)
        self._write(record, {**done, **model_members(record)})

    def _say(self, record: Record, secondary: str) -> Any:
        """Writes progress as the current step's message; a lost race is no matter."""

        def say(message: str) -> None:
            try:
                now = self._platform.store.get(record.key)
                self._write(now, status.moved(now.status, secondary, message, self._now()))
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
        record = self._write(record, status.moved(record.status, "Downloading", "Downloading input data", self._now()))
        inputs = Inputs(
            self._platform,
            record,
            self._folder(record.key),
            self._say(record, "Downloading"),
            lambda: self._cancelled(record.key),
        )
        try:
            inputs.prepare()
        except InputError as error:
            self._fail(record, str(error))
        except Cancelled:
            pass
        return Again(0)

    def _environment(self, record: Record) -> Environment:
        image = record.spec["AlgorithmSpecification"]["TrainingImage"]
        entrypoint = record.spec["AlgorithmSpecification"].get("ContainerEntrypoint")
        inputs = Inputs(self._platform, record, self._folder(record.key), lambda line: None, lambda: False)
        requirements = None if entrypoint else inputs.requirements()
        say = self._say(record, "Downloading")
        return self._platform.environments.ensure(image, requirements, progress=say)

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

    def _group(self, record: Record, environment: Environment) -> Group:
        spec, folder = record.spec, self._folder(record.key)
        algorithm = spec["AlgorithmSpecification"]
        entrypoint = [*algorithm.get("ContainerEntrypoint", ()), *algorithm.get("ContainerArguments", ())]
        if not algorithm.get("ContainerEntrypoint"):
            entrypoint = ["python", WORKLOAD, "train"]
        members: list[Member] = []
        for host, type, _ in hosts_of(spec):
            size = instance(type)
            assert size is not None
            ml = ml_of(folder, host)
            mounts = [Mount(ml, "/opt/ml")]
            local = spec.get("CheckpointConfig", {}).get("LocalPath", "/opt/ml/checkpoints").rstrip("/")
            if local != "/opt/ml/checkpoints":
                mounts.append(Mount(ml / "checkpoints", local))
            env = platform_environment(self._platform, record, host, environment.framework)
            members.append(
                Member(host, entrypoint, Resources(size.cores, size.memory, size.gpus), env, "/opt/ml/code", mounts)
            )
        return Group(
            record.key.handle(),
            members,
            environment.prefix,
            (),
            "none" if spec.get("EnableNetworkIsolation") else "host",
            float(spec["StoppingCondition"]["MaxRuntimeInSeconds"]),
            GRACE,
        )

    def _note_running(self, record: Record, group: GroupState) -> Again:
        started = min(member.started for member in group.members)
        new: dict[str, Any] = dict(record.status)
        if "_stop" not in record.spec and not record.deleting:
            message = "Training image download completed. Training in progress."
            new = status.moved(record.status, "Training", f"{message} {group.clamped}".strip(), self._now())
        new.setdefault("TrainingStartTime", started)
        progress = self._collect(record, group)
        if progress is not None and progress > new.get("_progress", -1):
            new["_progress"] = progress
        self._write(record, new)
        self._usage.sample(record.key.handle())
        if self._now() - self._synced.get(record.key, started) > CHECKPOINT_SYNC:
            self._synced[record.key] = self._now()
            Outputs(
                self._platform, record, self._folder(record.key), [one.name for one in group.members]
            ).sync_checkpoints()
        return Again(SAMPLE)

    def _framework(self, record: Record) -> str:
        image = record.spec["AlgorithmSpecification"]["TrainingImage"]
        return self._platform.environments.resolve(image) or ""

    def _collect(self, record: Record, group: GroupState) -> float | None:
        """New metrics of all hosts; how far the job is, from 0 to 1, where that can be told."""
        known = metrics.definitions(record, self._framework(record))
        total, newest = metrics.total_steps(record), None
        for member in group.members:
            step = metrics.ingest(self._platform.series, record, member.log, member.name, known)
            newest = step if step is not None else newest
        return min(1.0, (newest + 1) / total) if total and newest is not None else None

    def _stop(self, record: Record, group: GroupState) -> Again:
        if "_stop" in record.spec or record.deleting:
            new = status.moved(record.status, "Stopping", "Stopping the training job", self._now(), "Stopping")
            record = self._write(record, new)
            self._platform.runner.stop(record.key.handle(), GRACE)
        else:
            self._platform.runner.stop(record.key.handle(), min(GRACE, 10))
        self._write(record, {**record.status, "_stop_sent": self._now()})
        return Again(0)

    def _harvest(self, record: Record, group: GroupState) -> Again:
        ran = [one for one in group.members if one.log.exists()]
        if ran:
            message = "Uploading generated training model"
            new = status.moved(record.status, "Uploading", message, self._now())
            new.setdefault("TrainingStartTime", min(one.started for one in group.members))
            record = self._write(record, new)
        self._collect(record, group)
        hosts = [one.name for one in group.members]
        error = ""
        if failed(list(group.members)) is None or archive_even_if_failed(record):
            try:
                Outputs(self._platform, record, self._folder(record.key), hosts).store()
            except OutputError as bad:
                error = str(bad)
        else:
            Outputs(self._platform, record, self._folder(record.key), hosts).sync_checkpoints()
        archive.keep(self._platform, record.key.handle())
        return self._finish(record, group, error)

    def _finish(self, record: Record, group: GroupState, error: str = "") -> Again:
        members = list(group.members)
        bad = failed(members)
        reason = failure_reason(self._platform, self._folder(record.key), bad) if bad else ""
        primary, secondary, message, reason = outcome(record, members, reason)
        if error and primary != "Failed":
            primary, secondary, message, reason = "Failed", "Failed", "Training job failed", error
        done = status.ended(record.status, primary, secondary, message, self._now(), reason)
        final = metrics.final(self._platform.series, record)
        if final:
            done["FinalMetricDataList"] = final
        self._write(record, {**done, **model_members(record), "_harvested": True})
        return Again(0)

    def _clean(self, key: Key) -> None:
        """The results are stored and the status is written: what is left on the machine goes."""
        archive.keep(self._platform, key.handle())
        self._platform.runner.remove(key.handle())
        self._synced.pop(key, None)
        self._usage.forget(key.handle())

    def _forget(self, key: Key) -> None:
        """A deleted job leaves nothing: processes, logs, series."""
        self._platform.runner.remove(key.handle())
        shutil.rmtree(self._folder(key), ignore_errors=True)
        archive.drop(self._platform, key.handle())
        self._platform.series.delete(key.handle())


def archive_even_if_failed(record: Record) -> bool:
    """AWS stores the model of a job that was stopped or ran out of time, not that of one that failed."""
    return False
