"""Log groups, streams and events that users write themselves, in one SQLite file; what jobs print stays in their files
(logs.py). Called by services/logs only.

Events come in any order of time, so a position in a stream is not a place in a file: it is (time, number), as one integer.
Everything a caller was told is on disk: a kill -9 takes nothing back.
"""

import sqlite3
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from studiolo.base.reserve import disk_full
from studiolo.series.protocol import LogLine

STEPS = (
    """
    CREATE TABLE groups (
        id INTEGER PRIMARY KEY, project TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, about BLOB NOT NULL,
        UNIQUE (project, name)
    );
    CREATE TABLE streams (
        id INTEGER PRIMARY KEY, grouped INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE, name TEXT NOT NULL,
        created INTEGER NOT NULL, ingested INTEGER, UNIQUE (grouped, name)
    );
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL REFERENCES streams ON DELETE CASCADE,
        time INTEGER NOT NULL, ingested INTEGER NOT NULL, message TEXT NOT NULL
    );
    CREATE INDEX events_by_time ON events (stream, time, id);
    CREATE INDEX events_by_number ON events (stream, id);
    """,
)
BITS = 40
"""Of a position that hold the number; the rest is the time."""
MAX_POSITION = (1 << (62 + BITS)) - 1
OVERHEAD = 26
"""Bytes that CloudWatch counts for an event beside its message."""


class Taken(Exception):
    """There is a group or stream of this name."""


class Gone(Exception):
    """There is no such group or stream (any more)."""


class EventsFull(Exception):
    """The disk has no room for it."""


@dataclass(frozen=True, slots=True)
class LogGroup:
    id: int
    name: str
    created: int
    """Epoch milliseconds."""
    about: Mapping[str, Any]
    """What its owner set: retention, class, tags …"""


@dataclass(frozen=True, slots=True)
class UserStream:
    id: int
    name: str
    created: int
    ingested: int | None
    """When the newest events came."""


def _position(time: int, number: int) -> int:
    return (time << BITS) + number


def _parts(position: int) -> tuple[int, int]:
    position = max(0, min(position, MAX_POSITION))
    return position >> BITS, position & ((1 << BITS) - 1)


def _line(row: Sequence[Any]) -> LogLine:
    number, time, ingested, message = row
    here = _position(time, number)
    return LogLine(time, message, here, here + 1, ingested)


