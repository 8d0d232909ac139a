"""The meter in one SQLite file: stretches as they were recorded, and their sums by day and subject, which questions read.

A year of a busy studio is some hundred thousand sums; the stretches behind them are never read for a question.
Committed to the disk, since what a stretch was read from is removed after it.
"""

import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from studiolo.base.reserve import disk_full
from studiolo.meter import protocol
from studiolo.meter.days import cut
from studiolo.meter.protocol import MeterFull, Question, Row, Seen, Stretch, Subject

STEPS = (
    """
    CREATE TABLE subjects (
        id INTEGER PRIMARY KEY, project TEXT NOT NULL, user TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
        type TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (project, kind, name, user, type, tags)
    );
    CREATE TABLE stretches (
        handle TEXT NOT NULL, member TEXT NOT NULL, start REAL NOT NULL, end REAL NOT NULL, closed INTEGER NOT NULL,
        subject INTEGER NOT NULL, units REAL NOT NULL, PRIMARY KEY (handle, member, start)
    ) WITHOUT ROWID;
    CREATE INDEX running ON stretches (handle) WHERE closed = 0;
    CREATE TABLE days (
        day INTEGER NOT NULL, subject INTEGER NOT NULL, seconds REAL NOT NULL, cost REAL NOT NULL,
        PRIMARY KEY (day, subject)
    ) WITHOUT ROWID;
    """,
)
_COLUMNS = {
    "Day": "strftime('%Y-%m-%d', day * 86400, 'unixepoch')",
    "Month": "strftime('%Y-%m', day * 86400, 'unixepoch')",
    "Project": "project",
    "User": "user",
    "Kind": "kind",
    "Resource": "kind || '/' || name",
    "InstanceType": "type",
    "Tag": "coalesce((SELECT value FROM json_each(tags) WHERE key = :tag), '')",
}
_GROUPED = {**_COLUMNS, "Day": "day", "Resource": "kind, name"}


def _tags(tags: Mapping[str, str]) -> str:
    return json.dumps(dict(tags), sort_keys=True, ensure_ascii=False)


class SqliteMeter(protocol.Meter):
    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        for number, step in enumerate(STEPS[version:], version + 1):
            self._db.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT;")
        # Questions have a connection of their own, so that a long one keeps no record waiting.
        self._reading = threading.RLock() if str(path) != ":memory:" else self._lock
        self._reader = self._db
        if str(path) != ":memory:":
            self._reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)

    def record(self, stretches: Sequence[Stretch]) -> None:
        if not stretches:
            return
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                for one in stretches:
                    self._add(one)
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and disk_full(error, self._path):
                    raise MeterFull("The disk is full.") from error
                raise

    def _add(self, one: Stretch) -> None:
        key = (one.handle, one.member, one.start)
        found = self._db.execute(
            "SELECT end, closed, subject, units FROM stretches WHERE (handle, member, start) = (?, ?, ?)", key
        ).fetchone()
        if found is None:
            found = (one.start, 0, self._subject(one.subject), one.units)
            self._db.execute("INSERT INTO stretches VALUES (?, ?, ?, ?, 0, ?, ?)", (*key, *(found[0], *found[2:])))
        counted, closed, subject, units = found
        for day, seconds in cut(counted, one.end):
            self._db.execute(
                "INSERT INTO days VALUES (?, ?, ?, ?) ON CONFLICT (day, subject) DO UPDATE SET "
                "seconds = seconds + excluded.seconds, cost = cost + excluded.cost",
                (day, subject, seconds * units, seconds * units * one.price / 3600),
            )
        if one.end > counted or one.closed > closed:
            self._db.execute(
                "UPDATE stretches SET end = ?, closed = ? WHERE (handle, member, start) = (?, ?, ?)",
                (max(one.end, counted), int(one.closed or closed), *key),
            )

    def _subject(self, one: Subject) -> int:
        values = (one.project, one.user, one.kind, one.name, one.type, _tags(one.tags))
        self._db.execute(
            "INSERT OR IGNORE INTO subjects (project, user, kind, name, type, tags) VALUES (?, ?, ?, ?, ?, ?)", values
        )
        sql = "SELECT id FROM subjects WHERE (project, user, kind, name, type, tags) = (?, ?, ?, ?, ?, ?)"
        return int(self._db.execute(sql, values).fetchone()[0])

    def seen(self, handle: str, member: str, start: float) -> float | None:
        sql = "SELECT end FROM stretches WHERE (handle, member, start) = (?, ?, ?)"
        with self._lock:
            row = self._db.execute(sql, (handle, member, start)).fetchone()
        return None if row is None else float(row[0])

    def running(self) -> Sequence[Seen]:
        with self._lock:
            rows = self._db.execute("SELECT handle, member, start, end FROM stretches WHERE closed = 0").fetchall()
        return [Seen(*row) for row in rows]

    def close_off(self, seen: Sequence[Seen]) -> None:
        keys = [(one.handle, one.member, one.start) for one in seen]
        with self._lock:
            self._db.executemany("UPDATE stretches SET closed = 1 WHERE (handle, member, start) = (?, ?, ?)", keys)

    def forget(self, before: float, there: Sequence[str]) -> int:
        sql = "DELETE FROM stretches WHERE closed = 1 AND end < ? AND handle NOT IN (SELECT value FROM json_each(?))"
        with self._lock:
            return self._db.execute(sql, (before, json.dumps(list(there)))).rowcount

    def ask(self, question: Question) -> Sequence[Row]:
        wanted = {
            "project": question.project,
            "user": question.user,
            "kind": question.kind,
            "name": question.name,
            "type": question.type,
        }
        values: dict[str, object] = {"first": question.first, "last": question.last, "tag": question.tag}
        where = ["day BETWEEN :first AND :last"]
        for column, value in wanted.items():
            if value is not None:
                where.append(f"subjects.{column} = :{column}")
                values[column] = value
        if question.prefix is not None:
            where.append("substr(subjects.name, 1, length(:prefix)) = :prefix")
            values["prefix"] = question.prefix
        for number, (key, value) in enumerate(question.tags.items()):
            where.append(f"EXISTS (SELECT 1 FROM json_each(tags) WHERE key = :k{number} AND value = :v{number})")
            values |= {f"k{number}": key, f"v{number}": value}
        shown = [_COLUMNS[one] for one in question.by]
        groups = ", ".join(_GROUPED[one] for one in question.by)
        sql = (
            f"SELECT {''.join(f'{one}, ' for one in shown)}sum(seconds), sum(cost) "
            f"FROM days JOIN subjects ON subjects.id = days.subject WHERE {' AND '.join(where)}"
            + (f" GROUP BY {groups} ORDER BY {groups}" if groups else "")
        )
        with self._reading:
            rows = self._reader.execute(sql, values).fetchall()
        return [Row([str(one) for one in row[:-2]], row[-2], row[-1]) for row in rows if row[-2] is not None]

    def close(self) -> None:
        with self._lock:
            self._reader.close()
            self._db.close()
