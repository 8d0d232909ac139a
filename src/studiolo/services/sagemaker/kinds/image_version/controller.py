"""Brings a version from its request to an environment: locks (once; what was chosen is written down), builds, and says how far
it is. A crash between any two steps builds nothing else than what was locked.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.run.protocol import EnvironmentError_, Lock
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.failing import MAX_REASON, reason
from studiolo.services.sagemaker.keys import unfinished
from studiolo.services.sagemaker.kinds.image_version.spec import address
from studiolo.store.protocol import Missing, Stale

KIND = "ImageVersion"
MAX_LINES = 500


class ImageVersionController:
    kind = KIND

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def keys(self) -> Sequence[Key]:
        return unfinished(self._platform, self.kind, ("CREATING", "DELETING", "Deleting"))

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
        except Missing:
            return None
        try:
            if record.deleting:
                self._platform.environments.drop(self._uri(record))
                self._platform.store.delete(record)
            elif record.status["ImageVersionStatus"] == "CREATING":
                await asyncio.to_thread(self._step, record)
                return Again(0)
        except Stale:
            return Again(0)
        return None

    async def failing(self, key: Key, error: Exception, failures: int) -> None:
        try:
            record = self._platform.store.get(key)
            if record.status["ImageVersionStatus"] == "CREATING":
                self._fail(record, reason("image version", error, failures))
        except (Missing, Stale):
            return

    def _uri(self, record: Record) -> str:
        return address(record.key.project, record.spec["ImageName"], record.spec["Version"])

    def _write(self, record: Record, **changed: Any) -> None:
        self._platform.store.write(record, now=self._platform.clock(), status={**record.status, **changed})

    def _fail(self, record: Record, why: str) -> None:
        record = self._platform.store.get(record.key)
        log = _with(record.status, self._platform.clock(), why)
        self._write(record, ImageVersionStatus="CREATE_FAILED", FailureReason=why[:MAX_REASON], _log=log)

    def _say(self, record: Record) -> Callable[[str], None]:
        def say(line: str) -> None:
            try:
                now = self._platform.store.get(record.key)
                self._write(now, _log=_with(now.status, self._platform.clock(), line))
            except (Stale, Missing):
                pass

        return say

    def _step(self, record: Record) -> None:
        say, environments = self._say(record), self._platform.environments
        try:
            if "_lock" not in record.status:
                own = record.spec.get("_requirements")
                lock = environments.lock(own, None if own else record.spec["BaseImage"], say)
                now = self._platform.store.get(record.key)
                self._write(now, _lock=lock.text, _framework=lock.framework, _warm=list(lock.warm))
                return
            status = record.status
            environments.keep(self._uri(record), Lock(status["_lock"], status["_framework"], status["_warm"]))
            environments.ensure(self._uri(record), None, say)
            say("Ready")
            now = self._platform.store.get(record.key)
            self._write(now, ImageVersionStatus="CREATED", ContainerImage=self._uri(record))
        except EnvironmentError_ as error:
            self._fail(record, str(error))
        except Missing:
            return


def _with(status: Mapping[str, Any], now: float, line: str) -> list[dict[str, Any]]:
    return [*status.get("_log", ()), {"Time": now, "Text": line}][-MAX_LINES:]
