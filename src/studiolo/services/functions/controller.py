"""Brings invocations of functions from their record to their end. Every try is a group of one process under a handle of its
own, so after a crash it is found again and nothing runs twice.

What nobody waits for is tried again twice when it fails, as AWS does.
"""

import asyncio
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import studiolo
from studiolo.base.arn import REGION
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.run.protocol import EnvironmentError_, Group, GroupState, Member, Mount, Resources
from studiolo.series import logs
from studiolo.services.functions import code, names, outcome
from studiolo.services.functions.printing import Printing, stream_name
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.jobs import credentials
from studiolo.services.sagemaker.keys import unfinished
from studiolo.store.protocol import Missing, Stale

WORKLOAD = str(Path(studiolo.__file__).resolve().parent / "workloads" / "functions" / "main.py")
IMAGE = "studiolo/python:3"
"""The environment that every Python runtime stands for."""
WARM = ("boto3",)
SHARE = 0.0
"""Functions are short and somebody waits for them: they hold nothing of the machine, and never wait behind jobs."""
AT_ONCE = 16
"""How many run at once; others wait."""
MB = 2**20
CORES_PER_MB = 1 / 1769
LEAST_CORES = 0.5
START = 10.0
"""Seconds beside its own time that a process has to start and import."""
LOOK, WAIT = 1.0, 0.1


