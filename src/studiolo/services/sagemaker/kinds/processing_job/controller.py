"""Processing jobs: what is run, watched and kept. The way from step to step is in jobs/controller.py."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import REGION, sagemaker_arn
from studiolo.base.instances import instance
from studiolo.base.record import Document, Key, Record
from studiolo.control.protocol import Again
from studiolo.run.protocol import Environment, Group, GroupState, Member, Resources
from studiolo.services.logs import archive
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.jobs import credentials, warm
from studiolo.services.sagemaker.jobs.controller import GRACE, JobController
from studiolo.services.sagemaker.jobs.decide import end, failed
from studiolo.services.sagemaker.jobs.outputs import MAX_REASON, OutputError, why_failed
from studiolo.services.sagemaker.kinds.processing_job.files import Files
from studiolo.services.sagemaker.kinds.processing_job.spec import hosts_of

SAMPLE = 1.0
SYNC = 5.0
WORDS = {"Completed": "Completed", "Failed": "Failed", "Stopped": "Stopped", "TimedOut": "Stopped"}


class ProcessingJobController(JobController):
    kind = "ProcessingJob"

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform)
        self._synced: dict[Key, float] = {}

    def _files(self, record: Record) -> Files:
        return Files(self._platform, record, self._folder(record.key))

    def _noted(self, status: Document, step: str, message: str) -> Mapping[str, Any]:
        return {**status, "_step": step, "_message": message}

    def _stopping(self, status: Document) -> Mapping[str, Any]:
        return {**status, "ProcessingJobStatus": "Stopping"}

    def _failed(self, record: Record, why: str) -> Mapping[str, Any]:
        return self._ended(record, "Failed", why)

    def _ended(self, record: Record, word: str, why: str = "", message: str = "") -> dict[str, Any]:
        done = {name: value for name, value in record.status.items() if name not in ("_step", "_message")}
        done |= {"ProcessingJobStatus": word, "ProcessingEndTime": self._now()}
        if why:
            done["FailureReason"] = why[:MAX_REASON]
        if message:
            done["ExitMessage"] = message
        return done

    def _put_in_place(self, record: Record) -> None:
        self._files(record).prepare(self._say(record, "Downloading"), lambda: self._cancelled(record.key))

    def _environment(self, record: Record) -> Environment:
        say = self._say(record, "Downloading")
        return self._platform.environments.ensure(record.spec["AppSpecification"]["ImageUri"], None, progress=say)

    def _variables(self, record: Record, host: str) -> dict[str, str]:
        key, spec = record.key, record.spec
        env = {
            "PROCESSING_JOB_NAME": key.name,
            "PROCESSING_JOB_ARN": sagemaker_arn(key.project, "processing-job", key.name),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "CURRENT_HOST": host,
            **spec.get("Environment", {}),
        }
        if spec.get("NetworkConfig", {}).get("EnableNetworkIsolation"):
            return env
        seconds = float(spec["StoppingCondition"]["MaxRuntimeInSeconds"]) + 3600
        return credentials.variables(self._platform, key.project, spec.get("_user", ""), seconds, env)

    def _group(self, record: Record, environment: Environment) -> Group:
        spec, application = record.spec, record.spec["AppSpecification"]
        size = instance(spec["ProcessingResources"]["ClusterConfig"]["InstanceType"])
        assert size is not None
        resources = Resources(size.cores, size.memory, size.gpus)
        argv = [*application["ContainerEntrypoint"], *application.get("ContainerArguments", ())]
        files, place = self._files(record), "/opt/ml/processing"
        forked = warm.command(argv) if warm.allowed(spec.get("Environment", {})) else ()
        members = [
            Member(host, argv, resources, self._variables(record, host), place, files.mounts(host), forked)
            for host in hosts_of(spec)
        ]
        return Group(
            record.key.handle(),
            members,
            environment.prefix,
            warm.MODULES if forked else (),
            "none" if spec.get("NetworkConfig", {}).get("EnableNetworkIsolation") else "host",
            float(spec["StoppingCondition"]["MaxRuntimeInSeconds"]),
            GRACE,
        )

    def _note_running(self, record: Record, group: GroupState) -> Again:
        started = min(member.started for member in group.members)
        new = {"ProcessingStartTime": started, **self._noted(record.status, "Processing", group.clamped)}
        if new != record.status:
            record = self._write(record, new)
        self._usage.sample(record.key.handle())
        if self._now() - self._synced.get(record.key, started) > SYNC:
            self._synced[record.key] = self._now()
            try:
                self._files(record).store(continuous=True)
            except OutputError:
                # The job goes on; at its end the same is tried again, and told.
                pass
        return Again(SAMPLE)

    def _harvest(self, record: Record, group: GroupState) -> Again:
        if "ProcessingStartTime" not in record.status and any(one.log.exists() for one in group.members):
            started = min(one.started for one in group.members)
            record = self._write(record, {**record.status, "ProcessingStartTime": started})
        archive.keep(self._platform, record.key.handle())
        try:
            # What is kept up to date is kept also of a job that failed.
            self._files(record).store(continuous=failed(group.members) is not None)
        except OutputError as error:
            return self._finish(record, group, str(error))
        return self._finish(record, group)

    def _finish(self, record: Record, group: GroupState, error: str = "") -> Again:
        word = WORDS[end(record, group.members)]
        bad, message = failed(group.members), self._files(record).message()
        why = ""
        if word == "Failed" and bad is not None:
            why = why_failed(bad, message)
        elif error:
            word, why = "Failed", error
        self._write(record, {**self._ended(record, word, why, message), "_harvested": True})
        return Again(0)

    def _clean(self, key: Key) -> None:
        super()._clean(key)
        self._synced.pop(key, None)
