"""Who asks what now: kept in memory between the router, which notes requests, and the controllers, which put to sleep what
nobody asks and wake what somebody waits for.

Nothing here is lost by a restart that was not lost with the requests themselves.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

IDLE = 60.0
"""Seconds without a request after which what may sleep is put to sleep; STUDIOLO_SERVERLESS_IDLE_SECONDS sets others."""

Waker = Callable[[str], None]


@dataclass(slots=True)
class Asked:
    waiting: int = 0
    """Requests (or queued invocations) that nothing can answer yet."""
    flying: int = 0
    last: float = 0.0
    """Of the clock `time.monotonic`."""


class Demand:
    def __init__(self, idle: float | None = None) -> None:
        self.idle = float(os.environ.get("STUDIOLO_SERVERLESS_IDLE_SECONDS") or IDLE) if idle is None else idle
        self._asked: dict[tuple[str, str], Asked] = {}
        self._wakers: list[Waker] = []
        self._lock = threading.Lock()

    def of(self, handle: str, variant: str) -> Asked:
        """The counters of one variant of one endpoint, to be changed in place by the router alone."""
        found = self._asked.get((handle, variant))
        return found if found is not None else self._asked.setdefault((handle, variant), Asked())

    def waiting(self, handle: str) -> int:
        """Requests that wait for any variant of it."""
        return sum(asked.waiting for key, asked in list(self._asked.items()) if key[0] == handle)

    def awake(self, handle: str, variant: str) -> bool:
        found = self._asked.get((handle, variant))
        if found is None:
            return False
        return bool(found.waiting or found.flying) or time.monotonic() - found.last < self.idle

    def wake(self, handle: str) -> None:
        """Has the endpoint's controller look now."""
        for waker in list(self._wakers):
            waker(handle)

    def watch(self, waker: Waker) -> Callable[[], None]:
        with self._lock:
            self._wakers.append(waker)

        def unwatch() -> None:
            with self._lock:
                self._wakers.remove(waker)

        return unwatch

    def forget(self, handle: str) -> None:
        for key in [key for key in self._asked if key[0] == handle]:
            self._asked.pop(key, None)
