"""Samples of what a job's processes use, as the platform's own series. What is lost on a restart is one sample."""

import time

from studiolo.series.protocol import Point
from studiolo.services.platform import Platform


class Sampler:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._used: dict[tuple[str, str], tuple[float, float]] = {}

    def sample(self, handle: str) -> None:
        now = time.time()
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
        for known in [one for one in self._used if one[0] == handle]:
            del self._used[known]
