"""Objects on the local disk: bytes in files with names of their own, everything else in index.py.

A key never becomes a path, so no key can leave the folder, clash with another by case, or be too deep. A write goes to
`tmp/`, is linked into `data/` and becomes visible by one transaction; what a crash leaves in between is told apart at the
next start by the files left in `tmp/`. Survives a kill at any moment; a power cut may take back the last seconds, unless
`durable`: then an object and its entry are on the platter before its write is acknowledged.
"""

import errno
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from studiolo.blobs import listing, protocol
from studiolo.blobs.files import Files
from studiolo.blobs.index import Index, Segments, about_of, check, drop, object_of, use
from studiolo.blobs.protocol import (
    Attributes,
    Bucket,
    BucketExists,
    BucketNotEmpty,
    Condition,
    Entry,
    Listing,
    NoSuchBucket,
    NoSuchKey,
    Object,
    OutOfSpace,
    Part,
    Upload,
)
from studiolo.blobs.reader import SegmentReader
from studiolo.blobs.sink import DiskSink
from studiolo.blobs.uploads import Uploads

COPY_CHUNK = 16 * 2**20
_COLUMNS = "key, size, etag, modified, about, segments"


class DiskBlobs(protocol.Blobs):
    def __init__(self, root: Path, *, durable: bool = False) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._index = Index(root / "index.db", durable=durable)
        self._files = Files(root, self._index, durable=durable)
        self._uploads = Uploads(self._index, self._files)
        self._watchers = protocol.Watchers()
        self._files.sweep()

    def watch(self, watcher: protocol.Created) -> None:
        self._watchers.add(watcher)

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

    def stored(self, owner: str) -> int:
        sql = "SELECT coalesce(sum(size), 0) FROM objects WHERE bucket IN (SELECT name FROM buckets WHERE owner = ?)"
        row = self._index.one(sql, owner)
        return int(row[0]) if row else 0

    def delete_bucket(self, name: str) -> None:
        self.bucket(name)
        if self._index.one("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", name):
            raise BucketNotEmpty(name)
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
            file = self._files.link(sink)
            about = about_of(attributes, sink.sums)
            put = self._put(bucket, key, (sink.size, sink.etag, now), [(file, sink.size)], about, condition, [file])
            sink.path.unlink(missing_ok=True)
            return self._watchers.tell(bucket, put, "PutObject")

        return self._files.sink(checksums, publish)

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
                check(condition, old[0] if old else None)
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
                    self._files.unlink(file)
            raise
        self._files.remove(unused)
        return object_of((key, size, etag, modified, about, orjson.dumps(segments)))

    def _row(self, bucket: str, key: str) -> Sequence[Any]:
        row = self._index.one(f"SELECT {_COLUMNS} FROM objects WHERE bucket = ? AND key = ?", bucket, key)
        if row is None:
            self.bucket(bucket)
            raise NoSuchKey(key)
        return row

    def head(self, bucket: str, key: str) -> Object:
        return object_of(self._row(bucket, key))

    def open_read(self, bucket: str, key: str) -> tuple[Object, BinaryIO]:
        while True:
            row = self._row(bucket, key)
            segments: Segments = orjson.loads(row[5])
            names = [file for file, _ in segments]
            if self._files.hold(names):
                files = [(self._files.path(file), size) for file, size in segments]
                reader = SegmentReader(files, partial(self._files.let_go, names))
                return object_of(row), reader  # type: ignore[return-value]
            # Replaced between the look-up and now: look again.
            if self._row(bucket, key)[5] == row[5]:
                raise FileNotFoundError(f"The data of {key} is missing from the studio's disk.")

    def copy(
        self, source: tuple[str, str], target: tuple[str, str], *, now: float, attributes: Attributes | None = None
    ) -> Object:
        """No byte is copied: both objects use the same files, which never change."""
        self.bucket(target[0])
        while True:
            row = self._row(*source)
            old = object_of(row)
            segments: Segments = [tuple(one) for one in orjson.loads(row[5])]
            about = row[4] if attributes is None else about_of(attributes, old.checksums)
            try:
                made = self._share(source, target, (old.size, old.etag, now), segments, about)
                return self._watchers.tell(target[0], made, "CopyObject")
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
        self._files.remove(unused)
        return object_of((target[1], *facts, about, orjson.dumps(segments)))

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
        self._files.remove(unused)

    def list(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000
    ) -> Listing:
        self.bucket(bucket)
        return listing.page(self._index, bucket, prefix=prefix, delimiter=delimiter, after=after, limit=limit)

    def iterate(self, bucket: str, prefix: str = "") -> Iterator[Entry]:
        after = ""
        while True:
            page = self.list(bucket, prefix=prefix, after=after)
            yield from page.objects
            if page.next_after is None:
                return
            after = page.next_after

    # Multipart uploads (uploads.py).

    def create_upload(
        self, bucket: str, key: str, attributes: Attributes, *, now: float, checksums: Iterable[str] = ()
    ) -> Upload:
        self.bucket(bucket)
        return self._uploads.create(bucket, key, attributes, now=now, checksums=checksums)

    def open_part(
        self, bucket: str, upload: str, number: int, *, now: float, checksums: Iterable[str] = ()
    ) -> DiskSink:
        return self._uploads.open_part(bucket, upload, number, now=now, checksums=checksums)

    def parts(self, bucket: str, upload: str) -> Sequence[Part]:
        return self._uploads.parts(bucket, upload)

    def uploads(self, bucket: str) -> Sequence[Upload]:
        return self._uploads.all(bucket)

    def complete_upload(
        self,
        bucket: str,
        upload: str,
        parts: Sequence[tuple[int, str]],
        *,
        now: float,
        condition: Condition = Condition(),
        checksums: Mapping[str, str] = {},
    ) -> Object:
        made = self._uploads.complete(bucket, upload, parts, now=now, condition=condition, checksums=checksums)
        return self._watchers.tell(bucket, made, "CompleteMultipartUpload")

    def abort_upload(self, bucket: str, upload: str) -> None:
        self._uploads.abort(bucket, upload)

    # Whole files.

    def download(self, bucket: str, key: str, target: Path) -> Object:
        found, stream = self.open_read(bucket, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with stream, target.open("wb") as out:
                for path, size in stream.files:  # type: ignore[attr-defined]
                    with path.open("rb") as file:
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


def _copy(source: int, target: int, size: int) -> None:
    offset = 0
    while offset < size:
        try:
            moved = os.copy_file_range(source, target, min(size - offset, 2**30), offset)
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
            moved = os.write(target, os.pread(source, COPY_CHUNK, offset))
        if moved == 0:
            return
        offset += moved
