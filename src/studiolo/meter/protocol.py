"""The port to the meter: who used how many instances of what for how long, and what it cost (tests/meter proves each).

What is metered is a *stretch*: one member of a process group from its start to its end, named by (handle, member, start),
all of which the runner keeps on disk. Recording a stretch again, or to a later end, adds only what was not counted yet, in
one transaction with the sums by day; so nothing is counted twice and nothing is left out, whenever the server is killed.
Implementation: sqlite.py (a file, or ":memory:" for tests).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose use it is, and of what."""

    project: str
    user: str
    kind: str
    name: str
    type: str
    """Instance type, or one of the studio's own (see services/metering/prices.py)."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    end:    up to when it is known to have run; never moves back.
    closed: it runs no more.
    units:  instances (GB, cores) it stands for.
    price:  of one unit for an hour; holds for what this record adds, not for what was counted before.
    subject, units: those of the first record of a stretch stay.
    """

    handle: str
    member: str
    start: float
    end: float
    closed: bool
    subject: Subject
    units: float
    price: float


@dataclass(frozen=True, slots=True)
class Seen:
    handle: str
    member: str
    start: float
    end: float


GROUPS = ("Day", "Month", "Project", "User", "Kind", "Resource", "InstanceType", "Tag")


@dataclass(frozen=True, slots=True)
class Question:
    """Days are days of UTC since 1970, both included. A filter that is None lets everything pass."""

    first: int
    last: int
    by: Sequence[str] = ()
    """Of GROUPS, in the order of the answer's keys; "Resource" gives "Kind/name"."""
    tag: str = ""
    """The tag's key that "Tag" groups by; what does not have it is ""."""
    project: str | None = None
    user: str | None = None
    kind: str | None = None
    name: str | None = None
    prefix: str | None = None
    """Of names, as they are written."""
    type: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Row:
    keys: Sequence[str]
    seconds: float
    """Of instances: two instances for an hour are 7,200."""
    cost: float


class Meter(Protocol):
    def record(self, stretches: Sequence[Stretch]) -> None:
        """All or none. Raises MeterFull where the disk has no space."""
        ...

    def seen(self, handle: str, member: str, start: float) -> float | None:
        """Up to when a stretch is counted; None if it is not known."""
        ...

    def running(self) -> Sequence[Seen]:
        """Those not closed."""
        ...

    def close_off(self, seen: Sequence[Seen]) -> None:
        """Closes stretches where they are: nobody knows of a later end."""
        ...

    def forget(self, before: float, there: Sequence[str]) -> int:
        """Drops stretches that were closed and ended before then, but none of the handles that are still there: those
        may be recorded again. The sums stay. How many went."""
        ...

    def ask(self, question: Question) -> Sequence[Row]:
        """Sorted by their keys."""
        ...

    def close(self) -> None: ...


class MeterFull(Exception):
    """There is no space to write; nothing was recorded."""
