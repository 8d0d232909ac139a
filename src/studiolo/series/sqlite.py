"""Metric series in one SQLite file. Appends come in batches (a second of samples, a read of a log), so one transaction
carries many points; reads thin or bin in SQL."""

import logging
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from studiolo.base.reserve import disk_full
from studiolo.series import protocol
from studiolo.series.protocol import Bin, Known, Point, Summary

log = logging.getLogger(__name__)

STEPS = (
    """
    CREATE TABLE series (
        id INTEGER PRIMARY KEY, resource TEXT NOT NULL, metric TEXT NOT NULL, host TEXT NOT NULL,
        UNIQUE (resource, metric, host)
    );
    CREATE TABLE points (series INTEGER NOT NULL, time REAL NOT NULL, value REAL NOT NULL);
    CREATE INDEX points_by_time ON points (series, time, value);
    CREATE TABLE cursors (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    ALTER TABLE points ADD COLUMN count REAL NOT NULL DEFAULT 1;
    DROP INDEX points_by_time;
    CREATE INDEX points_by_time ON points (series, time, value, count);
    """,
)


class SqliteSeries(protocol.Series):
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        for number, step in enumerate(STEPS[version:], version + 1):
            self._db.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT;")
        self._ids: dict[tuple[str, str, str], int] = {}

    def _id(self, resource: str, metric: str, host: str) -> int:
        key = (resource, metric, host)
        if key not in self._ids:
            self._db.execute("INSERT OR IGNORE INTO series (resource, metric, host) VALUES (?, ?, ?)", key)
            row = self._db.execute(
                "SELECT id FROM series WHERE resource = ? AND metric = ? AND host = ?", key
            ).fetchone()
            if len(self._ids) > 10_000:
                self._ids.clear()
            self._ids[key] = row[0]
        return self._ids[key]

    def append(self, points: Sequence[Point], *, cursor: tuple[str, int] | None = None) -> None:
        if not points and cursor is None:
            return
        try:
            with self._lock:
                self._append(points, cursor)
        except sqlite3.OperationalError as error:
            if not disk_full(error, self._path):
                raise
            # Points are let go rather than the work they tell of; a log is read again from its cursor.
            log.warning("the disk is full: %d points of metrics were let go", len(points))

    def _append(self, points: Sequence[Point], cursor: tuple[str, int] | None) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            rows = [(self._id(one.resource, one.metric, one.host), one.time, one.value, one.count) for one in points]
            self._db.executemany("INSERT INTO points VALUES (?, ?, ?, ?)", rows)
            if cursor is not None:
                self._db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", cursor)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._ids.clear()
            raise

    def cursor(self, name: str) -> int:
        with self._lock:
            row = self._db.execute("SELECT position FROM cursors WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def metrics(self, resource: str) -> Sequence[Summary]:
        sql = """
            SELECT metric, host, count(*), min(value), max(value), sum(value * count), max(time), max(points.rowid)
            FROM series JOIN points ON points.series = series.id WHERE resource = ? GROUP BY series.id ORDER BY metric, host
        """
        with self._lock:
            found: list[Summary] = []
            for metric, host, count, low, high, total, last_time, _ in self._db.execute(sql, (resource,)).fetchall():
                last = self._db.execute(
                    "SELECT value FROM points WHERE series = ? AND time = ? ORDER BY rowid DESC LIMIT 1",
                    (self._id(resource, metric, host), last_time),
                ).fetchone()[0]
                found.append(Summary(metric, host, count, last, last_time, low, high, total))
        return found

    def _series(
        self, resource: str, metric: str, host: str | None, host_prefix: str | None = None
    ) -> list[tuple[int, str]]:
        sql = "SELECT id, host FROM series WHERE resource = ? AND metric = ?"
        values = [resource, metric]
        if host is not None:
            sql += " AND host = ?"
            values.append(host)
        if host_prefix is not None:
            sql += " AND substr(host, 1, length(?)) = ?"
            values += [host_prefix, host_prefix]
        return self._db.execute(sql, values).fetchall()

    def known(self, prefix: str) -> Sequence[Known]:
        sql = """
            SELECT resource, metric, host, (SELECT max(time) FROM points WHERE series = series.id) AS newest FROM series
            WHERE resource >= ? AND resource < ? AND newest IS NOT NULL ORDER BY resource, metric, host
        """
        with self._lock:
            rows = self._db.execute(sql, (prefix, f"{prefix}\U0010ffff")).fetchall()
        return [Known(*row) for row in rows]

    def read(
        self,
        resource: str,
        metric: str,
        *,
        host: str | None = None,
        start: float = 0,
        end: float = 1e18,
        limit: int = 2000,
    ) -> Sequence[Point]:
        found: list[Point] = []
        with self._lock:
            for id, name in self._series(resource, metric, host):
                (count,) = self._db.execute(
                    "SELECT count(*) FROM points WHERE series = ? AND time BETWEEN ? AND ?", (id, start, end)
                ).fetchone()
                step = max(1, -(-count // max(limit, 2)))
                sql = """
                    SELECT time, value FROM (
                        SELECT time, value, row_number() OVER (ORDER BY time, rowid) AS n FROM points
                        WHERE series = ? AND time BETWEEN ? AND ?
                    ) WHERE (n - 1) % ? = 0 OR n = ?
                """
                rows = self._db.execute(sql, (id, start, end, step, count))
                found += [Point(resource, metric, time, value, name) for time, value in rows]
        return sorted(found, key=lambda point: point.time)

    def bins(
        self,
        resource: str,
        metric: str,
        *,
        start: float,
        end: float,
        period: float,
        host: str | None = None,
        host_prefix: str | None = None,
    ) -> Sequence[Bin]:
        with self._lock:
            ids = [id for id, _ in self._series(resource, metric, host, host_prefix)]
            if not ids:
                return []
            marks = ",".join("?" * len(ids))
            sql = f"""
                SELECT CAST(time / ? AS INTEGER) AS bin, sum(count), sum(value * count), min(value), max(value)
                FROM points WHERE series IN ({marks}) AND time >= ? AND time < ? GROUP BY bin ORDER BY bin
            """
            rows = self._db.execute(sql, (period, *ids, start, end)).fetchall()
        return [Bin(bin * period, count, total, low, high) for bin, count, total, low, high in rows]

    def spread(
        self,
        resource: str,
        metric: str,
        *,
        start: float,
        end: float,
        period: float,
        host: str | None = None,
        host_prefix: str | None = None,
    ) -> Mapping[float, Sequence[tuple[float, float]]]:
        found: dict[float, list[tuple[float, float]]] = {}
        with self._lock:
            ids = [id for id, _ in self._series(resource, metric, host, host_prefix)]
            marks = ",".join("?" * len(ids))
            sql = f"""
                SELECT CAST(time / ? AS INTEGER) AS bin, value, sum(count)
                FROM points WHERE series IN ({marks}) AND time >= ? AND time < ? GROUP BY bin, value ORDER BY bin, value
            """
            for bin, value, count in self._db.execute(sql, (period, *ids, start, end)).fetchall():
                found.setdefault(bin * period, []).append((value, count))
        return found

    def prune(self, prefix: str, before: float) -> int:
        with self._lock:
            sql = "SELECT id FROM series WHERE resource >= ? AND resource < ?"
            ids = [row[0] for row in self._db.execute(sql, (prefix, prefix + "\U0010ffff"))]
        removed = 0
        for id in ids:
            # One series at a time, so that nobody waits long for the lock.
            with self._lock:
                removed += self._db.execute("DELETE FROM points WHERE series = ? AND time < ?", (id, before)).rowcount
        return removed

    def delete(self, resource: str) -> None:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "DELETE FROM points WHERE series IN (SELECT id FROM series WHERE resource = ?)", (resource,)
            )
            self._db.execute("DELETE FROM series WHERE resource = ?", (resource,))
            self._db.execute("DELETE FROM cursors WHERE name >= ? AND name < ?", (f"{resource}/", f"{resource}0"))
            self._db.execute("COMMIT")
            self._ids.clear()

    def close(self) -> None:
        with self._lock:
            self._db.close()
