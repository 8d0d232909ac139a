"""The objects a job's input stands for: a prefix, one object, or the list in a manifest."""

import json
from collections.abc import Iterator, Mapping
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
