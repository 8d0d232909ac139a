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


class DiskSink(protocol.Sink):
    def __init__(self, path: Path, algorithms: Iterable[str], publish: "Callable[[DiskSink], Object | Part]") -> None:
        self.path = path
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sums = {name: checksums.start(name) for name in algorithms}
        self._publish = publish
        self._file: BinaryIO | None = path.open("xb", buffering=0)

    def write(self, data: bytes) -> None:
        assert self._file is not None
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) or 0 :]
        except OSError as error:
            self.abort()
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise OutOfSpace("The disk is full.") from error
            raise
        self.note(data)

    def note(self, data: bytes | memoryview) -> None:
        """Counts bytes that reached the file by another way."""
        self._md5.update(data)
        for checksum in self._sums.values():
            checksum.update(bytes(data) if isinstance(data, memoryview) else data)
        self.size += len(data)

    @property
    def etag(self) -> str:
        return self._md5.hexdigest()

    @property
    def md5(self) -> str:
        return base64.b64encode(self._md5.digest()).decode()

    def digest(self, algorithm: str) -> str:
        return self.md5 if algorithm == "md5" else checksums.text(self._sums[algorithm])

    @property
    def sums(self) -> dict[str, str]:
        return {name: checksums.text(checksum) for name, checksum in self._sums.items()}

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def commit(self) -> Object:
        self._close()
        try:
            done = self._publish(self)
        except BaseException:
            self.abort()
            raise
        assert isinstance(done, Object)
        return done

    def commit_part(self) -> Part:
        self._close()
        try:
            done = self._publish(self)
        except BaseException:
            self.abort()
            raise
        assert isinstance(done, Part)
        return done

    def abort(self) -> None:
        self._close()
        self.path.unlink(missing_ok=True)


