"""Counts and times invocations in memory and writes them to the series once a second: the request pays nothing."""

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studiolo.series.protocol import Point, Series

PERIOD = 1.0
GROUPS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1.0)


@dataclass(slots=True)
class Tally:
    latencies: list[float] = field(default_factory=list[float])
    """Milliseconds."""
    overheads: list[float] = field(default_factory=list[float])
    """Milliseconds a request spent in the studio, its model's answer taken off."""
    shares: float = 0.0
    """Each request counts by what it was of one instance: 1 / instances."""
    client_errors: int = 0
    server_errors: int = 0


def spread(ordered: Sequence[float]) -> list[tuple[float, int]]:
    """A few (value, count) that keep the distribution: sum, least and greatest exactly, percentiles nearly; of few values
    all of them."""
    if len(ordered) <= len(GROUPS):
        return [(value, 1) for value in ordered]
    inner = ordered[1:-1]
    cuts = sorted({round(len(inner) * share) for share in GROUPS})
    groups = [inner[low:high] for low, high in itertools.pairwise(cuts)]
    return [(ordered[0], 1), *((sum(one) / len(one), len(one)) for one in groups), (ordered[-1], 1)]


class Measure:
    def __init__(self, series: Series) -> None:
        self._series = series
        self._tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
        self._flushing: asyncio.Task[None] | None = None

    def count(self, resource: str, variant: str, milliseconds: float, status: int, instances: int = 1) -> None:
        tally = self._tallies[resource, variant]
        tally.latencies.append(milliseconds)
        tally.shares += 1 / max(instances, 1)
        if status >= 500:
            tally.server_errors += 1
        elif status >= 400:
            tally.client_errors += 1
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_later())

    def overhead(self, resource: str, variant: str, milliseconds: float) -> None:
        """Beside `count`, for the same request."""
        self._tallies[resource, variant].overheads.append(milliseconds)

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
            # A component's metrics go by its own name alone.
            part = "copies" if resource.startswith("InferenceComponent/") else variant
            for name, all in (("latency_spread", ordered), ("overhead_spread", sorted(tally.overheads))):
                metric = f"endpoint/{part}/{name}"
                points += [Point(resource, metric, now, value, count=count) for value, count in spread(all)]
            if not ordered:
                continue
            values = {
                "invocations": float(len(ordered)),
                "latency": sum(ordered) / len(ordered),
                "latency_p50": ordered[len(ordered) // 2],
                "latency_p90": ordered[int(len(ordered) * 0.9)],
                "latency_p99": ordered[int(len(ordered) * 0.99)],
                "per_instance": tally.shares,
                "busy": sum(ordered) / 1000 / PERIOD,
                "errors4xx": float(tally.client_errors),
                "errors5xx": float(tally.server_errors),
            }
            points += [Point(resource, f"endpoint/{part}/{name}", now, value) for name, value in values.items()]
        self._series.append(points)
