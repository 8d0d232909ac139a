"""Objects on the local disk: bytes in files with names of their own, everything else in index.py.

A key never becomes a path, so no key can leave the folder, clash with another by case, or be too deep. A write goes to
`tmp/`, is linked into `data/` and becomes visible by one transaction; what a crash leaves in between is told apart at the
next start by the files left in `tmp/`. Survives a kill at any moment; a power cut may take back the last seconds.
"""

import base64
import errno
import hashlib
import io
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from studiolo.blobs import protocol
from studiolo.blobs.index import Index, after_prefix, drop, use
from studiolo.blobs.protocol import (
    Attributes,
    Bucket,
    BucketExists,
    BucketNotEmpty,
    Condition,
    InvalidPart,
    Listing,
    NoSuchBucket,
    NoSuchKey,
    NoSuchUpload,
    Object,
    OutOfSpace,
    Part,
    PreconditionFailed,
    Upload,
)
from studiolo.wire import checksums

Segments = list[tuple[str, int]]
"""(file, size) in order; more than one after a multipart upload, which is never copied together."""
COPY_CHUNK = 16 * 2**20


def _about(attributes: Attributes, sums: Mapping[str, str]) -> bytes:
    return orjson.dumps(
        {
            "type": attributes.content_type,
            "metadata": attributes.metadata,
            "headers": attributes.headers,
            "tags": attributes.tags,
            "checksums": sums,
        }
    )


def _object(row: Sequence[Any]) -> Object:
    key, size, etag, modified, about = row[:5]
    known = orjson.loads(about)
    return Object(
        key, size, etag, modified, known["type"], known["metadata"], known["headers"], known["checksums"], known["tags"]
    )


_COLUMNS = "key, size, etag, modified, about, segments"


