"""From an endpoint's name to an instance that answers: a table kept in memory by the store's watch, no look-up a request.

Variants are picked by weight, instances by the fewest requests under way.
"""

import bisect
import itertools
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker_runtime.client import Pool
from studiolo.store.protocol import Change, Query

KIND = "Endpoint"


@dataclass(slots=True)
class Variant:
    name: str
    weight: float
    pools: list[Pool]


@dataclass(slots=True)
class Target:
    """One endpoint as the router sees it."""

    key: Key
    status: str
    variants: list[Variant] = field(default_factory=list[Variant])
    cumulated: list[float] = field(default_factory=list[float])

    def pick(self, wanted: str | None) -> Variant | None:
        """By name, or by weight among those that have an instance; None where there is none."""
        if wanted is not None:
            return next((one for one in self.variants if one.name == wanted and one.pools), None)
        if len(self.variants) == 1:
            return self.variants[0] if self.variants[0].pools else None
        if not self.cumulated or self.cumulated[-1] <= 0:
            return None
        return self.variants[bisect.bisect(self.cumulated, random.random() * self.cumulated[-1])]


def least_busy(pools: Sequence[Pool]) -> Pool:
    return min(pools, key=lambda pool: pool.busy)


class Router:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._targets: dict[tuple[str, str], Target] = {}
        self._pools: dict[str, Pool] = {}
        self._lock = threading.Lock()
        platform.store.watch(self._changed)
        token = None
        while True:
            page = platform.store.query(Query(KIND, None, limit=500, token=token))
            for record in page.records:
                self._put(record)
            token = page.token
            if token is None:
                break

    def find(self, project: str, name: str) -> Target | None:
        return self._targets.get((project, name.casefold()))

    def _changed(self, change: Change) -> None:
        if change.key.kind != KIND:
            return
        if change.record is None:
            with self._lock:
                self._targets.pop((change.key.project, change.key.name.casefold()), None)
        else:
            self._put(change.record)

    def _put(self, record: Record) -> None:
        with self._lock:
            target = self._target(record)
            self._targets[record.key.project, record.key.name.casefold()] = target

    def _target(self, record: Record) -> Target:
        status: Any = record.status
        live, ready = status.get("_live"), set(status.get("_ready", ()))
        target = Target(record.key, "Deleting" if record.deleting else status["EndpointStatus"])
        if live is None or record.deleting:
            return target
        weights = {**status.get("_weights", {}), **record.spec.get("_weights", {})}
        for one in live["Variants"]:
            prefix = f"{record.key.handle()}/{live['Generation']}-{one['VariantName']}-"
            handles = [f"{prefix}{index}" for index in range(one["Count"])]
            pools = [self._pool(handle) for handle in handles if handle in ready]
            target.variants.append(
                Variant(one["VariantName"], float(weights.get(one["VariantName"], one["Weight"])), pools)
            )
        target.cumulated = list(itertools.accumulate(one.weight if one.pools else 0.0 for one in target.variants))
        return target

    def _pool(self, handle: str) -> Pool:
        if handle not in self._pools:
            self._pools[handle] = Pool(self._platform.runner.folder(handle) / "ml" / "run")
        return self._pools[handle]
