"""Objects in this process's memory: the port without a disk, for tests of what is built on it.

Passes the same contract as disk.py; nothing survives the process, so the studio itself never uses it.
"""

import base64
import hashlib
import io
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from studiolo.blobs import protocol
from studiolo.blobs.index import check
from studiolo.blobs.protocol import (
    Attributes,
    Bucket,
    BucketExists,
    BucketNotEmpty,
    Condition,
    Entry,
    InvalidPart,
    Listing,
    NoSuchBucket,
    NoSuchKey,
    NoSuchUpload,
    Object,
    Part,
    Upload,
)
from studiolo.wire import checksums as sums


@dataclass(slots=True)
class _Pending:
    upload: Upload
    attributes: Attributes
    parts: dict[int, tuple[Part, bytes]] = field(default_factory=dict[int, tuple[Part, bytes]])


class MemorySink(protocol.Sink):
    def __init__(self, algorithms: Iterable[str], publish: "Callable[[MemorySink], Object | Part]") -> None:
        self._algorithms = tuple(algorithms)
        self._publish = publish
        self._buffer = bytearray()

    @property
    def data(self) -> bytes:
        return bytes(self._buffer)

    @property
    def etag(self) -> str:
        return hashlib.md5(self._buffer, usedforsecurity=False).hexdigest()

    @property
    def checksums(self) -> dict[str, str]:
        return {name: self.digest(name) for name in self._algorithms}

    def write(self, data: bytes) -> None:
        self._buffer += data

    def digest(self, algorithm: str) -> str:
        if algorithm == "md5":
            return base64.b64encode(bytes.fromhex(self.etag)).decode()
        checksum = sums.start(algorithm)
        checksum.update(self.data)
        return sums.text(checksum)

    def commit(self) -> Object:
        done = self._publish(self)
        assert isinstance(done, Object)
        return done

    def commit_part(self) -> Part:
        done = self._publish(self)
        assert isinstance(done, Part)
        return done

    def abort(self) -> None:
        self._buffer = bytearray()


def _object(key: str, size: int, etag: str, now: float, said: Attributes, found: Mapping[str, str]) -> Object:
    return Object(key, size, etag, now, said.content_type, said.metadata, said.headers, found, said.tags)


