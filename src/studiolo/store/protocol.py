"""The port to the record store: the contract that every implementation keeps (tests/store/store_contract.py proves it).

Called by the verbs (spec), the controllers (status) and the control loop (watch). All calls are synchronous, short and
thread-safe, so handlers on the event loop call them directly. Implementations: sqlite.py, memory.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from studiolo.base.record import Document, Key, Record


class StoreError(Exception):
    """Base of what a store raises on purpose."""


class AlreadyExists(StoreError):
    """A record of this key is there already (names compare without case). `existing` is it."""

    def __init__(self, existing: Record) -> None:
        super().__init__(existing.key.handle())
        self.existing = existing


class Missing(StoreError):
    """No record of this key."""


class Stale(StoreError):
    """The record was written since it was read: read it again and decide again."""


class StoreFull(StoreError):
    """The disk is full. Reading goes on, and a write may succeed again as soon as there is space."""


class BadToken(StoreError):
    """The page token was not issued for this query."""


@dataclass(frozen=True, slots=True)
class Index:
    """What a list may filter and sort by, derived from a record by its kind when it is written.

    state:  the kind's status word ("InProgress"), "" where it has none.
    labels: further equality filters ("EndpointConfigName" -> "x"); values up to 1,024 characters. Names that begin with
            "tag:" are the store's own.
    """

    state: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


Indexer = Callable[[Record], Index]
"""A store is given one Indexer per kind when it is opened; kinds without one get an empty Index."""


@dataclass(frozen=True, slots=True)
class Is:
    """A member of the index compared. Names compare with their case; "contains" is for names and ignores it."""

    of: Literal["name", "state", "created", "modified"]
    how: Literal["=", "<", "<=", ">", ">=", "contains"]
    value: str | float


@dataclass(frozen=True, slots=True)
class Tagged:
    tag: str
    value: str | None = None
    """None: the tag is there, whatever it holds."""


@dataclass(frozen=True, slots=True)
class Not:
    one: "Condition"


@dataclass(frozen=True, slots=True)
class Every:
    """True where there is none."""

    of: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """False where there is none."""

    of: "tuple[Condition, ...]"


Condition = Is | Tagged | Not | Every | Either
"""What the index can answer without reading a record."""


@dataclass(frozen=True, slots=True)
class Query:
    """One page of a kind's records, filtered and sorted by the store's index.

    project None spans all projects (controllers, administration). Times are epoch seconds, bounds exclusive.
    where is a further condition. limit 0 gives an empty page with the token it was asked with.
    """

    kind: str
    project: str | None
    name_contains: str | None = None
    state: str | None = None
    created_after: float | None = None
    created_before: float | None = None
    modified_after: float | None = None
    modified_before: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    where: Condition | None = None
    sort: Literal["name", "created", "modified", "state"] = "created"
    descending: bool = False
    limit: int = 100
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    records: Sequence[Record]
    token: str | None
    """Opaque; None on the last page. A record written while paging is seen at most once."""
    resume: Callable[[int], str]
    """A token for what follows the page's n-th record, counted from 1."""


@dataclass(frozen=True, slots=True)
class Change:
    """sequence rises by one or more with every write of the whole store; a deleted record leaves record=None."""

    sequence: int
    key: Key
    record: Record | None


Watcher = Callable[[Change], None]


class Store(Protocol):
    def create(
        self, key: Key, spec: Document, status: Document, *, now: float, tags: Mapping[str, str] | None = None
    ) -> Record:
        """Writes version 1. Raises AlreadyExists."""
        ...

    def get(self, key: Key) -> Record:
        """Raises Missing. The name is matched without case; the answer carries the stored case."""
        ...

    def again(self, seen: Record) -> Record:
        """As `get` of its key; `seen` itself where it was not written since. For documents so large that reading one is
        work: who keeps a record must leave its documents as they are."""
        return self.get(seen.key)

    def write(
        self,
        seen: Record,
        *,
        now: float,
        spec: Document | None = None,
        status: Document | None = None,
        tags: Mapping[str, str] | None = None,
        deleting: bool | None = None,
    ) -> Record:
        """Replaces the given parts whole if the stored version is still `seen.version`.

        Raises Stale or Missing. A write that changes nothing returns the record as it is and makes no change.
        """
        ...

    def delete(self, seen: Record) -> None:
        """Removes it if its version is still `seen.version`. Raises Stale or Missing."""
        ...

    def query(self, query: Query) -> Page:
        """Raises BadToken."""
        ...

    def count(self, query: Query) -> int:
        """How many records match (limit and token are ignored)."""
        ...

    def changes(self, after: int, limit: int = 1000) -> Sequence[Change] | None:
        """Changes after a sequence number, oldest first, newest per key; None if that number is no longer kept."""
        ...

    def sequence(self) -> int:
        """The number of the newest change, 0 for an empty store."""
        ...

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Calls `watcher` after every committed write, in order, in the writing thread. Returns the unsubscriber.

        A watcher must not block. What it raises is logged: the write stands, and the other watchers are told.
        """
        ...

    def close(self) -> None: ...
