"""Which jobs read a version, and which one wrote what it was made of: by the addresses in their requests."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.store.protocol import Query

KINDS = ("TrainingJob", "ProcessingJob", "TransformJob")
OUTPUTS = ("OutputDataConfig", "ProcessingOutputConfig", "TransformOutput")
RUNNING = ("InProgress", "Stopping")
MOST = 2000
"""Newest jobs of a kind that are looked at."""


def addresses(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        if document.startswith("s3://"):
            yield document
    elif isinstance(document, Mapping):
        for one in document.values():  # pyright: ignore[reportUnknownVariableType]
            yield from addresses(one)
    elif isinstance(document, Sequence):
        for one in document:  # pyright: ignore[reportUnknownVariableType]
            yield from addresses(one)


def _jobs(platform: Platform, project: str) -> Iterator[Record]:
    for kind in KINDS:
        yield from platform.store.query(Query(kind, project, descending=True, limit=MOST)).records


def _shown(record: Record, how: str) -> dict[str, Any]:
    status = next((value for name, value in record.status.items() if name == f"{record.key.kind}Status"), "")
    return {
        "Kind": record.key.kind, "Name": record.key.name, "Status": status, "How": how, "CreationTime": record.created,
    }  # fmt: skip


def _reads(record: Record, uri: str) -> bool:
    inputs = {name: value for name, value in record.spec.items() if name not in OUTPUTS}
    folder = uri.rstrip("/") + "/"
    return any(f"{one.rstrip('/')}/".startswith(folder) for one in addresses(inputs))


def used_by(platform: Platform, project: str, uri: str, since: float) -> list[dict[str, Any]]:
    """Jobs that read something below a version's address, made after it: an address may have had another one before."""
    jobs = (one for one in _jobs(platform, project) if one.created >= since)
    return [_shown(record, "Read") for record in jobs if _reads(record, uri)]


def held_by(platform: Platform, project: str, uri: str) -> str | None:
    """A job that has not ended and reads something below an address."""
    for kind in KINDS:
        for state in RUNNING:
            for record in platform.store.query(Query(kind, project, state=state, limit=MOST)).records:
                if _reads(record, uri):
                    return f"{kind} {record.key.name}"
    return None


def made_by(platform: Platform, project: str, source: str, before: float) -> list[dict[str, Any]]:
    """Jobs that wrote at or above where a version was taken from, made before it."""
    wanted = source.rstrip("/") + "/"
    found: list[dict[str, Any]] = []
    for record in _jobs(platform, project):
        outputs = [one.rstrip("/") for name in OUTPUTS for one in addresses(record.spec.get(name))]
        if record.key.kind == "TrainingJob":
            outputs = [f"{one}/{record.key.name}" for one in outputs]
        if record.created < before and any(wanted.startswith(f"{one}/") for one in outputs):
            found.append(_shown(record, "Wrote"))
    return found[:1]