class InvocationController:
    kind = names.INVOCATION

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._printing = Printing(platform)

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind, (names.WAITING, names.RUNNING))

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            await asyncio.to_thread(self._remove, key, len(outcome.RETRIES) + 1)
            return None
        try:
            return await self._step(record)
        except (Stale, Missing):
            return Again(0)

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        try:
            record = self._platform.store.get(key)
            if record.status["State"] != names.ENDED:
                message = f"RequestId: {names.request_id(key)} Error: the studio can't run it: {error}"
                self._end(record, outcome.failed("Runtime.ExitError", message))
        except (Missing, Stale):
            return

    def _handle(self, record: Record) -> str:
        return f"{record.key.handle()}/{record.status['Attempt']}"

    async def _step(self, record: Record) -> Again | None:
        if record.status["State"] == names.ENDED:
            await asyncio.to_thread(self._remove, record.key, int(record.status["Attempt"]))
            # What was begun by a token of its own may be begun again after a crash; it is tidied away later.
            if record.spec["How"] == "Event" and not record.spec.get("Kept"):
                self._platform.store.delete(record)
            return None
        group = self._platform.runner.poll(self._handle(record))
        if group.phase == "absent":
            return await self._begin(record)
        if group.phase == "exited":
            return await asyncio.to_thread(self._harvest, record, group)
        if record.status["State"] == names.WAITING and group.phase == "running":
            record = self._write(record, {**record.status, "State": names.RUNNING})
        await asyncio.to_thread(self._print, record, group)
        return Again(LOOK)

    async def _begin(self, record: Record) -> Again | None:
        now, attempt = self._platform.clock(), int(record.status["Attempt"])
        if attempt > 1:
            await asyncio.to_thread(self._remove, record.key, attempt - 1)
        pause = record.status.get("_at", 0.0) - now
        if pause > 0:
            return Again(pause)
        running = [one for one in self._platform.runner.handles() if one.startswith(f"{self.kind}/")]
        if len(running) >= AT_ONCE:
            return Again(WAIT)
        return await asyncio.to_thread(self._start, record)

    def _remove(self, key: Key, attempts: int) -> None:
        for attempt in range(1, attempts + 1):
            handle = f"{key.handle()}/{attempt}"
            if self._platform.runner.has_folder(handle):
                self._platform.runner.remove(handle)

    def _write(self, record: Record, status: Mapping[str, Any]) -> Record:
        return self._platform.store.write(record, now=self._platform.clock(), status=dict(status))

    def _end(self, record: Record, ended: Mapping[str, Any]) -> Again:
        attempt = int(record.status["Attempt"])
        pause = outcome.tries_again(str(record.spec["How"]), attempt, ended)
        if pause is None:
            self._write(record, {**record.status, **ended, "State": names.ENDED})
        else:
            at = self._platform.clock() + pause
            self._write(record, {"State": names.WAITING, "Attempt": attempt + 1, "_at": at})
        return Again(0)

    # Starting.

    def _start(self, record: Record) -> Again:
        source = code.folder(self._platform, record.key.project, record.spec["Code"])
        if not source.is_dir():
            return self._end(record, outcome.failed("Runtime.ImportModuleError", "The function's code is gone."))
        try:
            environment = self._platform.environments.ensure(IMAGE)
        except EnvironmentError_ as error:
            return self._end(record, outcome.failed("Runtime.ExitError", str(error)))
        handle = self._handle(record)
        ml = self._platform.runner.folder(handle) / "ml"
        self._put_in_place(record, ml, source)
        self._platform.runner.warm(environment.prefix, WARM)
        config = record.spec["Config"]
        memory = int(config["MemorySize"])
        resources = Resources(max(LEAST_CORES, memory * CORES_PER_MB), memory * MB)
        mounts = [Mount(ml, "/opt/ml"), Mount(source, "/var/task", readonly=True)]
        member = Member("function", ["python", WORKLOAD], resources, self._variables(record), "/", mounts)
        seconds = float(config["Timeout"]) + START
        group = Group(handle, [member], environment.prefix, WARM, "host", seconds, 1.0, SHARE)
        self._platform.runner.start(group)
        return Again(LOOK)

    def _put_in_place(self, record: Record, ml: Path, source: Path) -> None:
        shutil.rmtree(ml, ignore_errors=True)
        (ml / "input").mkdir(parents=True)
        (ml / "output").mkdir()
        (ml / "code").symlink_to(source)
        (ml / "input" / "event.json").write_text(record.spec["Event"])
        key, config, function = record.key, record.spec["Config"], record.spec["Function"]
        known = {
            "handler": config["Handler"],
            "timeout": config["Timeout"],
            "function_name": function,
            "function_version": names.LATEST,
            "invoked_function_arn": names.function_arn(key.project, function),
            "memory_limit_in_mb": config["MemorySize"],
            "aws_request_id": names.request_id(key),
            "log_group_name": names.log_group(function),
            "log_stream_name": self._stream(record),
            "client_context": record.spec.get("ClientContext"),
        }
        (ml / "input" / "context.json").write_text(json.dumps(known))

    def _variables(self, record: Record) -> dict[str, str]:
        key, config, function = record.key, record.spec["Config"], str(record.spec["Function"])
        own: dict[str, str] = {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_VERSION": names.LATEST,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config["MemorySize"]),
            "AWS_LAMBDA_LOG_GROUP_NAME": names.log_group(function),
            "AWS_LAMBDA_LOG_STREAM_NAME": self._stream(record),
            "LAMBDA_TASK_ROOT": "/var/task",
            "_HANDLER": str(config["Handler"]),
            "TZ": ":UTC",
            **config.get("Environment", {}).get("Variables", {}),
        }
        seconds = float(config["Timeout"]) + 600
        return credentials.variables(self._platform, key.project, record.spec["_user"], seconds, own)

    # Ending.

    def _stream(self, record: Record) -> str:
        return stream_name(names.request_id(record.key), int(record.status["Attempt"]), record.created)

    def _print(self, record: Record, group: GroupState) -> None:
        for member in group.members:
            self._printing.copy(record.key.project, record.spec["Function"], self._stream(record), member.log)

    def _harvest(self, record: Record, group: GroupState) -> Again:
        self._print(record, group)
        member = group.members[0] if group.members else None
        path, left = self._platform.runner.folder(self._handle(record)) / "ml" / "output" / "result.json", None
        if path.is_file():
            left = json.loads(path.read_text())
        timeout = float(record.spec["Config"]["Timeout"])
        ended = outcome.outcome(names.request_id(record.key), timeout, member, left)
        if record.spec.get("Tail") and member is not None:
            lines = logs.backward(member.log, logs.size(member.log))
            ended["Tail"] = "".join(f"{one.text}\n" for one in lines)[-outcome.MAX_TAIL :]
        self._printing.forget(self._stream(record))
        return self._end(record, ended)
