"""Brings a model's files and its code to this machine: unpacked once for each content, safely, whole or not at all."""

import fcntl
import hashlib
import shutil
from pathlib import Path
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.blobs.protocol import NoSuchKey, OutOfSpace
from studiolo.services import archives, s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.hosting.containers import PlanError
from studiolo.workloads.serving import models


def unpacked(platform: Platform, project: str, url: str, compressed: bool, prefix: bool) -> Path:
    """The folder of a model's files, made once for each content (by etag), whole or not at all."""
    uri = s3uri.own(platform.blobs, project, url)
    if prefix or not compressed:
        found = list(s3uri.below(platform.blobs, uri))
        if not found:
            raise PlanError(f"Could not find model data at {url}.")
        name = hashlib.sha256(repr([(one.key, one.etag) for one, _ in found]).encode()).hexdigest()
    else:
        try:
            name = hashlib.sha256(platform.blobs.head(uri.bucket, uri.key).etag.encode()).hexdigest()
        except NoSuchKey:
            raise PlanError(f"Could not find model data at {url}.") from None
        found = []
    folder = platform.config.models / name[:32]
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "complete").exists():
            return folder / "files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o755)
        if found:
            for one, path in found:
                target = (folder / "files" / path).resolve()
                if target.is_relative_to(folder):
                    platform.blobs.download(uri.bucket, one.key, target)
        else:
            platform.blobs.download(uri.bucket, uri.key, folder / "archive")
            archives.unpack(folder / "archive", folder / "files")
            (folder / "archive").unlink()
        (folder / "complete").touch()
    return folder / "files"


def model_files(platform: Platform, project: str, container: Any) -> Path | None:
    if not container["ModelDataUrl"]:
        return None
    try:
        return unpacked(platform, project, container["ModelDataUrl"], container["Compressed"], container["Prefix"])
    except ApiError as error:
        raise PlanError(f"ClientError: {error.message}") from error
    except archives.BadArchive as error:
        raise PlanError(f"ClientError: The model data {container['ModelDataUrl']} can't be used: {error}") from error
    except (archives.DiskFull, OutOfSpace) as error:
        raise PlanError("InternalServerError: The studio's disk is full; free some space and try again.") from error


def bring_source(platform: Platform, project: str, container: Any, ml: Path) -> None:
    """The code that SDK v2 sends beside the model (SAGEMAKER_SUBMIT_DIRECTORY), unpacked to /opt/ml/code."""
    uri = container["Environment"].get("SAGEMAKER_SUBMIT_DIRECTORY", "").strip('"')
    (ml / "code").mkdir(parents=True, exist_ok=True)
    if not uri.startswith("s3://"):
        return
    place = s3uri.own(platform.blobs, project, uri)
    archive = ml / "sourcedir.tar.gz"
    try:
        platform.blobs.download(place.bucket, place.key, archive)
        archives.unpack(archive, ml / "code")
    except NoSuchKey:
        raise PlanError(f"ClientError: The source archive {uri} does not exist.") from None
    except archives.BadArchive as error:
        raise PlanError(f"ClientError: The source archive {uri} can't be used: {error}") from error
    finally:
        archive.unlink(missing_ok=True)


def requirements(files: Path | None, ml: Path) -> str | None:
    for folder in (ml / "code", files / "code" if files else None):
        if folder and (folder / "requirements.txt").is_file():
            return (folder / "requirements.txt").read_text(errors="replace")
    return models.packages(files) if files else None
