"""Multipart uploads of disk.py: parts are files of their own, and the finished object is made of them without a copy."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from studiolo.blobs.files import Files
from studiolo.blobs.index import Index, Segments, about_of, check, drop, object_of, use
from studiolo.blobs.protocol import (
    Attributes,
    Condition,
    InvalidPart,
    NoSuchUpload,
    Object,
    Part,
    Upload,
)
from studiolo.blobs.sink import DiskSink


class Uploads:
    def __init__(self, index: Index, files: Files) -> None:
        self._index = index
        self._files = files

    def create(
        self, bucket: str, key: str, attributes: Attributes, *, now: float, checksums: Iterable[str] = ()
    ) -> Upload:
        upload = Upload(uuid.uuid4().hex, bucket, key, now)
        with self._index.write() as writer:
            writer.execute(
                "INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", (upload.id, bucket, key, now, about_of(attributes, {}))
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
            file = self._files.link(sink)
            about = orjson.dumps(sink.sums)
            with self._index.write() as writer:
                if writer.execute("SELECT 1 FROM uploads WHERE id = ?", (upload,)).fetchone() is None:
                    self._files.unlink(file)
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
            self._files.remove(unused)
            return Part(number, sink.size, sink.etag, now, sink.sums)

        return self._files.sink(checksums, publish)

    def parts(self, bucket: str, upload: str) -> Sequence[Part]:
        self._upload(bucket, upload)
        rows = self._index.all(
            "SELECT number, size, etag, modified, about FROM parts WHERE upload = ? ORDER BY number", upload
        )
        return [Part(number, size, etag, modified, orjson.loads(about)) for number, size, etag, modified, about in rows]

    def all(self, bucket: str) -> Sequence[Upload]:
        rows = self._index.all(
            "SELECT id, bucket, key, started FROM uploads WHERE bucket = ? ORDER BY key, started", bucket
        )
        return [Upload(*row) for row in rows]

    def complete(
        self,
        bucket: str,
        upload: str,
        parts: Sequence[tuple[int, str]],
        *,
        now: float,
        condition: Condition = Condition(),
        checksums: Mapping[str, str] = {},
    ) -> Object:
        _, _, key, _, about = self._upload(bucket, upload)
        if checksums:
            about = orjson.dumps({**orjson.loads(about), "checksums": dict(checksums)})
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
            check(condition, old[0] if old else None)
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
        self._files.remove(unused)
        return object_of((key, *facts, about, orjson.dumps(segments)))

    def abort(self, bucket: str, upload: str) -> None:
        self._upload(bucket, upload)
        with self._index.write() as writer:
            files = [row[0] for row in writer.execute("SELECT file FROM parts WHERE upload = ?", (upload,))]
            unused = drop(writer, files) if files else []
            writer.execute("DELETE FROM parts WHERE upload = ?", (upload,))
            writer.execute("DELETE FROM uploads WHERE id = ?", (upload,))
        self._files.remove(unused)