class MemoryBlobs(protocol.Blobs):
    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._buckets: dict[str, Bucket] = {}
        self._objects: dict[str, dict[str, tuple[Object, bytes]]] = {}
        self._pending: dict[str, _Pending] = {}
        self._watchers = protocol.Watchers()

    def watch(self, watcher: protocol.Created) -> None:
        self._watchers.add(watcher)

    # Buckets.

    def create_bucket(self, name: str, owner: str, now: float) -> Bucket:
        with self._lock:
            if name in self._buckets:
                raise BucketExists(name)
            self._objects[name] = {}
            self._buckets[name] = Bucket(name, owner, now)
            return self._buckets[name]

    def bucket(self, name: str) -> Bucket:
        if name not in self._buckets:
            raise NoSuchBucket(name)
        return self._buckets[name]

    def buckets(self, owner: str | None = None) -> Sequence[Bucket]:
        return [one for _, one in sorted(self._buckets.items()) if owner in (None, one.owner)]

    def stored(self, owner: str) -> int:
        return sum(one.size for bucket in self.buckets(owner) for one, _ in self._objects[bucket.name].values())

    def delete_bucket(self, name: str) -> None:
        with self._lock:
            self.bucket(name)
            if self._objects[name]:
                raise BucketNotEmpty(name)
            for upload in self.uploads(name):
                del self._pending[upload.id]
            del self._buckets[name], self._objects[name]

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
    ) -> MemorySink:
        self.bucket(bucket)

        def publish(sink: MemorySink) -> Object:
            made = _object(key, len(sink.data), sink.etag, now, attributes, sink.checksums)
            return self._watchers.tell(bucket, self._put(bucket, made, sink.data, condition), "PutObject")

        return MemorySink(checksums, publish)

    def _put(self, bucket: str, made: Object, data: bytes, condition: Condition = Condition()) -> Object:
        with self._lock:
            self.bucket(bucket)
            old = self._objects[bucket].get(made.key)
            check(condition, old[0].etag if old else None)
            self._objects[bucket][made.key] = (made, data)
            return made

    def _get(self, bucket: str, key: str) -> tuple[Object, bytes]:
        with self._lock:
            self.bucket(bucket)
            if key not in self._objects[bucket]:
                raise NoSuchKey(key)
            return self._objects[bucket][key]

    def head(self, bucket: str, key: str) -> Object:
        return self._get(bucket, key)[0]

    def open_read(self, bucket: str, key: str) -> tuple[Object, BinaryIO]:
        found, data = self._get(bucket, key)
        return found, io.BytesIO(data)

    def copy(
        self, source: tuple[str, str], target: tuple[str, str], *, now: float, attributes: Attributes | None = None
    ) -> Object:
        found, data = self._get(*source)
        made = replace(found, key=target[1], modified=now)
        if attributes is not None:
            made = replace(
                _object(target[1], found.size, found.etag, now, attributes, found.checksums), parts=found.parts
            )
        return self._watchers.tell(target[0], self._put(target[0], made, data), "CopyObject")

    def set_tags(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        with self._lock:
            found, data = self._get(bucket, key)
            self._objects[bucket][key] = (replace(found, tags=dict(tags)), data)

    def delete(self, bucket: str, key: str) -> None:
        with self._lock:
            self.bucket(bucket)
            self._objects[bucket].pop(key, None)

    def list(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000
    ) -> Listing:
        with self._lock:
            self.bucket(bucket)
            held = [found for _, (found, _) in sorted(self._objects[bucket].items())]
        # Code points sort as their UTF-8 bytes do.
        objects: list[Entry] = []
        prefixes: list[str] = []
        last = None
        for one in held:
            if not one.key.startswith(prefix):
                continue
            end = one.key.find(delimiter, len(prefix)) if delimiter else -1
            name = one.key if end < 0 else one.key[: end + len(delimiter)]
            if name <= after or name in prefixes[-1:]:
                continue
            if len(objects) + len(prefixes) == limit:
                return Listing(objects, prefixes, last)
            last = name
            if end < 0:
                objects.append(Entry(one.key, one.size, one.etag, one.modified))
            else:
                prefixes.append(name)
        return Listing(objects, prefixes, None)

    def iterate(self, bucket: str, prefix: str = "") -> Iterator[Entry]:
        yield from self.list(bucket, prefix=prefix, limit=2**31).objects

    # Multipart uploads.

    def create_upload(
        self, bucket: str, key: str, attributes: Attributes, *, now: float, checksums: Iterable[str] = ()
    ) -> Upload:
        with self._lock:
            self.bucket(bucket)
            upload = Upload(uuid.uuid4().hex, bucket, key, now)
            self._pending[upload.id] = _Pending(upload, attributes)
            return upload

    def _upload(self, bucket: str, upload: str) -> _Pending:
        found = self._pending.get(upload)
        if found is None or found.upload.bucket != bucket:
            raise NoSuchUpload(upload)
        return found

    def open_part(
        self, bucket: str, upload: str, number: int, *, now: float, checksums: Iterable[str] = ()
    ) -> MemorySink:
        self._upload(bucket, upload)

        def publish(sink: MemorySink) -> Part:
            part = Part(number, len(sink.data), sink.etag, now, sink.checksums)
            with self._lock:
                self._upload(bucket, upload).parts[number] = (part, sink.data)
            return part

        return MemorySink(checksums, publish)

    def parts(self, bucket: str, upload: str) -> Sequence[Part]:
        with self._lock:
            return [part for _, (part, _) in sorted(self._upload(bucket, upload).parts.items())]

    def uploads(self, bucket: str) -> Sequence[Upload]:
        with self._lock:
            found = [one.upload for one in self._pending.values() if one.upload.bucket == bucket]
        return sorted(found, key=lambda one: (one.key, one.started))

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
        with self._lock:
            pending = self._upload(bucket, upload)
            for number, etag in parts:
                if number not in pending.parts or pending.parts[number][0].etag != etag:
                    raise InvalidPart(str(number))
            data = b"".join(pending.parts[number][1] for number, _ in parts)
            digest = hashlib.md5(b"".join(bytes.fromhex(etag) for _, etag in parts), usedforsecurity=False)
            etag = f"{digest.hexdigest()}-{len(parts)}"
            made = _object(pending.upload.key, len(data), etag, now, pending.attributes, dict(checksums))
            sizes = tuple(pending.parts[number][0].size for number, _ in parts)
            done = self._put(bucket, replace(made, parts=sizes), data, condition)
            del self._pending[upload]
        return self._watchers.tell(bucket, done, "CompleteMultipartUpload")

    def abort_upload(self, bucket: str, upload: str) -> None:
        with self._lock:
            self._upload(bucket, upload)
            del self._pending[upload]

    # Whole files.

    def download(self, bucket: str, key: str, target: Path) -> Object:
        found, data = self._get(bucket, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return found

    def upload(
        self, source: Path, bucket: str, key: str, *, now: float, attributes: Attributes | None = None
    ) -> Object:
        sink = self.open_write(bucket, key, attributes or Attributes(), now=now)
        sink.write(source.read_bytes())
        return sink.commit()

    def close(self) -> None:
        pass
