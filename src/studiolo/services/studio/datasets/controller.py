"""A version on its way: its objects are taken over into the studio's own bucket, then its columns are profiled.

Level-triggered: the folder follows from the version's name and number, and an object that lies there already is left, so
a server that was killed goes on where it was. No byte is copied: objects of a copy share their files.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.blobs.protocol import Blobs, BucketExists, Entry, NoSuchBucket, NoSuchKey
from studiolo.control.protocol import Again
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.studio.datasets import records
from studiolo.services.studio.datasets.profile import BadData, format_of, profile
from studiolo.store.protocol import Missing, Query, Stale
from studiolo.store.scan import scan

MAX_FILES = 100_000


class Changed(Exception):
    """The source changed while it was taken over."""


def sum_of(blobs: Blobs, bucket: str, one: Entry) -> str:
    """The MD5 of an object's bytes: its ETag where it was put in one piece; of one put in parts they are read."""
    if "-" not in one.etag:
        return one.etag
    _, stream = blobs.open_read(bucket, one.key)
    found = hashlib.md5(usedforsecurity=False)
    with stream:
        while piece := stream.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def digest_of(blobs: Blobs, bucket: str, objects: Sequence[tuple[Entry, str]]) -> str:
    """Of paths and bytes alone: however they were uploaded, the same content has the same."""
    lines = sorted(f"{path}\0{sum_of(blobs, bucket, one)}\0{one.size}\n" for one, path in objects)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:32]


def _folder(record: Record) -> str:
    return records.folder_of(str(record.spec["DataSet"]), int(record.spec["Version"]))


class DataSetVersionController:
    kind = records.VERSION

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def keys(self) -> Sequence[Key]:
        found = scan(self._platform.store, Query(self.kind, None))
        return [one.key for one in found if one.deleting or one.status["VersionStatus"] == "InProgress"]

    async def reconcile(self, key: Key) -> Again | None:
        try:
            record = self._platform.store.get(key)
            if record.deleting:
                await asyncio.to_thread(self._remove, record)
            elif record.status["VersionStatus"] == "InProgress":
                await asyncio.to_thread(self._make, record)
        except (Missing, Stale):
            pass
        return None

    def _write(self, record: Record, **members: Any) -> Record:
        status = {**record.status, **members}
        return self._platform.store.write(record, now=self._platform.clock(), status=status)

    def _make(self, record: Record) -> None:
        try:
            record, objects, folder = self._take_over(record)
            facts = self._profile(record, objects, folder)
        except (BadData, Changed, ApiError) as error:
            record = self._platform.store.get(record.key)
            self._clear(record)
            self._write(record, VersionStatus="Failed", FailureReason=str(error), EndTime=self._platform.clock())
            return
        record = self._platform.store.get(record.key)
        self._write(record, **facts, VersionStatus="Ready", EndTime=self._platform.clock(), _progress=1.0)

    def _take_over(self, record: Record) -> tuple[Record, list[tuple[Entry, str]], str]:
        blobs, project = self._platform.blobs, record.key.project
        source = s3uri.own(blobs, project, record.spec["SourceS3Uri"])
        objects = list(s3uri.below(blobs, source))
        if not objects:
            raise BadData(f"There are no objects below {source}: upload some and register the version again.")
        if len(objects) > MAX_FILES:
            raise BadData(f"{source} has {len(objects)} objects; a version holds at most {MAX_FILES}.")
        bucket, folder = records.bucket_of(project), _folder(record)
        try:
            digest = digest_of(blobs, source.bucket, objects)
        except NoSuchKey:
            raise Changed(f"{source} changed while it was taken over: register the version again.") from None
        facts = {
            "Digest": digest, "S3Uri": f"s3://{bucket}/{folder}", "FileCount": len(objects),
            "Size": sum(one.size for one, _ in objects), "Format": format_of([path for _, path in objects]),
        }  # fmt: skip
        before = record.status.get("Digest")
        record = self._write(record, **facts)
        if before is not None and before != digest:
            self._clear(record)
        try:
            blobs.create_bucket(bucket, project, self._platform.clock())
        except BucketExists:
            pass
        for one, path in objects:
            self._copy((source.bucket, one.key), (bucket, folder + path), one)
        return record, objects, folder

    def _copy(self, source: tuple[str, str], target: tuple[str, str], wanted: Entry) -> None:
        blobs = self._platform.blobs
        try:
            if blobs.head(*target).etag == wanted.etag:
                return
        except NoSuchKey:
            pass
        try:
            copied = blobs.copy(source, target, now=self._platform.clock())
        except NoSuchKey:
            copied = None
        if copied is None or copied.etag != wanted.etag:
            blobs.delete(*target)
            raise Changed(f"s3://{source[0]}/{source[1]} changed while it was taken over: register the version again.")

    def _profile(self, record: Record, objects: Sequence[tuple[Entry, str]], folder: str) -> Mapping[str, Any]:
        form = record.status["Format"]
        if form == "files":
            return {}
        scratch = Path(mkdtemp(prefix="data-set-", dir=self._scratch()))
        try:
            files: list[Path] = []
            for number, (_, path) in enumerate(objects):
                suffix = "".join(Path(path).suffixes[-2:])
                file = scratch / f"{number}{suffix if suffix.isascii() and '/' not in suffix else ''}"
                self._platform.blobs.download(records.bucket_of(record.key.project), folder + path, file)
                files.append(file)

            def say(share: float) -> None:
                self._say(record.key, round(share, 2))

            return profile(files, form, scratch, say)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _say(self, key: Key, share: float) -> None:
        record = self._platform.store.get(key)
        if share - float(record.status.get("_progress") or 0) >= 0.05:
            try:
                self._write(record, _progress=share)
            except Stale:
                pass

    def _scratch(self) -> Path:
        folder = self._platform.config.home / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _clear(self, record: Record) -> None:
        bucket = records.bucket_of(record.key.project)
        try:
            for one in list(self._platform.blobs.iterate(bucket, _folder(record))):
                self._platform.blobs.delete(bucket, one.key)
        except NoSuchBucket:
            pass

    def _remove(self, record: Record) -> None:
        self._clear(record)
        self._platform.store.delete(record)
