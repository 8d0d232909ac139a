"""The keys that wait for their controller: each at most once, never one key twice at the same time, timers included.

Pure of I/O except for the clock handed in; the loop drives it. A key added while it is being worked on is handed out
again when that work is done, so no change is missed.
"""

import asyncio
import heapq
import itertools

from studiolo.base.record import Key


class Queue:
    def __init__(self) -> None:
        self._ready: dict[Key, None] = {}
        self._active: set[Key] = set()
        self._again: set[Key] = set()
        self._timers: list[tuple[float, int, Key]] = []
        self._due: dict[Key, float] = {}
        self._count = itertools.count()
        self._wake = asyncio.Event()

    def add(self, key: Key) -> None:
        if key in self._active:
            self._again.add(key)
        else:
            self._ready[key] = None
            self._wake.set()

    def add_at(self, key: Key, when: float) -> None:
        """At a loop time; of several times for one key the earliest holds."""
        if when < self._due.get(key, float("inf")):
            self._due[key] = when
            heapq.heappush(self._timers, (when, next(self._count), key))
            self._wake.set()

    def _expire(self, now: float) -> None:
        while self._timers and self._timers[0][0] <= now:
            when, _, key = heapq.heappop(self._timers)
            if self._due.get(key) == when:
                del self._due[key]
                self.add(key)

    async def take(self) -> Key:
        """The next key; the caller says `done` when its work has ended."""
        loop = asyncio.get_running_loop()
        while True:
            self._expire(loop.time())
            if self._ready:
                key = next(iter(self._ready))
                del self._ready[key]
                self._active.add(key)
                return key
            self._wake.clear()
            until = self._timers[0][0] - loop.time() if self._timers else None
            try:
                async with asyncio.timeout(until):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def done(self, key: Key) -> None:
        self._active.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    @property
    def idle(self) -> bool:
        return not self._ready and not self._active