class SegmentReader(io.RawIOBase):
    """A seekable stream over files opened at once, so replacing the object meanwhile changes nothing for its reader."""

    def __init__(self, files: Sequence[tuple[BinaryIO, int]]) -> None:
        self._files = files
        self._position = 0
        self._size = sum(size for _, size in files)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = max(0, offset + (0, self._position, self._size)[whence])
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        start = 0
        for file, size in self._files:
            if self._position < start + size:
                wanted = min(len(buffer), start + size - self._position)
                data = os.pread(file.fileno(), wanted, self._position - start)
                buffer[: len(data)] = data
                self._position += len(data)
                return len(data)
            start += size
        return 0

    def read(self, size: int = -1) -> bytes:
        """Like a buffered stream's: short only at the end."""
        left = self._size - self._position if size < 0 else min(size, self._size - self._position)
        out: list[bytes] = []
        while left > 0:
            buffer = bytearray(min(left, COPY_CHUNK))
            got = self.readinto(buffer)
            if not got:
                break
            out.append(bytes(buffer[:got]))
            left -= got
        return b"".join(out)

    def close(self) -> None:
        for file, _ in self._files:
            file.close()
        super().close()


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
        objects: list[Object] = []
        prefixes: list[str] = []
        position: str | bytes = prefix
        inclusive = after < prefix or not after
        if not inclusive:
            position = after
        if after.startswith(prefix) and _rolled(after, prefix, delimiter) == after:
            position = after_prefix(after)
        end = after_prefix(prefix)
        while len(objects) + len(prefixes) <= limit:
            wanted = 1 + limit - len(objects) - len(prefixes)
            rows = self._index.all(
                f"SELECT {_COLUMNS} FROM objects WHERE bucket = ? AND key {'>=' if inclusive else '>'} CAST(? AS TEXT)"
                " AND key < CAST(? AS TEXT) ORDER BY key LIMIT ?",
                bucket, position, end, min(wanted, 200) if delimiter else wanted,
            )  # fmt: skip
            if not rows:
                return Listing(objects, prefixes, None)
            for row in rows:
                rolled = _rolled(row[0], prefix, delimiter)
                if rolled is not None:
                    prefixes.append(rolled)
                    # Skips everything below the prefix without reading it.
                    position, inclusive = after_prefix(rolled), True
                    break
                objects.append(_object(row))
                position, inclusive = row[0], False
                if len(objects) + len(prefixes) > limit:
                    break
        return _shortened(objects, prefixes, limit)

    def iterate(self, bucket: str, prefix: str = "") -> Iterator[Object]:
        after = ""
        while True:
            page = self.list(bucket, prefix=prefix, after=after)
            yield from page.objects
            if page.next_after is None:
                return
            after = page.next_after

    # Multipart uploads.

    def create_upload(
        self, bucket: str, key: str, attributes: Attributes, *, now: float, checksums: Iterable[str] = ()
    ) -> Upload:
        self.bucket(bucket)
        upload = Upload(uuid.uuid4().hex, bucket, key, now)
        with self._index.write() as writer:
            writer.execute(
                "INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", (upload.id, bucket, key, now, _about(attributes, {}))
            )
        return upload

    def _upload(self, bucket: str, upload: str) -> Sequence[Any]:
        row = self._index.one(
            "SELECT id, bucket, key, started, about FROM uploads WHERE id = ? AND bucket = ?", upload, bucket
        )
        if row is None:
            raise NoSuchUpload(upload)
        return row

    def open_part(
        self, bucket: str, upload: str, number: int, *, now: float, checksums: Iterable[str] = ()
    ) -> DiskSink:
        self._upload(bucket, upload)

        def publish(sink: DiskSink) -> Part:
            file = self._link(sink)
            about = orjson.dumps(sink.sums)
            with self._index.write() as writer:
                if writer.execute("SELECT 1 FROM uploads WHERE id = ?", (upload,)).fetchone() is None:
                    self._path(file).unlink(missing_ok=True)
                    raise NoSuchUpload(upload)
                old = writer.execute(
                    "SELECT file FROM parts WHERE upload = ? AND number = ?", (upload, number)
                ).fetchone()
                use(writer, file)
                unused = drop(writer, [old[0]]) if old else []
                writer.execute(
                    "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (upload, number, file, sink.size, sink.etag, now, about),
                )
            sink.path.unlink(missing_ok=True)
            self._remove(unused)
            return Part(number, sink.size, sink.etag, now, sink.sums)

        return DiskSink(self._tmp / uuid.uuid4().hex, checksums, publish)

    def parts(self, bucket: str, upload: str) -> Sequence[Part]:
        self._upload(bucket, upload)
        rows = self._index.all(
            "SELECT number, size, etag, modified, about FROM parts WHERE upload = ? ORDER BY number", upload
        )
        return [Part(number, size, etag, modified, orjson.loads(about)) for number, size, etag, modified, about in rows]

    def uploads(self, bucket: str) -> Sequence[Upload]:
        rows = self._index.all(
            "SELECT id, bucket, key, started FROM uploads WHERE bucket = ? ORDER BY key, started", bucket
        )
        return [Upload(*row) for row in rows]

    def complete_upload(
        self,
        bucket: str,
        upload: str,
        parts: Sequence[tuple[int, str]],
        *,
        now: float,
        condition: Condition = Condition(),
    ) -> Object:
        _, _, key, _, about = self._upload(bucket, upload)
        with self._index.write() as writer:
            rows = writer.execute("SELECT number, file, size, etag FROM parts WHERE upload = ?", (upload,)).fetchall()
            stored = {number: (file, size, etag) for number, file, size, etag in rows}
            segments: Segments = []
            digest = hashlib.md5(usedforsecurity=False)
            for number, etag in parts:
                if number not in stored or stored[number][2] != etag:
                    raise InvalidPart(str(number))
                segments.append(stored[number][:2])
                digest.update(bytes.fromhex(stored[number][2]))
            old = writer.execute(
                "SELECT etag, segments FROM objects WHERE bucket = ? AND key = ?", (bucket, key)
            ).fetchone()
            _check(condition, old[0] if old else None)
            used = {number for number, _ in parts}
            spare = [file for number, (file, _, _) in stored.items() if number not in used]
            if old:
                spare += [file for file, _ in orjson.loads(old[1])]
            unused = drop(writer, spare) if spare else []
            facts = (sum(size for _, size in segments), f"{digest.hexdigest()}-{len(segments)}", now)
            writer.execute(
                "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)",
                (bucket, key, *facts, orjson.dumps(segments), about),
            )
            writer.execute("DELETE FROM parts WHERE upload = ?", (upload,))
            writer.execute("DELETE FROM uploads WHERE id = ?", (upload,))
        self._remove(unused)
        return _object((key, *facts, about))

    def abort_upload(self, bucket: str, upload: str) -> None:
        self._upload(bucket, upload)
        with self._index.write() as writer:
            files = [row[0] for row in writer.execute("SELECT file FROM parts WHERE upload = ?", (upload,))]
            unused = drop(writer, files) if files else []
            writer.execute("DELETE FROM parts WHERE upload = ?", (upload,))
            writer.execute("DELETE FROM uploads WHERE id = ?", (upload,))
        self._remove(unused)

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
    if condition.if_match is not None and etag is None:
        raise NoSuchKey("There is no object to match.")
    if condition.if_match is not None and condition.if_match not in ("*", etag):
        raise PreconditionFailed("The object is another one by now.")


def _rolled(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def _shortened(objects: list[Object], prefixes: list[str], limit: int) -> Listing:
    """At most `limit` of both in their common order, and where the next page begins."""
    names = sorted([*(one.key for one in objects), *prefixes])[:limit]
    if len(objects) + len(prefixes) <= limit:
        return Listing(objects, prefixes, None)
    last = names[-1] if names else ""
    return Listing([one for one in objects if one.key <= last], [one for one in prefixes if one <= last], last or None)


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
