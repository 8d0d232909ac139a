"""What functions print, as events of their log groups: /aws/lambda/<function>, one stream an invocation.

They are groups like those users write themselves: with retention, and to be deleted. Lines are copied while the function
runs; how many lines a stream has says where to go on after a crash.
"""

import contextlib
import hashlib
import threading
import time
from pathlib import Path

from studiolo.series import logs
from studiolo.series.events import Events, EventsFull, Gone, LogGroup, Taken, UserStream
from studiolo.services.functions import names
from studiolo.services.platform import Platform

BATCH = 1000


def stream_name(id: str, attempt: int, began: float) -> str:
    day = time.strftime("%Y/%m/%d", time.gmtime(began))
    return f"{day}/[{names.LATEST}]{hashlib.md5(f'{id}/{attempt}'.encode(), usedforsecurity=False).hexdigest()}"


class Printing:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._lock = threading.Lock()
        self._events: Events | None = None
        self._offsets: dict[str, int] = {}

    def _opened(self) -> Events:
        with self._lock:
            if self._events is None:
                self._events = Events(self._platform.config.events)
            return self._events

    def _stream(self, project: str, function: str, name: str) -> UserStream:
        events, now, group = self._opened(), int(self._platform.clock() * 1000), names.log_group(function)
        with contextlib.suppress(Taken):
            events.create_group(project, group, now, {})
        found: LogGroup = events.group(project, group)
        with contextlib.suppress(Taken):
            events.create_stream(found, name, now)
        return events.stream(found, name)

    def copy(self, project: str, function: str, name: str, log: Path) -> None:
        """What is new in the log. A full disk, and a group that is deleted meanwhile, are no matter to the invocation."""
        try:
            self._copy(project, function, name, log)
        except (EventsFull, Gone):
            self.forget(name)

    def _copy(self, project: str, function: str, name: str, log: Path) -> None:
        events, stream = self._opened(), self._stream(project, function, name)
        offset = self._offsets.get(name)
        if offset is None:
            offset = self._after(log, self._count(stream))
        while lines := logs.forward(log, offset, BATCH):
            events.put(stream, [(one.time, one.text) for one in lines], int(self._platform.clock() * 1000))
            offset = lines[-1].next
            self._offsets[name] = offset

    def _count(self, stream: UserStream) -> int:
        count, last = 0, 0
        while came := self._opened().came(stream.id, last, BATCH):
            count, last = count + len(came), came[-1][0]
        return count

    def _after(self, log: Path, count: int) -> int:
        offset = 0
        while count and (lines := logs.forward(log, offset, min(count, BATCH))):
            count, offset = count - len(lines), lines[-1].next
        return offset

    def forget(self, name: str) -> None:
        self._offsets.pop(name, None)
