"""What a project may have at once: instances, cores, bytes stored. One record a project, written by the studio's
administrator; what is not named has no limit. Refused with AWS's own code and sentence.
"""

import asyncio
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from studiolo.base.errors import LimitExceeded
from studiolo.base.instances import instance
from studiolo.base.record import Document, Key, Record
from studiolo.blobs.protocol import Blobs
from studiolo.services.metering.subject import instances
from studiolo.services.s3.errors import s3_error
from studiolo.store.protocol import Missing, Query, Store

KIND = "Quota"
JOBS = ("TrainingJob", "ProcessingJob", "TransformJob")
COMPUTE = (*JOBS, "Endpoint", "App")
"""Kinds whose records hold instances while they last."""
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
        token = None
        while True:
            page = store.query(Query(kind, project, state=state, limit=500, token=token))
            yield from page.records
            token = page.token
            if token is None:
                break


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


def sentence(what: str, unit: str, limit: float, used: float, delta: float) -> str:
    return (
        f"The account-level service limit '{what}' is {limit:g} {unit}, with current utilization of {used:g} {unit} and a "
        f"request delta of {delta:g} {unit}. Please ask an administrator of the studio to request an increase for this quota."
    )


def check(store: Store, key: Key, spec: Document) -> None:
    """Whether the record of that key may have that spec (instead of the one it has). Raises LimitExceeded."""
    limits = quota(store, key.project)
    if "Instances" not in limits and "Cores" not in limits:
        return
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
    count, cores = _sum(found)
    used_count, used_cores = in_use(store, key.project, key)
    rows = (
        ("Instances", "Total instances of the project", count, used_count, before[0]),
        ("Cores", "Total cores of the project", cores, used_cores, before[1]),
    )
    for name, what, asked, used, had in rows:
        # Less than there was is never refused, so that a lowered quota can be met.
        if name in limits and asked > had and used + asked > limits[name]:
            raise LimitExceeded(sentence(what, name, limits[name], used + had, asked - had))


class Room:
    """For the bytes of a project, at every write: one comparison, and a sum of what lies there now and then."""

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self._store, self._blobs = store, blobs
        self._known: dict[str, tuple[float, int]] = {}

    async def used(self, project: str) -> int:
        when, held = self._known.get(project, (-math.inf, 0))
        if time.monotonic() - when > FRESH:
            held = await asyncio.to_thread(self._blobs.stored, project)
            self._known[project] = (time.monotonic(), held)
        return held

    async def take(self, project: str, size: int) -> None:
        """Raises S3's error where the project may not store so many bytes more."""
        limit = quota(self._store, project).get("StorageBytes")
        if limit is None:
            return
        held = await self.used(project)
        if held + size > limit:
            # Something may have been deleted since.
            self._known.pop(project, None)
            held = await self.used(project)
        if held + size > limit:
            raise s3_error("QuotaExceeded", sentence("Storage of the project", "Bytes", limit, held, size))
        when, held = self._known[project]
        self._known[project] = (when, held + size)