class Events:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        for number, step in enumerate(STEPS[version:], version + 1):
            self._db.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT;")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _write(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and disk_full(error, self._path):
                    raise EventsFull from error
                raise

    def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # Groups.

    def create_group(self, project: str, name: str, now: int, about: Mapping[str, Any]) -> None:
        """Raises Taken."""
        with self._write() as db:
            try:
                db.execute(
                    "INSERT INTO groups (project, name, created, about) VALUES (?, ?, ?, ?)",
                    (project, name, now, orjson.dumps(about)),
                )
            except sqlite3.IntegrityError as error:
                raise Taken(name) from error

    def groups(self, project: str) -> list[LogGroup]:
        rows = self._read("SELECT id, name, created, about FROM groups WHERE project = ? ORDER BY name", (project,))
        return [LogGroup(id, name, created, orjson.loads(about)) for id, name, created, about in rows]

    def group(self, project: str, name: str) -> LogGroup:
        """Raises Gone."""
        sql = "SELECT id, name, created, about FROM groups WHERE project = ? AND name = ?"
        rows = self._read(sql, (project, name))
        if not rows:
            raise Gone(name)
        id, name, created, about = rows[0]
        return LogGroup(id, name, created, orjson.loads(about))

    def change(self, project: str, name: str, about: Mapping[str, Any]) -> None:
        """Sets what is given, and forgets what is given as None. Raises Gone."""
        with self._write() as db:
            group = self.group(project, name)
            new = {key: value for key, value in {**group.about, **about}.items() if value is not None}
            db.execute("UPDATE groups SET about = ? WHERE id = ?", (orjson.dumps(new), group.id))

    def delete_group(self, project: str, name: str) -> None:
        """With all its streams and events. Raises Gone."""
        with self._write() as db:
            if not db.execute("DELETE FROM groups WHERE project = ? AND name = ?", (project, name)).rowcount:
                raise Gone(name)

    def bytes(self, group: LogGroup) -> int:
        sql = f"""
            SELECT sum(length(CAST(message AS BLOB)) + {OVERHEAD}) FROM events JOIN streams ON streams.id = events.stream
            WHERE streams.grouped = ?
        """
        return int(self._read(sql, (group.id,))[0][0] or 0)

    # Streams.

    def create_stream(self, group: LogGroup, name: str, now: int) -> None:
        """Raises Taken, or Gone where the group is."""
        with self._write() as db:
            try:
                db.execute("INSERT INTO streams (grouped, name, created) VALUES (?, ?, ?)", (group.id, name, now))
            except sqlite3.IntegrityError as error:
                raise (Taken if "UNIQUE" in str(error) else Gone)(name) from error

    def streams(self, group: LogGroup, prefix: str = "") -> list[UserStream]:
        sql = (
            "SELECT id, name, created, ingested FROM streams WHERE grouped = ? AND substr(name, 1, ?) = ? ORDER BY name"
        )
        return [UserStream(*row) for row in self._read(sql, (group.id, len(prefix), prefix))]

    def stream(self, group: LogGroup, name: str) -> UserStream:
        """Raises Gone."""
        sql = "SELECT id, name, created, ingested FROM streams WHERE grouped = ? AND name = ?"
        rows = self._read(sql, (group.id, name))
        if not rows:
            raise Gone(name)
        return UserStream(*rows[0])

    def delete_stream(self, group: LogGroup, name: str) -> None:
        """Raises Gone."""
        with self._write() as db:
            if not db.execute("DELETE FROM streams WHERE grouped = ? AND name = ?", (group.id, name)).rowcount:
                raise Gone(name)

    # Events.

    def put(self, stream: UserStream, events: Sequence[tuple[int, str]], now: int, expired: int | None = None) -> None:
        """All or none. expired: what is older goes. Raises Gone."""
        with self._write() as db:
            try:
                db.executemany(
                    "INSERT INTO events (stream, time, ingested, message) VALUES (?, ?, ?, ?)",
                    [(stream.id, time, now, message) for time, message in events],
                )
            except sqlite3.IntegrityError as error:
                raise Gone(stream.name) from error
            db.execute("UPDATE streams SET ingested = ? WHERE id = ?", (now, stream.id))
            if expired is not None:
                db.execute("DELETE FROM events WHERE stream = ? AND time < ?", (stream.id, expired))

    def forward(self, stream: int, position: int, limit: int, since: int = 0) -> list[LogLine]:
        """since: epoch milliseconds, what is older is not shown."""
        sql = """
            SELECT id, time, ingested, message FROM events
            WHERE stream = ? AND (time, id) >= (?, ?) AND time >= ? ORDER BY time, id LIMIT ?
        """
        return [_line(row) for row in self._read(sql, (stream, *_parts(position), since, limit))]

    def backward(self, stream: int, before: int, limit: int, since: int = 0) -> list[LogLine]:
        """Those before a position, in order of time."""
        sql = """
            SELECT id, time, ingested, message FROM events
            WHERE stream = ? AND (time, id) < (?, ?) AND time >= ? ORDER BY time DESC, id DESC LIMIT ?
        """
        return [_line(row) for row in self._read(sql, (stream, *_parts(before), since, limit))][::-1]

    def came(self, stream: int, after: int, limit: int) -> list[tuple[int, LogLine]]:
        """In the order in which they came, with their numbers."""
        sql = "SELECT id, time, ingested, message FROM events WHERE stream = ? AND id > ? ORDER BY id LIMIT ?"
        return [(row[0], _line(row)) for row in self._read(sql, (stream, after, limit))]

    def newest(self) -> int:
        """The number of the event that came last, of all streams."""
        rows = self._read("SELECT seq FROM sqlite_sequence WHERE name = 'events'", ())
        return int(rows[0][0]) if rows else 0
