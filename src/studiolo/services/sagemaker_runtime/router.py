"""From an endpoint's name to an instance that answers: a table kept in memory by the store's watch, no look-up a request.

Generations are picked by the share of a deployment under way, variants by weight, instances by the fewest requests under
way.
"""

import asyncio
import bisect
import itertools
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker_runtime.client import Pool
from studiolo.store.protocol import Change, Query
from studiolo.store.scan import scan

KIND, COMPONENT = "Endpoint", "InferenceComponent"


@dataclass(slots=True)
class Instance:
    handle: str
    pools: Sequence[Pool]
    """One a container, in the model's order."""
    busy: int = 0


@dataclass(slots=True)
class Variant:
    name: str
    weight: float
    plan: Mapping[str, Any]
    instances: list[Instance] = field(default_factory=list[Instance])
    sleeps: bool = False
    """Nothing of it runs while nobody asks; the first request wakes it."""
    limit: int | None = None
    """Concurrent requests, of serverless variants."""
    simple: bool = False
    """One container, one model, no limit: what quick.py can ask."""


@dataclass(slots=True)
class Generation:
    variants: list[Variant]
    shadows: list[Variant]
    capture: Mapping[str, Any] | None
    cumulated: list[float] = field(default_factory=list[float])

    def pick(self, wanted: str | None) -> Variant | None:
        """By name, or by weight among those that can answer; None where there is none."""
        if wanted is not None:
            return next((one for one in self.variants if one.name == wanted), None)
        if len(self.variants) == 1:
            return self.variants[0]
        if not self.cumulated or self.cumulated[-1] <= 0:
            return None
        return self.variants[bisect.bisect(self.cumulated, random.random() * self.cumulated[-1])]


@dataclass(slots=True)
class Target:
    """One endpoint as the router sees it."""

    key: Key
    handle: str
    status: str
    live: Generation | None = None
    next: Generation | None = None
    """The version being deployed, where it has a share of the traffic."""
    share: float = 0.0
    asynchronous: Mapping[str, Any] | None = None
    """Its AsyncInferenceConfig."""
    endpoint: str = ""
    """The endpoint's name, also where the target is one of its inference components."""

    def generation(self) -> Generation | None:
        if self.next is not None and (self.share >= 1 or random.random() < self.share):
            return self.next
        return self.live


def least_busy(instances: Sequence[Instance]) -> Instance:
    if len(instances) == 1:
        return instances[0]
    return min(instances, key=lambda one: one.busy)


class Router:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._targets: dict[tuple[str, str, str], Target] = {}
        self._instances: dict[str, Instance] = {}
        self._waiting: dict[Key, set[asyncio.Future[None]]] = {}
        self._lock = threading.Lock()
        platform.store.watch(self._changed)
        for kind in (KIND, COMPONENT):
            self._read(kind)

    def _read(self, kind: str) -> None:
        for record in scan(self._platform.store, Query(kind, None)):
            self._put(record)

    def find(self, project: str, name: str, kind: str = KIND) -> Target | None:
        return self._targets.get((kind, project, name.casefold()))

    async def change(self, key: Key) -> None:
        """Until the endpoint's entry changes; the caller bounds it. Looks must be taken after the call began."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._waiting.setdefault(key, set()).add(future)
        try:
            await future
        finally:
            with self._lock:
                waiting = self._waiting.get(key, set())
                waiting.discard(future)
                if not waiting:
                    self._waiting.pop(key, None)

    def _changed(self, change: Change) -> None:
        if change.key.kind not in (KIND, COMPONENT):
            return
        if change.record is None:
            with self._lock:
                self._targets.pop(_place(change.key), None)
        else:
            self._put(change.record)
        with self._lock:
            waiting = list(self._waiting.get(change.key, ()))
        for future in waiting:
            future.get_loop().call_soon_threadsafe(_set, future)

    def _put(self, record: Record) -> None:
        with self._lock:
            self._targets[_place(record.key)] = self._target(record)

    def _target(self, record: Record) -> Target:
        status: Any = record.status
        handle = record.key.handle()
        target = Target(record.key, handle, "Deleting" if record.deleting else status[f"{record.key.kind}Status"])
        target.endpoint = record.key.name if record.key.kind == KIND else str(record.spec["EndpointName"])
        if status.get("_live") is None or record.deleting:
            return target
        ready = set(status.get("_ready", ()))
        target.asynchronous = status["_live"].get("Async")
        target.live = self._generation(record, status["_live"], ready)
        if shift := status.get("_shift"):
            target.next = self._generation(record, status["_next"], ready)
            target.share = shift["Share"]
        return target

    def _generation(self, record: Record, plan: Mapping[str, Any], ready: set[str]) -> Generation:
        wishes = record.spec.get("_desired", {}).get(str(plan["Generation"]), {})
        every = [
            self._variant(record, plan, one, wishes.get(one["VariantName"], {}), ready) for one in plan["Variants"]
        ]
        production = [one for one in every if not one.plan["Shadow"]]
        shadows = [one for one in every if one.plan["Shadow"]]
        capture = plan.get("Capture")
        generation = Generation(production, shadows, capture if capture and capture.get("EnableCapture") else None)
        able = (one.weight if one.instances or one.sleeps else 0.0 for one in production)
        generation.cumulated = list(itertools.accumulate(able))
        return generation

    def _variant(
        self,
        record: Record,
        plan: Mapping[str, Any],
        one: Mapping[str, Any],
        wishes: Mapping[str, Any],
        ready: set[str],
    ) -> Variant:
        prefix = f"{record.key.handle()}/{plan['Generation']}-{one['VariantName']}-"
        serverless, parts = one.get("Serverless"), len(one["Containers"])
        variant = Variant(one["VariantName"], float(wishes.get("Weight", one["Weight"])), one)
        variant.sleeps = bool(serverless) or wishes.get("Count", one["Count"]) == 0
        variant.limit = serverless["MaxConcurrency"] if serverless else None
        variant.simple = parts == 1 and not serverless and not one["Containers"][0]["MultiModel"]
        for handle in sorted(one for one in ready if one.startswith(prefix) and "." not in one[len(prefix) :]):
            handles = [handle, *(f"{handle}.{place}" for place in range(1, parts))]
            if all(each in ready for each in handles):
                variant.instances.append(self._instance(handles))
        return variant

    def _instance(self, handles: Sequence[str]) -> Instance:
        """The same object as long as it is known, so that its connections and its count of requests stay."""
        found = self._instances.get(handles[0])
        if found is None:
            folder = self._platform.runner.folder
            found = Instance(handles[0], [Pool(folder(one) / "ml" / "run") for one in handles])
            self._instances[handles[0]] = found
        return found


def _place(key: Key) -> tuple[str, str, str]:
    return key.kind, key.project, key.name.casefold()


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
