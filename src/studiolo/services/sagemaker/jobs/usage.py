"""Samples of what a job's processes use, as the platform's own series. What is lost on a restart is one sample."""

import time

from studiolo.series.protocol import Point
from studiolo.services.platform import Platform

PERIOD = 0.9
"""Seconds between two samples of one job; a little less than controllers' own pace."""


class Sampler:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._used: dict[tuple[str, str], tuple[float, float]] = {}
        self._due: dict[str, float] = {}

    def sample(self, handle: str) -> None:
        """Called whenever the job is looked at: the first look only begins to count, since on the way from one short job
        to the next nothing else should be done."""
        now = time.time()
        if now < self._due.setdefault(handle, now + PERIOD):
            return
        self._due[handle] = now + PERIOD
        points: list[Point] = []
        for used in self._platform.runner.usage(handle):
            before = self._used.get((handle, used.member))
            self._used[handle, used.member] = (now, used.cpu_seconds)
            points.append(Point(handle, "system/memory", now, used.memory, used.member))
            if before and now > before[0]:
                percent = max(0.0, used.cpu_seconds - before[1]) / (now - before[0]) * 100
                points.append(Point(handle, "system/cpu", now, percent, used.member))
        self._platform.series.append(points)

    def forget(self, handle: str) -> None:
        self._due.pop(handle, None)
        for known in [one for one in self._used if one[0] == handle]:
            del self._used[known]
