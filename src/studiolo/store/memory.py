"""Records in memory, for tests: the same contract as sqlite.py, held by the same suite."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from studiolo.base.record import Document, Key, Record
from studiolo.store import protocol
from studiolo.store.index import fold, holds, index_of, no_page, page_of, read_token, tell
from studiolo.store.protocol import AlreadyExists, Change, Index, Indexer, Missing, Page, Query, Stale, Watcher


def _copy(document: Document) -> Any:
    """What a reader gets can't change what is stored."""
    return orjson.loads(orjson.dumps(document))


class MemoryStore(protocol.Store):
    def __init__(self, indexers: Mapping[str, Indexer] | None = None) -> None:
        self._indexers = indexers or {}
        self._records: dict[tuple[str, str, str], tuple[int, Record, Index]] = {}
        self._changes: dict[Key, Change] = {}
        self._watchers: list[Watcher] = []
        self._lock = threading.RLock()
        self._sequence = 0
        self._ids = 0

    def _slot(self, key: Key) -> tuple[str, str, str]:
        return key.kind, key.project, fold(key.name)

    def _put(self, id: int, key: Key, record: Record | None) -> None:
        if record is None:
            del self._records[self._slot(key)]
        else:
            self._records[self._slot(key)] = (id, record, index_of(self._indexers, record))
        self._sequence += 1
        change = Change(self._sequence, key, record)
        self._changes.pop(key, None)
        self._changes[key] = change
        tell(tuple(self._watchers), change)

    def create(
        self, key: Key, spec: Document, status: Document, *, now: float, tags: Mapping[str, str] | None = None
    ) -> Record:
        with self._lock:
            if self._slot(key) in self._records:
                raise AlreadyExists(self._records[self._slot(key)][1])
            record = Record(key, _copy(spec), _copy(status), 1, now, now, dict(tags or {}))
            self._ids += 1
            self._put(self._ids, key, record)
            return record

    def _seen(self, seen: Record) -> tuple[int, Record]:
        try:
            id, old, _ = self._records[self._slot(seen.key)]
        except KeyError:
            raise Missing(seen.key.handle()) from None
        if old.version != seen.version:
            raise Stale(seen.key.handle())
        return id, old

    def get(self, key: Key) -> Record:
        with self._lock:
            try:
                return self._records[self._slot(key)][1]
            except KeyError:
                raise Missing(key.handle()) from None

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
        with self._lock:
            id, old = self._seen(seen)
            new = Record(
                old.key,
                old.spec if spec is None else _copy(spec),
                old.status if status is None else _copy(status),
                old.version + 1,
                old.created,
                now,
                old.tags if tags is None else dict(tags),
                old.deleting if deleting is None else deleting,
            )
            if (new.spec, new.status, new.tags, new.deleting) == (old.spec, old.status, old.tags, old.deleting):
                return old
            self._put(id, new.key, new)
            return new

    def delete(self, seen: Record) -> None:
        with self._lock:
            id, old = self._seen(seen)
            self._put(id, old.key, None)

    def _matches(self, query: Query, record: Record, index: Index) -> bool:
        def within(value: float, after: float | None, before: float | None) -> bool:
            return (after is None or value > after) and (before is None or value < before)

        return (
            record.key.kind == query.kind
            and query.project in (None, record.key.project)
            and (not query.name_contains or fold(query.name_contains) in fold(record.key.name))
            and query.state in (None, index.state)
            and within(record.created, query.created_after, query.created_before)
            and within(record.modified, query.modified_after, query.modified_before)
            and all(index.labels.get(label) == value for label, value in query.labels.items())
            and all(record.tags.get(tag) == value for tag, value in query.tags.items())
            and (query.where is None or holds(query.where, record, index))
        )

    def _found(self, query: Query) -> list[tuple[tuple[Any, int], Record]]:
        value: dict[str, Callable[[Record, Index], Any]] = {
            "name": lambda record, index: fold(record.key.name),
            "created": lambda record, index: record.created,
            "modified": lambda record, index: record.modified,
            "state": lambda record, index: index.state,
        }
        with self._lock:
            hits = [
                ((value[query.sort](record, index), id), record)
                for id, record, index in self._records.values()
                if self._matches(query, record, index)
            ]
        return sorted(hits, key=lambda hit: hit[0], reverse=query.descending)

    def query(self, query: Query) -> Page:
        if query.limit < 1:
            return no_page(query)
        hits = self._found(query)
        if query.token:
            last = read_token(query.token, query)
            hits = [hit for hit in hits if (hit[0] < last if query.descending else hit[0] > last)]
        page = hits[: query.limit]
        return page_of(query, [record for _, record in page], [position for position, _ in page], len(hits) > len(page))

    def count(self, query: Query) -> int:
        return len(self._found(query))

    def changes(self, after: int, limit: int = 1000) -> Sequence[Change] | None:
        with self._lock:
            if after > self._sequence:
                return None
            return [change for change in self._changes.values() if change.sequence > after][:limit]

    def sequence(self) -> int:
        return self._sequence

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        with self._lock:
            self._watchers.append(watcher)

        def unwatch() -> None:
            with self._lock:
                if watcher in self._watchers:
                    self._watchers.remove(watcher)

        return unwatch

    def close(self) -> None:
        self._records.clear()
