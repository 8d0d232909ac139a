"""Where every object's bytes are and what is known of it: an SQLite file beside the bytes.

A listing needs order, prefixes and skipping, which a file system gives badly and SQLite well; so this module, like store
and series, may speak SQL. Text is compared by its UTF-8 bytes, as S3 orders keys.
"""

import sqlite3
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from studiolo.base.reserve import disk_full
from studiolo.blobs.protocol import Attributes, Condition, NoSuchKey, Object, OutOfSpace, PreconditionFailed

Segments = list[tuple[str, int]]
"""(file, size) in order; more than one after a multipart upload, which is never copied together."""

STEPS = (
    """
    CREATE TABLE buckets (name TEXT PRIMARY KEY, owner TEXT NOT NULL, created REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE objects (
        bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, modified REAL NOT NULL,
        segments BLOB NOT NULL, about BLOB NOT NULL, PRIMARY KEY (bucket, key)
    ) WITHOUT ROWID;
    CREATE TABLE uploads (
        id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, started REAL NOT NULL, about BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE parts (
        upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        modified REAL NOT NULL, about BLOB NOT NULL, PRIMARY KEY (upload, number)
    ) WITHOUT ROWID;
    CREATE TABLE files (file TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID;
    """,
)
"""`files` counts the uses of each data file; one whose count falls to 0 stays listed until it is really removed."""


class Index:
    def __init__(self, path: Path, *, durable: bool = False) -> None:
        self._path = path
        self._synchronous = "FULL" if durable else "NORMAL"
        self._lock = threading.RLock()
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._writer = self._connect()
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        for number, step in enumerate(STEPS[version:], version + 1):
            self._writer.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT;")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        self._all.append(connection)
        return connection

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and disk_full(error, self._path):
                    raise OutOfSpace("The disk is full.") from error
                raise

    @property
    def _reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "reader"):
            self._local.reader = self._connect()
        return self._local.reader

    def one(self, sql: str, *values: Any) -> Sequence[Any] | None:
        return self._reader.execute(sql, values).fetchone()

    def all(self, sql: str, *values: Any) -> list[Any]:
        return self._reader.execute(sql, values).fetchall()

    def close(self) -> None:
        with self._lock:
            for connection in self._all:
                connection.close()


def use(writer: sqlite3.Connection, file: str) -> None:
    writer.execute("INSERT INTO files VALUES (?, 1) ON CONFLICT (file) DO UPDATE SET used = used + 1", (file,))


def drop(writer: sqlite3.Connection, files: Sequence[str]) -> list[str]:
    """Gives up one use of each; the files nobody uses any more."""
    for file in files:
        writer.execute("UPDATE files SET used = used - 1 WHERE file = ?", (file,))
    marks = ",".join("?" * len(files))
    return [row[0] for row in writer.execute(f"SELECT file FROM files WHERE used <= 0 AND file IN ({marks})", files)]


def after_prefix(prefix: str) -> bytes:
    """A bound above everything that begins with `prefix`: no UTF-8 text holds that byte. Compare with CAST(? AS TEXT)."""
    return prefix.encode() + b"\xff"


def about_of(attributes: Attributes, sums: Mapping[str, str]) -> bytes:
    return orjson.dumps(
        {
            "type": attributes.content_type,
            "metadata": attributes.metadata,
            "headers": attributes.headers,
            "tags": attributes.tags,
            "checksums": sums,
        }
    )


def object_of(row: Sequence[Any]) -> Object:
    """row: key, size, etag, modified, about, segments."""
    key, size, etag, modified, about, segments = row
    known = orjson.loads(about)
    parts = tuple(size for _, size in orjson.loads(segments)) if "-" in etag else ()
    return Object(
        key,
        size,
        etag,
        modified,
        known["type"],
        known["metadata"],
        known["headers"],
        known["checksums"],
        known["tags"],
        parts,
    )


def check(condition: Condition, etag: str | None) -> None:
    if condition.if_none_match == "*" and etag is not None:
        raise PreconditionFailed("The key is taken.")
    if condition.if_match is not None and etag is None:
        raise NoSuchKey("There is no object to match.")
    if condition.if_match is not None and condition.if_match not in ("*", etag):
        raise PreconditionFailed("The object is another one by now.")
