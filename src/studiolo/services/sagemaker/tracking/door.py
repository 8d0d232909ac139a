"""The way to a tracking server, asked by the server's proxy for every request: may this person, and where does MLflow answer.

A server that sleeps is woken, and the request waits for it.
"""

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import Generator

from studiolo.base.errors import ApiError
from studiolo.base.record import Record
from studiolo.services.demand import Asked
from studiolo.services.platform import Platform
from studiolo.services.request import Caller
from studiolo.services.sagemaker.tracking import names
from studiolo.services.sagemaker.tracking.servers import server
from studiolo.services.sagemaker.workbench.launch import reach
from studiolo.store.protocol import Missing, Stale

WAKE = 100.0
"""Seconds a request waits for a server that wakes up; MLflow's clients wait 120, and ask again after a 503."""
LOOK, AGAIN = 0.05, 20
"""Seconds between two looks at it, and after how many the controller is asked once more."""
_READS = re.compile(
    r"/(?:ajax-)?api/[234]\.0/mlflow/(?:.*/)?(?:search[a-z-]*|get-history-bulk[a-z-]*|get-latest-versions|batch-?get[a-z-]*|metrics)|/graphql"
)
"""What is asked by POST and changes nothing."""
_CLOSED = re.compile(r"/(?:ajax-)?api/[0-9.]+/mlflow/(?:assistant|gateway-proxy)(?:/.*)?|/gateway(?:/.*)?")
"""What would run programs of MLflow's own choice or call models at others' addresses from the studio's machine."""


class Refused(ApiError):
    """With MLflow's own word for the code, which its clients tell."""


def refused(status: int, code: str, message: str) -> Refused:
    return Refused(message, code=code, status=status)


def reads(method: str, path: str) -> bool:
    return method in ("GET", "HEAD") or (method == "POST" and _READS.fullmatch(path) is not None)


class TrackingDoor:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def find(self, caller: Caller, name: str, method: str, path: str) -> Record:
        """The server, for who may ask this of it. path: as MLflow sees it. Raises Refused."""
        record = server(self._platform, caller.project, name)
        if record is None or record.deleting:
            raise refused(404, "RESOURCE_DOES_NOT_EXIST", f"There is no MLflow tracking server {name} in this project.")
        if not caller.may_write and not reads(method, path):
            raise refused(
                403, "PERMISSION_DENIED", f"{caller.user} is a viewer of this project, and viewers only look at runs."
            )
        if _CLOSED.fullmatch(path):
            raise refused(403, "PERMISSION_DENIED", "This part of MLflow is switched off in the studio.")
        if record.spec["_wanted"] == names.OFF:
            raise refused(
                409,
                "INVALID_STATE",
                f"The MLflow tracking server {record.key.name} is stopped: start it in the studio.",
            )
        return record

    @contextlib.contextmanager
    def asking(self, record: Record) -> Generator[Asked]:
        """As long as it lasts, the server does not sleep."""
        asked = self._platform.demand.of(record.key.handle(), "")
        asked.flying += 1
        try:
            yield asked
        finally:
            asked.flying -= 1
            asked.last = time.monotonic()

    async def connect(self, caller: Caller, record: Record, asked: Asked, wait: float = WAKE) -> socket.socket:
        """To MLflow, which is woken where it sleeps; for so many seconds it is waited for. Raises Refused."""
        with contextlib.suppress(OSError):
            return self._reach(record)
        record, began = self._lent(record, caller), self._platform.clock()
        ends = time.monotonic() + wait
        asked.waiting, looks = asked.waiting + 1, 0
        try:
            while time.monotonic() < ends:
                if looks % AGAIN == 0:
                    self._platform.demand.wake(record.key.handle())
                looks += 1
                await asyncio.sleep(LOOK)
                record = self._again(record)
                failed = record.status.get("_failed")
                if failed and failed["At"] >= began:
                    raise refused(500, "INTERNAL_ERROR", f"MLflow did not start: {failed['Why']}")
                if not record.status.get("_starting"):
                    with contextlib.suppress(OSError):
                        return self._reach(record)
        finally:
            asked.waiting -= 1
        message = record.status.get("_message", "it waits for room on the machine")
        raise refused(503, "TEMPORARILY_UNAVAILABLE", f"The tracking server is not awake yet ({message}): ask again.")

    def _reach(self, record: Record) -> socket.socket:
        """Raises OSError."""
        if not self._platform.runner.has_folder(names.handle_of(record)):
            raise FileNotFoundError
        return reach(names.socket_of(self._platform, record))

    def _again(self, record: Record) -> Record:
        try:
            seen = self._platform.store.get(record.key)
        except Missing:
            raise refused(404, "RESOURCE_DOES_NOT_EXIST", "The tracking server was deleted.") from None
        if seen.deleting or seen.spec["_wanted"] == names.OFF:
            raise refused(409, "INVALID_STATE", "The tracking server was stopped.")
        return seen

    def _lent(self, record: Record, caller: Caller) -> Record:
        """A server has a member's rights; when that person has gone, those of the next who asks."""
        identity = self._platform.identity
        while identity is not None:
            lender = identity.caller(record.spec["_by"], record.key.project)
            if lender is not None and (lender.may_write or not caller.may_write):
                break
            try:
                spec = {**record.spec, "_by": caller.user}
                return self._platform.store.write(record, now=self._platform.clock(), spec=spec)
            except (Stale, Missing):
                record = self._again(record)
        return record
