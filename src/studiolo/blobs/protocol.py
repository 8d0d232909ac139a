"""The port to object storage: buckets and objects, as S3 has them. Called by services/s3 and by controllers that move
inputs and artifacts. All calls are synchronous and thread-safe; long ones are meant for a worker thread.

Implementation: disk.py; tests/blobs/blobs_contract.py is what any other must pass too.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

log = logging.getLogger(__name__)


class BlobError(Exception):
    """Base of what object storage raises on purpose."""


class NoSuchBucket(BlobError): ...


class BucketExists(BlobError): ...


class BucketNotEmpty(BlobError): ...


class NoSuchKey(BlobError): ...


class NoSuchUpload(BlobError): ...


class InvalidPart(BlobError): ...


class PreconditionFailed(BlobError): ...


class OutOfSpace(BlobError):
    """The disk is full; nothing of the write remains."""


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    owner: str
    """The project's account id. Bucket names are unique in the whole studio, as in AWS."""
    created: float


@dataclass(frozen=True, slots=True)
class Entry:
    """An object as a listing gives it."""

    key: str
    size: int
    etag: str
    """Without quotes: hex MD5, or "<md5>-<parts>" for a multipart upload."""
    modified: float


@dataclass(frozen=True, slots=True)
class Object(Entry):
    content_type: str = "binary/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    """User metadata, without the x-amz-meta- prefix."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Stored response headers: content-encoding, cache-control, content-disposition, content-language, expires."""
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    """Algorithm in lower case ("crc32") to its base64 value."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    parts: Sequence[int] = ()
    """Sizes of the parts it was uploaded in; empty for an object put in one piece."""


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    size: int
    etag: str
    modified: float
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Upload:
    id: str
    bucket: str
    key: str
    started: float


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a writer says about an object beside its bytes."""

    content_type: str = "binary/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Condition:
    """if_match: etag that must be there. if_none_match: "*" = only if the key is free."""

    if_match: str | None = None
    if_none_match: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    objects: Sequence[Entry]
    prefixes: Sequence[str]
    next_after: str | None
    """The last key or prefix returned where more follows: hand it in as `after`. None at the end."""


class Sink(Protocol):
    """One write under way. Bytes become visible only by `commit`, whole and at once."""

    def write(self, data: bytes) -> None:
        """Raises OutOfSpace."""
        ...

    def digest(self, algorithm: str) -> str:
        """Base64 of a checksum over what was written so far, for an algorithm that open_* was told."""
        ...

    def commit(self) -> Object:
        """Raises PreconditionFailed, NoSuchBucket."""
        ...

    def commit_part(self) -> Part:
        """For a sink opened by open_part."""
        ...

    def abort(self) -> None:
        """Drops what was written; harmless after commit."""
        ...


How = Literal["PutObject", "CopyObject", "CompleteMultipartUpload"]
Created = Callable[[str, Object, How], None]
"""Takes a bucket, the object that came to be in it, and how."""


class Watchers:
    """Those who are told of new objects; what they raise is logged, the object stands."""

    def __init__(self) -> None:
        self._all: list[Created] = []

    def add(self, watcher: Created) -> None:
        self._all.append(watcher)

    def tell(self, bucket: str, made: Object, how: How) -> Object:
        for watcher in self._all:
            try:
                watcher(bucket, made, how)
            except Exception:
                log.exception("%s/%s could not be told of", bucket, made.key)
        return made


class Blobs(Protocol):
    def watch(self, watcher: Created) -> None:
        """Calls `watcher` after every object that comes to be, before its writer learns of it, in the writing thread."""
        ...

    def create_bucket(self, name: str, owner: str, now: float) -> Bucket: ...
    def bucket(self, name: str) -> Bucket: ...
    def buckets(self, owner: str | None = None) -> Sequence[Bucket]:
        """By name."""
        ...

    def stored(self, owner: str) -> int:
        """Bytes of all objects in the owner's buckets."""
        ...

    def delete_bucket(self, name: str) -> None:
        """Raises BucketNotEmpty, NoSuchBucket."""
        ...

    def open_write(
        self,
        bucket: str,
        key: str,
        attributes: Attributes,
        *,
        now: float,
        checksums: Iterable[str] = (),
        condition: Condition = Condition(),
    ) -> Sink: ...

    def head(self, bucket: str, key: str) -> Object:
        """Raises NoSuchBucket, NoSuchKey."""
        ...

    def open_read(self, bucket: str, key: str) -> tuple[Object, BinaryIO]:
        """The object and a seekable stream that stays readable if the object is replaced or deleted meanwhile."""
        ...

    def copy(
        self, source: tuple[str, str], target: tuple[str, str], *, now: float, attributes: Attributes | None = None
    ) -> Object:
        """attributes None keeps the source's."""
        ...

    def set_tags(self, bucket: str, key: str, tags: Mapping[str, str]) -> None: ...

    def delete(self, bucket: str, key: str) -> None:
        """Succeeds where nothing is there."""
        ...

    def list(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000
    ) -> Listing:
        """In order of the keys' UTF-8 bytes; keys up to `delimiter` after the prefix are rolled into `prefixes`."""
        ...

    def iterate(self, bucket: str, prefix: str = "") -> Iterator[Entry]:
        """Every object below a prefix, in order."""
        ...

    def create_upload(
        self, bucket: str, key: str, attributes: Attributes, *, now: float, checksums: Iterable[str] = ()
    ) -> Upload: ...
    def open_part(
        self, bucket: str, upload: str, number: int, *, now: float, checksums: Iterable[str] = ()
    ) -> Sink: ...
    def parts(self, bucket: str, upload: str) -> Sequence[Part]: ...
    def uploads(self, bucket: str) -> Sequence[Upload]: ...
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
        """parts: (number, etag) in ascending order. Raises InvalidPart, NoSuchUpload, PreconditionFailed."""
        ...

    def abort_upload(self, bucket: str, upload: str) -> None: ...

    # What controllers use to move whole files; an implementation on the same disk copies without user space.
    def download(self, bucket: str, key: str, target: Path) -> Object:
        """Writes the object's bytes to a new file (parents are made)."""
        ...

    def upload(
        self, source: Path, bucket: str, key: str, *, now: float, attributes: Attributes | None = None
    ) -> Object:
        """Stores a file as an object, replacing what was there at once."""
        ...

    def close(self) -> None: ...
