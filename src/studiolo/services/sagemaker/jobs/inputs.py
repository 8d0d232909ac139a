"""The objects a job's input stands for (a prefix, one object, or the list in a manifest), and how they come to a host."""

import gzip
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiolo.blobs.protocol import Entry, NoSuchKey
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.s3uri import S3Uri

MAX_MANIFEST = 64 * 2**20
DISK_FULL = "ClientError: The studio's disk is full; free some space and start the job again."


class InputError(Exception):
    """The job can't start; the message is its FailureReason."""


class Cancelled(Exception):
    """The job was stopped meanwhile."""


def objects(platform: Platform, project: str, source: Mapping[str, Any]) -> Iterator[tuple[str, Entry, str]]:
    """(bucket, object, path below the input) of all that an S3DataSource names. Raises InputError, ApiError."""
    uri = s3uri.own(platform.blobs, project, source["S3Uri"])
    if source["S3DataType"] == "S3Prefix":
        for one, path in s3uri.below(platform.blobs, uri):
            yield uri.bucket, one, path
        return
    yield from _manifest(platform, project, uri)


def _manifest(platform: Platform, project: str, uri: S3Uri) -> Iterator[tuple[str, Entry, str]]:
    """A manifest: [{"prefix": "s3://…"}, "relative/path", …]; an augmented one is handed on as the file it is."""
    try:
        found, stream = platform.blobs.open_read(uri.bucket, uri.key)
    except NoSuchKey:
        raise InputError(f"ClientError: The manifest {uri} does not exist.") from None
    with stream:
        if found.size > MAX_MANIFEST:
            raise InputError(f"ClientError: The manifest {uri} is larger than {MAX_MANIFEST >> 20} MiB.")
        text = stream.read()
    try:
        prefix, *paths = json.loads(text)
        base = s3uri.own(platform.blobs, project, prefix["prefix"])
    except (ValueError, TypeError, KeyError):
        yield uri.bucket, found, uri.key.rpartition("/")[2]
        return
    for path in paths:
        key = f"{base.key}{path}"
        try:
            yield base.bucket, platform.blobs.head(base.bucket, key), str(path).lstrip("/")
        except NoSuchKey:
            raise InputError(
                f"ClientError: The manifest {uri} names s3://{base.bucket}/{key}, which does not exist."
            ) from None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One input as its files shall lie in a folder."""

    what: str
    """As messages name it: "channel train"."""
    source: Mapping[str, Any]
    """S3Uri and S3DataType."""
    sharded: bool
    """Each host gets its part of the objects."""
    packed: bool
    """The objects are gzip, the files shall not be."""


def fetch(
    platform: Platform,
    project: str,
    wanted: Wanted,
    folder: Path,
    shard: tuple[int, int],
    say: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> None:
    """shard: number of the host, and of how many. Raises InputError, Cancelled, ApiError."""
    found = list(objects(platform, project, wanted.source))
    if not found:
        uri = wanted.source["S3Uri"]
        raise InputError(
            f"ClientError: Data download failed: no S3 objects found under the prefix {uri} ({wanted.what})."
        )
    if wanted.sharded:
        found = found[shard[0] :: shard[1]]
    folder.mkdir(parents=True, exist_ok=True)
    total, done = sum(one.size for _, one, _ in found), 0
    for count, (bucket, one, path) in enumerate(found, 1):
        if cancelled():
            raise Cancelled
        target = _target(folder, bucket, one, path)
        try:
            platform.blobs.download(bucket, one.key, target)
        except (FileExistsError, NotADirectoryError):
            raise InputError(f"ClientError: s3://{bucket}/{one.key} is below what is itself a file.") from None
        if wanted.packed:
            _gunzip(target)
        done += one.size
        if total > 64 * 2**20 and count % 20 == 0:
            say(f"Downloading input data: {wanted.what}, {done / 2**20:.0f} of {total / 2**20:.0f} MiB")


def _target(folder: Path, bucket: str, one: Entry, path: str) -> Path:
    target = (folder / path.lstrip("/")).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise InputError(f"ClientError: The object s3://{bucket}/{one.key} has a name that leads out of its folder.")
    if target.is_dir():
        raise InputError(f"ClientError: s3://{bucket}/{one.key} is a file and a folder at once.")
    return target


def _gunzip(path: Path) -> None:
    """In place, as AWS does for compression Gzip: the name loses its ending."""
    target = (
        path.with_name(path.name.removesuffix(".gz"))
        if path.name.endswith(".gz")
        else path.with_name(path.name + ".out")
    )
    try:
        with gzip.open(path) as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out, 1 << 20)
    except (gzip.BadGzipFile, EOFError) as error:
        raise InputError(
            f"ClientError: {path.name} is not gzip, although the input's compression type says so."
        ) from error
    path.unlink()
    if not path.name.endswith(".gz"):
        target.rename(path)
