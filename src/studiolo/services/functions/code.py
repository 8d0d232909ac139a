"""A function's code: a zip from the request or from S3, checked and unpacked once, shared read-only by its invocations.

It lies under its hash, so an invocation that has begun keeps the code it began with while the function gets another.
"""

import base64
import errno
import hashlib
import io
import os
import shutil
import uuid
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.blobs.protocol import NoSuchBucket, NoSuchKey
from studiolo.services import s3uri
from studiolo.services.functions.names import invalid
from studiolo.services.platform import Platform

MAX_PACKED = 250 * 2**20
MAX_UNPACKED = 250 * 2**20
MAX_FILES = 50_000


def folder(platform: Platform, project: str, digest: str) -> Path:
    return platform.config.functions / project / digest


def _bad_zip(why: str) -> ApiError:
    return invalid(f"Could not unzip uploaded file: {why} Please check your file, then try to upload again.")


def read(platform: Platform, project: str, given: Mapping[str, Any]) -> bytes:
    """The zip that a request gives or names. Raises ApiError."""
    for member in ("ImageUri", "S3ObjectVersion", "SourceKMSKeyArn"):
        if given.get(member):
            raise invalid(
                f"{member} is not supported by this version of studiolo: give ZipFile, or S3Bucket and S3Key."
            )
    packed, bucket, key = given.get("ZipFile"), given.get("S3Bucket"), given.get("S3Key")
    if packed is not None and (bucket or key):
        raise invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
    if packed is not None:
        return packed
    if not bucket or not key:
        raise invalid("Please provide a source for function code: ZipFile, or S3Bucket and S3Key.")
    try:
        uri = s3uri.own(platform.blobs, project, f"s3://{bucket}/{key}")
        found, stream = platform.blobs.open_read(uri.bucket, uri.key)
    except NoSuchKey:
        raise invalid(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
        ) from None
    except NoSuchBucket:
        raise invalid(
            "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"
        ) from None
    except ApiError as error:
        raise invalid(error.message) from None
    with stream:
        if found.size > MAX_PACKED:
            raise invalid(f"The archive is larger than {MAX_PACKED >> 20} MiB.")
        return stream.read()


def keep(platform: Platform, project: str, packed: bytes) -> dict[str, Any]:
    """Unpacks it, if that was not done already; what is to be noted of it. Blocks. Raises ApiError."""
    digest = hashlib.sha256(packed)
    target = folder(platform, project, digest.hexdigest())
    if target.is_dir():
        # It may have been about to be tidied away.
        os.utime(target)
    else:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = target.with_name(f".{uuid.uuid4().hex}")
        try:
            _unpack(packed, scratch)
            scratch.rename(target)
        except OSError as error:
            if target.is_dir():
                pass
            elif error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ApiError(
                    "The studio's disk is full: free some space and try again.",
                    code="CodeStorageExceededException",
                    status=400,
                ) from error
            else:
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return {
        "Folder": digest.hexdigest(),
        "Sha256": base64.b64encode(digest.digest()).decode(),
        "Size": len(packed),
    }


def _unpack(packed: bytes, target: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            members = archive.infolist()
            if len(members) > MAX_FILES or sum(one.file_size for one in members) > MAX_UNPACKED:
                raise invalid(f"Unzipped size must be smaller than {MAX_UNPACKED} bytes")
            target.mkdir(mode=0o700)
            for one in members:
                path = PurePosixPath(one.filename)
                if path.is_absolute() or ".." in path.parts:
                    raise _bad_zip(f"{one.filename!r} lies outside of the archive.")
                archive.extract(one, target)
                place = target / path
                executable = (one.external_attr >> 16) & 0o111
                place.chmod(0o755 if place.is_dir() or executable else 0o644)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise _bad_zip(f"{error}.") from None


def remove_unused(platform: Platform, used: Collection[tuple[str, str]], before: float) -> list[str]:
    """used: (project, hash) of what is needed; what came later than `before` stays, since it may be needed in a moment."""
    gone: list[str] = []
    for one in platform.config.functions.glob("*/*"):
        if (one.parent.name, one.name) not in used and one.stat().st_mtime < before:
            shutil.rmtree(one, ignore_errors=True)
            gone.append(one.name)
    return gone
