"""What a project may have at once: instances, cores, bytes stored (its objects, and the homes of its spaces). One record a
project, written by the studio's administrator; what is not named has no limit. Refused with AWS's own code and sentence.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from studiolo.base.errors import LimitExceeded
from studiolo.base.instances import instance
from studiolo.base.record import Document, Key, Record
from studiolo.blobs.protocol import Blobs
from studiolo.services.metering.homes import noted
from studiolo.services.metering.subject import instances
from studiolo.services.s3.errors import s3_error
from studiolo.services.sagemaker.hosting.components import copies
from studiolo.store.protocol import Missing, Query, Store
from studiolo.store.scan import scan

KIND = "Quota"
JOBS = ("TrainingJob", "ProcessingJob", "TransformJob")
COMPUTE = (*JOBS, "Endpoint", "App")
"""Kinds whose records hold instances while they last."""
WRITING = (*JOBS, "App", "Space")
"""Kinds that are for writing what is stored."""
STATES: Mapping[str, tuple[str | None, ...]] = {
    **dict.fromkeys(JOBS, ("InProgress", "Stopping")),
    "Endpoint": (None,),
    "App": ("Pending", "InService"),
}
FRESH = 10.0
"""Seconds for which the bytes of a project are not added up anew; what is written meanwhile is added."""


def quota(store: Store, project: str) -> Mapping[str, Any]:
    try:
        return store.get(Key(project, KIND, "quota")).spec
    except Missing:
        return {}


def records(store: Store, kind: str, project: str, states: tuple[str | None, ...]) -> Iterator[Record]:
    for state in states:
        yield from scan(store, Query(kind, project, state=state))


def _of_config(store: Store, project: str, name: str) -> list[tuple[str, int]]:
    try:
        return list(instances(store.get(Key(project, "EndpointConfig", name)).spec))
    except Missing:
        return []


def wanted(store: Store, project: str, kind: str, spec: Document) -> list[tuple[str, int]]:
    """(instance type, how many) of what is asked for."""
    if kind == "Endpoint":
        return _of_config(store, project, spec["EndpointConfigName"])
    found = list(instances(spec))
    return found or ([("ml.t3.medium", 1)] if kind == "App" else [])


def _held(store: Store, record: Record) -> list[tuple[str, int]]:
    plan = record.status.get("_next") or record.status.get("_live")
    if record.key.kind != "Endpoint" or plan is None:
        return wanted(store, record.key.project, record.key.kind, record.spec)
    if record.status.get("EndpointStatus") == "Failed" and not record.status.get("_live"):
        return []
    asked = record.spec.get("_desired", {}).get(str(plan["Generation"]), {})
    return [
        (one["InstanceType"], int(asked.get(one["VariantName"], {}).get("Count", one["Count"])))
        for one in plan["Variants"]
        if "InstanceType" in one
    ]


def _sum(found: list[tuple[str, int]]) -> tuple[int, float]:
    sizes = [(instance(type), count) for type, count in found]
    return sum(count for _, count in found), sum(size.cores * count for size, count in sizes if size is not None)


def in_use(store: Store, project: str, but: Key | None = None) -> tuple[int, float]:
    """(instances, cores) of what goes on in the project."""
    found: list[tuple[str, int]] = []
    for kind in COMPUTE:
        for record in records(store, kind, project, STATES[kind]):
            if record.key != but:
                found += _held(store, record)
    return _sum(found)


def _number(value: float) -> str:
    return f"{int(value)}" if value == int(value) else f"{value:g}"


def sentence(what: str, unit: str, limit: float, used: float, delta: float | None = None) -> str:
    """delta: where it is known before how much more there will be."""
    more = "" if delta is None else f" and a request delta of {_number(delta)} {unit}"
    return (
        f"The account-level service limit '{what}' is {_number(limit)} {unit}, with current utilization of {_number(used)} "
        f"{unit}{more}. Please ask an administrator of the studio to request an increase for this quota."
    )


def _asked(store: Store, key: Key, spec: Document) -> tuple[tuple[int, float], tuple[int, float]]:
    """(instances, cores) that the record of that key would have with that spec, and those it has."""
    found, before = wanted(store, key.project, key.kind, spec), (0, 0.0)
    if key.kind == "Endpoint":
        try:
            there = store.get(key)
            before = _sum(_held(store, there))
            if spec.get("_generation") == there.spec.get("_generation"):
                # Other counts of what is in service.
                found = _held(store, replace(there, spec=spec))
        except Missing:
            pass
    return _sum(found), before


def grows(store: Store, key: Key, spec: Document) -> bool:
    """Whether the record would need more with that spec than it has. What is new does; to have less is always allowed."""
    try:
        there = store.get(key)
    except Missing:
        return True
    if key.kind == "InferenceComponent":
        return copies(replace(there, spec=spec)) > copies(there)
    if key.kind != "Endpoint":
        return True
    (count, cores), (had_count, had_cores) = _asked(store, key, spec)
    return count > had_count or cores > had_cores


def check(store: Store, key: Key, spec: Document) -> None:
    """Whether the record of that key may have that spec (instead of the one it has). Raises LimitExceeded."""
    limits = quota(store, key.project)
    if "Instances" not in limits and "Cores" not in limits:
        return
    (count, cores), before = _asked(store, key, spec)
    used_count, used_cores = in_use(store, key.project, key)
    rows = (
        ("Instances", "Total instances of the project", count, used_count, before[0]),
        ("Cores", "Total cores of the project", cores, used_cores, before[1]),
    )
    for name, what, asked, used, had in rows:
        # Less than there was is never refused, so that a lowered quota can be met.
        if name in limits and asked > had and used + asked > limits[name]:
            raise LimitExceeded(sentence(what, name, limits[name], used + had, asked - had))


STORAGE = "Storage of the project"
FULL = "Delete objects, files of spaces, or spaces that are no longer needed, to make room."


@dataclass(frozen=True, slots=True)
class Stored:
    objects: int
    homes: int

    @property
    def all(self) -> int:
        return self.objects + self.homes


def stored(store: Store, blobs: Blobs, project: str) -> Stored:
    return Stored(blobs.stored(project), int(noted(store, project).get("Bytes", 0)))


@dataclass(slots=True)
class _Ledger:
    """Of one project: what the last sum found, and what was and is being written since it began. So a sum may be old, and
    may be made while others write, and still nothing is left out."""

    when: float = -math.inf
    summed: int = 0
    begun: int = 0
    """Of `written`, when the sum began."""
    written: int = 0
    writing: int = 0
    """What was let in and is not done: in no sum for certain."""

    @property
    def held(self) -> int:
        return self.summed + self.written - self.begun + self.writing

    @property
    def old(self) -> bool:
        return time.monotonic() - self.when > FRESH

    def note(self, begun: int, summed: int) -> None:
        self.when, self.begun, self.summed = time.monotonic(), begun, summed


class Room:
    """For the bytes of a project, at every write: one comparison, and a sum of what lies there now and then."""

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self._store, self._blobs = store, blobs
        self._ledgers: dict[str, _Ledger] = {}

    def _sum(self, project: str) -> int:
        return stored(self._store, self._blobs, project).all

    def _limit(self, project: str) -> float | None:
        return quota(self._store, project).get("StorageBytes")

    def check(self, project: str) -> None:
        """Whether something may begin that will write. Raises LimitExceeded."""
        limit = self._limit(project)
        if limit is None:
            return
        ledger = self._ledgers.setdefault(project, _Ledger())
        if ledger.old or ledger.held >= limit:
            ledger.note(ledger.written, self._sum(project))
        if ledger.held >= limit:
            raise LimitExceeded(f"{sentence(STORAGE, 'Bytes', limit, ledger.held)} {FULL}")

    @asynccontextmanager
    async def take(self, project: str, size: int | None) -> AsyncGenerator[None]:
        """Around a write of so many bytes. Raises S3's error where the project may not store so many more."""
        limit = self._limit(project)
        ledger = self._ledgers.setdefault(project, _Ledger())
        if limit is not None:
            if size is None:
                # Nobody knows yet whether there is room.
                raise s3_error("MissingContentLength")
            await self._make_sure(project, ledger, limit, size)
        size = size or 0
        ledger.writing += size
        try:
            yield
            ledger.written += size
        finally:
            ledger.writing -= size

    async def _make_sure(self, project: str, ledger: _Ledger, limit: float, size: int) -> None:
        # Something may have been deleted since.
        if ledger.old or ledger.held + size > limit:
            begun = ledger.written
            ledger.note(begun, await asyncio.to_thread(self._sum, project))
        if ledger.held + size > limit:
            raise s3_error("QuotaExceeded", f"{sentence(STORAGE, 'Bytes', limit, ledger.held, size)} {FULL}")