class DiskBlobs(protocol.Blobs):
    def __init__(self, root: Path) -> None:
        self._data, self._tmp = root / "data", root / "tmp"
        for folder in (root, self._data, self._tmp):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._index = Index(root / "index.db")
        self._publishing = threading.RLock()
        self._sweep()

    def _path(self, file: str) -> Path:
        return self._data / file[:2] / file

    def _sweep(self) -> None:
        """Finishes what a crash interrupted: files half-written, and files given up but still there."""
        for left in self._tmp.iterdir():
            if self._index.one("SELECT 1 FROM files WHERE file = ?", left.name) is None:
                self._path(left.name).unlink(missing_ok=True)
            left.unlink(missing_ok=True)
        self._remove([row[0] for row in self._index.all("SELECT file FROM files WHERE used <= 0")])

    def _remove(self, files: Sequence[str]) -> None:
        if not files:
            return
        for file in files:
            self._path(file).unlink(missing_ok=True)
        with self._index.write() as writer:
            writer.executemany("DELETE FROM files WHERE file = ? AND used <= 0", [(file,) for file in files])

    def _link(self, sink: DiskSink) -> str:
        """The sink's file in its final place, still named in tmp until the index knows it."""
        path = self._path(sink.path.name)
        try:
            path.hardlink_to(sink.path)
        except FileNotFoundError:
            path.parent.mkdir(exist_ok=True)
            path.hardlink_to(sink.path)
        return sink.path.name

    # Buckets.

    def create_bucket(self, name: str, owner: str, now: float) -> Bucket:
        with self._index.write() as writer:
            try:
                writer.execute("INSERT INTO buckets VALUES (?, ?, ?)", (name, owner, now))
            except sqlite3.IntegrityError as error:
                raise BucketExists(name) from error
        return Bucket(name, owner, now)

    def bucket(self, name: str) -> Bucket:
        row = self._index.one("SELECT name, owner, created FROM buckets WHERE name = ?", name)
        if row is None:
            raise NoSuchBucket(name)
        return Bucket(*row)

    def buckets(self, owner: str | None = None) -> Sequence[Bucket]:
        where, values = ("WHERE owner = ?", [owner]) if owner is not None else ("", [])
        return [Bucket(*row) for row in self._index.all(f"SELECT name, owner, created FROM buckets {where}", *values)]

    def delete_bucket(self, name: str) -> None:
        self.bucket(name)
        for upload in self.uploads(name):
            self.abort_upload(name, upload.id)
        with self._index.write() as writer:
            if writer.execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (name,)).fetchone():
                raise BucketNotEmpty(name)
            writer.execute("DELETE FROM buckets WHERE name = ?", (name,))

    # Objects.

    def open_write(
        self,
        bucket: str,
        key: str,
        attributes: Attributes,
        *,
        now: float,
        checksums: Iterable[str] = (),
        condition: Condition = Condition(),
    ) -> DiskSink:
        self.bucket(bucket)

        def publish(sink: DiskSink) -> Object:
            file = self._link(sink)
            about = _about(attributes, sink.sums)
            put = self._put(bucket, key, (sink.size, sink.etag, now), [(file, sink.size)], about, condition, [file])
            sink.path.unlink(missing_ok=True)
            return put

        return DiskSink(self._tmp / uuid.uuid4().hex, checksums, publish)

    def _put(
        self,
        bucket: str,
        key: str,
        facts: tuple[int, str, float],
        segments: Segments,
        about: bytes,
        condition: Condition,
        new_files: Sequence[str],
    ) -> Object:
        """Makes an object visible. new_files: whose use begins with it."""
        size, etag, modified = facts
        try:
            with self._index.write() as writer:
                if writer.execute("SELECT 1 FROM buckets WHERE name = ?", (bucket,)).fetchone() is None:
                    raise NoSuchBucket(bucket)
                old = writer.execute(
                    "SELECT etag, segments FROM objects WHERE bucket = ? AND key = ?", (bucket, key)
                ).fetchone()
                _check(condition, old[0] if old else None)
                for file in new_files:
                    use(writer, file)
                unused = drop(writer, [file for file, _ in orjson.loads(old[1])]) if old else []
                writer.execute(
                    "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (bucket, key, size, etag, modified, orjson.dumps(segments), about),
                )
        except BaseException:
            for file in new_files:
                if self._index.one("SELECT 1 FROM files WHERE file = ?", file) is None:
                    self._path(file).unlink(missing_ok=True)
            raise
        self._remove(unused)
        return _object((key, size, etag, modified, about))

    def _row(self, bucket: str, key: str) -> Sequence[Any]:
        row = self._index.one(f"SELECT {_COLUMNS} FROM objects WHERE bucket = ? AND key = ?", bucket, key)
        if row is None:
            self.bucket(bucket)
            raise NoSuchKey(key)
        return row

    def head(self, bucket: str, key: str) -> Object:
        return _object(self._row(bucket, key))

    def open_read(self, bucket: str, key: str) -> tuple[Object, BinaryIO]:
        while True:
            row = self._row(bucket, key)
            opened: list[tuple[BinaryIO, int]] = []
            try:
                for file, size in orjson.loads(row[5]):
                    opened.append((self._path(file).open("rb"), size))
            except FileNotFoundError:
                # Replaced between the look-up and the opening: look again.
                for file, _ in opened:
                    file.close()
                if self._row(bucket, key)[5] == row[5]:
                    raise
                continue
            return _object(row), SegmentReader(opened)  # type: ignore[return-value]

    def copy(
        self, source: tuple[str, str], target: tuple[str, str], *, now: float, attributes: Attributes | None = None
    ) -> Object:
        """No byte is copied: both objects use the same files, which never change."""
        self.bucket(target[0])
        while True:
            row = self._row(*source)
            old = _object(row)
            segments: Segments = [tuple(one) for one in orjson.loads(row[5])]
            about = row[4] if attributes is None else _about(attributes, old.checksums)
            try:
                return self._share(source, target, (old.size, old.etag, now), segments, about)
            except _Moved:
                continue

    def _share(
        self,
        source: tuple[str, str],
        target: tuple[str, str],
        facts: tuple[int, str, float],
        segments: Segments,
        about: bytes,
    ) -> Object:
        with self._index.write() as writer:
            row = writer.execute("SELECT segments FROM objects WHERE bucket = ? AND key = ?", source).fetchone()
            if row is None or [tuple(one) for one in orjson.loads(row[0])] != segments:
                raise _Moved
            old = writer.execute("SELECT segments FROM objects WHERE bucket = ? AND key = ?", target).fetchone()
            for file, _ in segments:
                use(writer, file)
            unused = drop(writer, [file for file, _ in orjson.loads(old[0])]) if old else []
            writer.execute(
                "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*target, *facts, orjson.dumps(segments), about),
            )
        self._remove(unused)
        return _object((target[1], *facts, about))

    def set_tags(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        with self._index.write() as writer:
            row = writer.execute("SELECT about FROM objects WHERE bucket = ? AND key = ?", (bucket, key)).fetchone()
            if row is None:
                raise NoSuchKey(key)
            about = {**orjson.loads(row[0]), "tags": dict(tags)}
            writer.execute(
                "UPDATE objects SET about = ? WHERE bucket = ? AND key = ?", (orjson.dumps(about), bucket, key)
            )

    def delete(self, bucket: str, key: str) -> None:
        self.bucket(bucket)
        with self._index.write() as writer:
            row = writer.execute("SELECT segments FROM objects WHERE bucket = ? AND key = ?", (bucket, key)).fetchone()
            if row is None:
                return
            unused = drop(writer, [file for file, _ in orjson.loads(row[0])])
            writer.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
        self._remove(unused)

    def list(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000
    ) -> Listing:
        self.bucket(bucket)
        return listing.page(self._index, bucket, prefix, delimiter, after, limit, read_object)

    def iterate(self, bucket: str, prefix: str = "") -> Iterator[Object]:
        after = ""
        while True:
            page = self.list(bucket, prefix=prefix, after=after)
            yield from page.objects
            if page.next_after is None:
                return
            after = page.next_after

    # Whole files.

    def download(self, bucket: str, key: str, target: Path) -> Object:
        found, stream = self.open_read(bucket, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with stream, target.open("wb") as out:
                for file, size in stream._files:  # type: ignore[attr-defined]
                    _copy(file.fileno(), out.fileno(), size)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise OutOfSpace("The disk is full.") from error
            raise
        return found

    def upload(
        self, source: Path, bucket: str, key: str, *, now: float, attributes: Attributes | None = None
    ) -> Object:
        sink = self.open_write(bucket, key, attributes or Attributes(), now=now)
        try:
            with source.open("rb") as file:
                while data := file.read(COPY_CHUNK):
                    sink.write(data)
            return sink.commit()
        finally:
            sink.abort()

    def close(self) -> None:
        self._index.close()


class _Moved(Exception):
    """The source of a copy was replaced meanwhile."""


def _check(condition: Condition, etag: str | None) -> None:
    if condition.if_none_match == "*" and etag is not None:
        raise PreconditionFailed("The key is taken.")
    if condition.if_match is not None and condition.if_match not in ("*", etag):
        raise PreconditionFailed("The object is another one by now.")
    if condition.if_match is not None and etag is None:
        raise NoSuchKey("There is no object to match.")
