"""Records in one SQLite file (WAL), the default store: no server, several thousand writes a second, indexed lists.

One connection writes, under a lock; each thread reads on a connection of its own, so readers never wait for a writer.
synchronous=NORMAL: a power cut may take back the last moments, a kill -9 takes back nothing.
"""

import logging
import sqlite3
import threading
import weakref
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson

from studiolo.base.record import Document, Key, Record
from studiolo.base.reserve import Reserve, disk_full
from studiolo.store import protocol
from studiolo.store.index import fold, index_of, labels_of, no_page, page_of, read_token, tell, to_sql
from studiolo.store.migrations import STEPS
from studiolo.store.protocol import (
    AlreadyExists,
    Change,
    Indexer,
    Missing,
    Page,
    Query,
    Stale,
    StoreFull,
    Tagged,
    Watcher,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

_COLUMNS = "records.project, records.kind, name, spec, status, tags, version, created, modified, deleting, records.id"
_SORT = {"name": "folded", "created": "created", "modified": "modified", "state": "state"}
KEPT_CHANGES = 200_000
"""How far back `changes` can replay, in writes."""


def _record(row: Sequence[Any]) -> Record:
    project, kind, name, spec, status, tags, version, created, modified, deleting = row[:10]
    loads = orjson.loads
    return Record(
        Key(project, kind, name), loads(spec), loads(status), version, created, modified, loads(tags), bool(deleting)
    )


def _where(query: Query) -> tuple[str, list[Any]]:
    clauses, values = ["kind = ?"], [query.kind]

    def add(clause: str, value: Any) -> None:
        if value is not None:
            clauses.append(clause)
            values.append(value)

    add("project = ?", query.project)
    add("instr(folded, ?) > 0", fold(query.name_contains) if query.name_contains else None)
    add("state = ?", query.state)
    add("created > ?", query.created_after)
    add("created < ?", query.created_before)
    add("modified > ?", query.modified_after)
    add("modified < ?", query.modified_before)
    for label, value in query.labels.items():
        clauses.append("id IN (SELECT id FROM labels WHERE label = ? AND value = ?)")
        values += [label, value]
    where = (query.where,) if query.where is not None else ()
    for condition in (*where, *(Tagged(tag, value) for tag, value in query.tags.items())):
        sql, given = to_sql(condition)
        clauses.append(sql)
        values += given
    return " AND ".join(clauses), values


class _Reader:
    """A thread's own connection: closed when its thread has ended and its locals are dropped."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class SqliteStore(protocol.Store):
    def __init__(
        self, path: Path, indexers: Mapping[str, Indexer] | None = None, reserve: Reserve | None = None
    ) -> None:
        """reserve: given up when the disk is full, so that what is there already can still change; new records are
        refused until it can be held again."""
        self._path = path
        self._reserve = reserve
        self._low = False
        self._indexers = indexers or {}
        self._lock = threading.RLock()
        self._local = threading.local()
        self._readers: weakref.WeakSet[_Reader] = weakref.WeakSet()
        self._watchers: list[Watcher] = []
        self._writer = self._connect()
        self._migrate()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    def _migrate(self) -> None:
        self._path.chmod(0o600)
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        if version > len(STEPS):
            raise protocol.StoreError(
                f"{self._path} was written by a newer version of studiolo (its version is {version}, this one reads "
                f"{len(STEPS)}): start that version, or another home."
            )
        for number, step in enumerate(STEPS[version:], version + 1):
            self._writer.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT;")

    @property
    def _reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "reader"):
            self._local.reader = _Reader(self._connect())
            with self._lock:
                self._readers.add(self._local.reader)
        return self._local.reader.connection

    @contextmanager
    def _transaction(self) -> Generator[tuple[sqlite3.Connection, list[Change]]]:
        """Commits what was written, then tells the watchers of the changes collected, in order."""
        with self._lock:
            changes: list[Change] = []
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer, changes
                self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and disk_full(error, self._path):
                    raise StoreFull("The studio's disk is full.") from error
                raise
            for change in changes:
                tell(tuple(self._watchers), change)

    def _log(self, writer: sqlite3.Connection, key: Key, record: Record | None) -> Change:
        row = (key.project, key.kind, key.name)
        writer.execute("DELETE FROM changes WHERE project = ? AND kind = ? AND name = ?", row)
        cursor = writer.execute(
            "INSERT INTO changes (project, kind, name, gone) VALUES (?, ?, ?, ?)", (*row, record is None)
        )
        sequence = cursor.lastrowid or 0
        if sequence % 1000 == 0:
            writer.execute("DELETE FROM changes WHERE gone AND sequence <= ?", (sequence - KEPT_CHANGES,))
        return Change(sequence, key, record)

    def _label(self, writer: sqlite3.Connection, id: int, labels: Mapping[str, str]) -> None:
        writer.execute("DELETE FROM labels WHERE id = ?", (id,))
        writer.executemany(
            "INSERT INTO labels (id, label, value) VALUES (?, ?, ?)",
            [(id, name, text) for name, text in labels.items()],
        )

    def _check_space(self) -> None:
        """Refuses what is new while the reserve is spent."""
        if self._low and self._reserve is not None:
            if not self._reserve.hold():
                raise StoreFull("The studio's disk is full.")
            self._low = False

    def _retried(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except StoreFull:
            if self._reserve is None or self._low:
                raise
            log.warning("the disk is full: the reserve is given up, and nothing new is taken until there is space")
            self._low = True
            self._reserve.release()
            return act()

    def create(
        self, key: Key, spec: Document, status: Document, *, now: float, tags: Mapping[str, str] | None = None
    ) -> Record:
        self._check_space()
        return self._retried(lambda: self._create(key, spec, status, now=now, tags=tags))

    def _create(
        self, key: Key, spec: Document, status: Document, *, now: float, tags: Mapping[str, str] | None = None
    ) -> Record:
        record = Record(key, spec, status, 1, now, now, dict(tags or {}))
        index = index_of(self._indexers, record)
        dumps = orjson.dumps
        with self._transaction() as (writer, changes):
            try:
                cursor = writer.execute(
                    "INSERT INTO records (project, kind, name, folded, spec, status, tags, version, created, modified,"
                    " state, deleting) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, 0)",
                    (key.project, key.kind, key.name, fold(key.name), dumps(spec), dumps(status), dumps(record.tags),
                     now, now, index.state),
                )  # fmt: skip
            except sqlite3.IntegrityError as error:
                raise AlreadyExists(self._get(writer, key)[0]) from error
            if labels := labels_of(index, record.tags):
                self._label(writer, cursor.lastrowid or 0, labels)
            changes.append(self._log(writer, key, record))
        return record

    def _get(self, connection: sqlite3.Connection, key: Key) -> tuple[Record, int]:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM records WHERE kind = ? AND project = ? AND folded = ?",
            (key.kind, key.project, fold(key.name)),
        ).fetchone()
        if row is None:
            raise Missing(key.handle())
        return _record(row), row[10]

    def get(self, key: Key) -> Record:
        return self._get(self._reader, key)[0]

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
        def act() -> Record:
            return self._write(seen, now=now, spec=spec, status=status, tags=tags, deleting=deleting)

        return self._retried(act)

    def _write(
        self,
        seen: Record,
        *,
        now: float,
        spec: Document | None = None,
        status: Document | None = None,
        tags: Mapping[str, str] | None = None,
        deleting: bool | None = None,
    ) -> Record:
        with self._transaction() as (writer, changes):
            old, id = self._seen(writer, seen, status)
            new = Record(
                old.key,
                old.spec if spec is None else spec,
                old.status if status is None else status,
                old.version + 1,
                old.created,
                now,
                old.tags if tags is None else dict(tags),
                old.deleting if deleting is None else deleting,
            )
            if (new.spec, new.status, new.tags, new.deleting) == (old.spec, old.status, old.tags, old.deleting):
                return old
            index = index_of(self._indexers, new)
            given = {"spec": spec, "status": status, "tags": tags}
            parts = {name: orjson.dumps(part) for name, part in given.items() if part is not None}
            writer.execute(
                f"UPDATE records SET {''.join(f'{name} = ?, ' for name in parts)}"
                "version = ?, modified = ?, state = ?, deleting = ? WHERE id = ?",
                (*parts.values(), new.version, now, index.state, new.deleting, id),
            )
            labels = labels_of(index, new.tags)
            if labels != dict(writer.execute("SELECT label, value FROM labels WHERE id = ?", (id,)).fetchall()):
                self._label(writer, id, labels)
            changes.append(self._log(writer, new.key, new))
        return new

    def _seen(self, writer: sqlite3.Connection, seen: Record, status: Document | None) -> tuple[Record, int]:
        """What is stored, and its place. Raises Stale, Missing. Read whole only where that may show something: a record of
        the same version is what the caller holds, unless the caller has changed the status in place."""
        if status is not None and status != seen.status and (id := self._place(writer, seen)) is not None:
            return seen, id
        old, id = self._get(writer, seen.key)
        if old.version != seen.version:
            raise Stale(seen.key.handle())
        return old, id

    def _place(self, connection: sqlite3.Connection, seen: Record) -> int | None:
        """Where it lies; None where another version does, or nothing."""
        row = connection.execute(
            "SELECT id FROM records WHERE kind = ? AND project = ? AND folded = ? AND version = ? AND created = ?"
            " AND deleting = ?",
            (seen.key.kind, seen.key.project, fold(seen.key.name), seen.version, seen.created, seen.deleting),
        ).fetchone()
        return None if row is None else int(row[0])

    def again(self, seen: Record) -> Record:
        return seen if self._place(self._reader, seen) is not None else self.get(seen.key)

    def delete(self, seen: Record) -> None:
        self._retried(lambda: self._delete(seen))

    def _delete(self, seen: Record) -> None:
        with self._transaction() as (writer, changes):
            old, id = self._get(writer, seen.key)
            if old.version != seen.version:
                raise Stale(seen.key.handle())
            writer.execute("DELETE FROM records WHERE id = ?", (id,))
            writer.execute("DELETE FROM labels WHERE id = ?", (id,))
            changes.append(self._log(writer, old.key, None))

    def query(self, query: Query) -> Page:
        if query.limit < 1:
            return no_page(query)
        where, values = _where(query)
        sort = _SORT[query.sort]
        order, beyond = ("DESC", "<") if query.descending else ("ASC", ">")
        if query.token:
            where += f" AND ({sort}, id) {beyond} (?, ?)"
            values += read_token(query.token, query)
        inner = f"SELECT id FROM records WHERE {where} ORDER BY {sort} {order}, id {order} LIMIT ?"
        rows = self._reader.execute(
            f"SELECT {_COLUMNS}, {sort} FROM records WHERE id IN ({inner}) ORDER BY {sort} {order}, id {order}",
            [*values, query.limit + 1],
        ).fetchall()
        more = len(rows) > query.limit
        rows = rows[: query.limit]
        return page_of(query, [_record(row) for row in rows], [(row[11], row[10]) for row in rows], more)

    def count(self, query: Query) -> int:
        where, values = _where(query)
        return int(self._reader.execute(f"SELECT count(*) FROM records WHERE {where}", values).fetchone()[0])

    def changes(self, after: int, limit: int = 1000) -> Sequence[Change] | None:
        newest = self.sequence()
        if after > newest or after < newest - KEPT_CHANGES:
            return None
        rows = self._reader.execute(
            "SELECT sequence, project, kind, name, gone FROM changes WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (after, limit),
        ).fetchall()
        found: list[Change] = []
        for sequence, project, kind, name, _ in rows:
            key = Key(project, kind, name)
            try:
                found.append(Change(sequence, key, self.get(key)))
            except Missing:
                found.append(Change(sequence, key, None))
        return found

    def sequence(self) -> int:
        row = self._reader.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
        return int(row[0]) if row else 0

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        with self._lock:
            self._watchers.append(watcher)

        def unwatch() -> None:
            with self._lock:
                if watcher in self._watchers:
                    self._watchers.remove(watcher)

        return unwatch

    def close(self) -> None:
        with self._lock:
            self._writer.close()
            for reader in tuple(self._readers):
                reader.connection.close()
