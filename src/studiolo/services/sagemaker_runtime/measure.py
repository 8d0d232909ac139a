"""Counts and times invocations in memory and writes them to the series once a second: the request pays nothing."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from studiolo.series.protocol import Point, Series

PERIOD = 1.0


@dataclass(slots=True)
class Tally:
    latencies: list[float] = field(default_factory=list[float])
    """Milliseconds."""
    client_errors: int = 0
    server_errors: int = 0


class Measure:
    def __init__(self, series: Series) -> None:
        self._series = series
        self._tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
        self._flushing: asyncio.Task[None] | None = None

    def count(self, resource: str, variant: str, milliseconds: float, status: int) -> None:
        tally = self._tallies[resource, variant]
        tally.latencies.append(milliseconds)
        if status >= 500:
            tally.server_errors += 1
        elif status >= 400:
            tally.client_errors += 1
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_later())

    async def _flush_later(self) -> None:
        await asyncio.sleep(PERIOD)
        tallies, self._tallies = self._tallies, defaultdict(Tally)
        # A commit may take as long as the disk likes: requests go on meanwhile.
        await asyncio.to_thread(self._write, tallies)

    def flush(self) -> None:
        tallies, self._tallies = self._tallies, defaultdict(Tally)
        self._write(tallies)

    def _write(self, tallies: Mapping[tuple[str, str], Tally]) -> None:
        now, points = time.time(), list[Point]()
        for (resource, variant), tally in tallies.items():
            ordered = sorted(tally.latencies)
            values = {
                "invocations": float(len(ordered)),
                "latency": sum(ordered) / len(ordered),
                "latency_p50": ordered[len(ordered) // 2],
                "latency_p90": ordered[int(len(ordered) * 0.9)],
                "latency_p99": ordered[int(len(ordered) * 0.99)],
                "errors4xx": float(tally.client_errors),
                "errors5xx": float(tally.server_errors),
            }
            points += [Point(resource, f"endpoint/{variant}/{name}", now, value) for name, value in values.items()]
        self._series.append(points)
