"""Training jobs: what is put in place, run, watched and kept. The way from step to step is in jobs/controller.py."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import studiolo
from studiolo.base.errors import ApiError
from studiolo.base.instances import instance
from studiolo.base.record import Document, Key, Record
from studiolo.blobs.protocol import OutOfSpace
from studiolo.control.protocol import Again
from studiolo.run.protocol import Environment, Group, GroupState, Member, Mount, Resources
from studiolo.services import s3uri
from studiolo.services.logs import archive
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.jobs import warm
from studiolo.services.sagemaker.jobs.controller import GRACE, JobController
from studiolo.services.sagemaker.jobs.decide import end, failed
from studiolo.services.sagemaker.jobs.epochs import epochs
from studiolo.services.sagemaker.jobs.outputs import OutputError
from studiolo.services.sagemaker.kinds.training_job import metrics, notebook, registering
from studiolo.services.sagemaker.kinds.training_job.inputs import Inputs, ml_of, platform_environment
from studiolo.services.sagemaker.kinds.training_job.outputs import Outputs, failure_reason, model_members
from studiolo.services.sagemaker.kinds.training_job.spec import hosts_of
from studiolo.services.sagemaker.kinds.training_job.status import ended, moved

WORKLOAD = str(Path(studiolo.__file__).resolve().parent / "workloads" / "training" / "main.py")
SAMPLE = 1.0
CHECKPOINT_SYNC = 30.0
ENDS = {
    "Completed": ("Completed", "Completed", "Training job completed"),
    "Failed": ("Failed", "Failed", "Training job failed"),
    "Stopped": ("Stopped", "Stopped", "Training job stopped"),
    "TimedOut": ("Stopped", "MaxRuntimeExceeded", "Training job runtime exceeded MaxRuntimeInSeconds provided"),
}
"""Status, secondary status, message."""


class TrainingJobController(JobController):
    kind = "TrainingJob"

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform)
        self._synced: dict[Key, float] = {}

    def _noted(self, status: Document, step: str, message: str) -> Mapping[str, Any]:
        return moved(status, step, message, self._now())

    def _stopping(self, status: Document) -> Mapping[str, Any]:
        return moved(status, "Stopping", "Stopping the training job", self._now(), "Stopping")

    def _failed(self, record: Record, why: str) -> Mapping[str, Any]:
        done = ended(record.status, "Failed", "Failed", "Training job failed", self._now(), why)
        return {**done, **model_members(record)}

    def _put_in_place(self, record: Record) -> None:
        say = self._say(record, "Downloading")
        Inputs(self._platform, record, self._folder(record.key), say, lambda: self._cancelled(record.key)).prepare()

    def _environment(self, record: Record) -> Environment:
        image = record.spec["AlgorithmSpecification"]["TrainingImage"]
        entrypoint = record.spec["AlgorithmSpecification"].get("ContainerEntrypoint")
        inputs = Inputs(self._platform, record, self._folder(record.key), lambda line: None, lambda: False)
        requirements = None if entrypoint else inputs.requirements()
        if notebook.runs_notebook(record.spec):
            requirements = notebook.REQUIREMENTS
        say = self._say(record, "Downloading")
        return self._platform.environments.ensure(image, requirements, progress=say)

    def _group(self, record: Record, environment: Environment) -> Group:
        spec, folder = record.spec, self._folder(record.key)
        algorithm = spec["AlgorithmSpecification"]
        modules: Sequence[str] = ()
        entrypoint = [*algorithm.get("ContainerEntrypoint", ()), *algorithm.get("ContainerArguments", ())]
        if not algorithm.get("ContainerEntrypoint"):
            entrypoint = ["python", WORKLOAD, "train"]
            modules = warm.MODULES if warm.allowed(spec.get("Environment", {})) else ()
        if notebook.runs_notebook(spec):
            entrypoint, modules = notebook.COMMAND, ()
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
            modules,
            "none" if spec.get("EnableNetworkIsolation") else "host",
            float(spec["StoppingCondition"]["MaxRuntimeInSeconds"]),
            GRACE,
        )

    def _note_running(self, record: Record, group: GroupState) -> Again:
        started = min(member.started for member in group.members)
        new: dict[str, Any] = dict(record.status)
        if "_stop" not in record.spec and not record.deleting:
            message = "Training image download completed. Training in progress."
            new = moved(record.status, "Training", f"{message} {group.clamped}".strip(), self._now())
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
        total, newest = epochs(record.spec.get("HyperParameters", {})), None
        for member in group.members:
            step = metrics.ingest(self._platform.series, record, member.log, member.name, known)
            newest = step if step is not None else newest
        return min(1.0, (newest + 1) / total) if total and newest is not None else None

    def _harvest(self, record: Record, group: GroupState) -> Again:
        ran = [one for one in group.members if one.log.exists()]
        if ran:
            message = "Uploading generated training model"
            new = moved(record.status, "Uploading", message, self._now())
            new.setdefault("TrainingStartTime", min(one.started for one in group.members))
            record = self._write(record, new)
        self._collect(record, group)
        hosts = [one.name for one in group.members]
        error = ""
        if failed(group.members) is None:
            try:
                Outputs(self._platform, record, self._folder(record.key), hosts).store()
            except OutputError as bad:
                error = str(bad)
        else:
            left = Outputs(self._platform, record, self._folder(record.key), hosts)
            left.sync_checkpoints()
            if notebook.runs_notebook(record.spec):
                # How far it came, and what failed, stands in the notebook.
                left.store_data()
        archive.keep(self._platform, record.key.handle())
        return self._finish(record, group, error)

    def _finish(self, record: Record, group: GroupState, error: str = "") -> Again:
        bad = failed(group.members)
        primary, secondary, message = ENDS[end(record, group.members)]
        reason = failure_reason(self._platform, self._folder(record.key), bad) if bad and primary == "Failed" else ""
        if error and primary != "Failed":
            (primary, secondary, message), reason = ENDS["Failed"], error
        final = metrics.final(self._platform.series, record)
        known: dict[str, Any] = {"FinalMetricDataList": final} if final else {}
        if primary == "Completed" and "ModelPackageConfig" in record.spec:
            try:
                known["OutputModelPackageArn"] = registering.register(
                    self._platform, record, self._folder(record.key), final
                )
            except (ApiError, OutOfSpace, s3uri.NoSuchBucket) as why:
                message = f"{message}; its model was not registered: {why}"
        done = {**ended(record.status, primary, secondary, message, self._now(), reason), **known}
        self._write(record, {**done, **model_members(record), "_harvested": True})
        return Again(0)

    def _clean(self, key: Key) -> None:
        super()._clean(key)
        self._synced.pop(key, None)
