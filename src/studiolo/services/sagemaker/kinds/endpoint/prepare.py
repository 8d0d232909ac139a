"""Brings a model's files to this machine and describes the process group of an instance that serves them."""

import fcntl
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import studiolo
from studiolo.base.arn import REGION
from studiolo.base.errors import ApiError
from studiolo.base.instances import instance as instance_of
from studiolo.base.record import Record
from studiolo.blobs.protocol import NoSuchKey, OutOfSpace
from studiolo.run.protocol import Environment, EnvironmentError_, Group, Member, Mount, Resources
from studiolo.services import archives, s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Caller
from studiolo.services.sagemaker.kinds.endpoint.plan import Instance, PlanError

WORKLOAD = str(Path(studiolo.__file__).resolve().parent / "workloads" / "serving" / "main.py")
SHARE = 0.1
"""Of its cores, what an instance holds for itself: it mostly waits, and jobs must be able to run beside it."""
DRAIN = 10.0


def _unpacked(platform: Platform, project: str, url: str, compressed: bool, prefix: bool) -> Path:
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


def model_files(platform: Platform, project: str, variant: Any) -> Path | None:
    if not variant["ModelDataUrl"]:
        return None
    try:
        return _unpacked(platform, project, variant["ModelDataUrl"], variant["Compressed"], variant["Prefix"])
    except ApiError as error:
        raise PlanError(f"ClientError: {error.message}") from error
    except archives.BadArchive as error:
        raise PlanError(f"ClientError: The model data {variant['ModelDataUrl']} can't be used: {error}") from error
    except (archives.DiskFull, OutOfSpace) as error:
        raise PlanError("InternalServerError: The studio's disk is full; free some space and try again.") from error


def _source(platform: Platform, project: str, variant: Any, ml: Path) -> None:
    """The code that SDK v2 sends beside the model (SAGEMAKER_SUBMIT_DIRECTORY), unpacked to /opt/ml/code."""
    uri = variant["Environment"].get("SAGEMAKER_SUBMIT_DIRECTORY", "").strip('"')
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


def _requirements(files: Path | None, ml: Path) -> str | None:
    for folder in (ml / "code", files / "code" if files else None):
        if folder and (folder / "requirements.txt").is_file():
            return (folder / "requirements.txt").read_text(errors="replace")
    return None


def group(platform: Platform, record: Record, one: Instance) -> Group:
    """Everything in place for an instance; blocks. Raises PlanError. Doing it again gives the same."""
    variant, project = one.variant, record.key.project
    ml = platform.runner.folder(one.handle) / "ml"
    shutil.rmtree(ml, ignore_errors=True)
    for name in ("run", "model", "output"):
        (ml / name).mkdir(parents=True, exist_ok=True)
    files = model_files(platform, project, variant)
    try:
        _source(platform, project, variant, ml)
        environment = platform.environments.ensure(variant["Image"], _requirements(files, ml))
    except EnvironmentError_ as error:
        raise PlanError(f"ClientError: {error}") from error
    except ApiError as error:
        raise PlanError(f"ClientError: {error.message}") from error
    size = instance_of(variant["InstanceType"])
    assert size is not None
    mounts = [Mount(ml, "/opt/ml")]
    if files is not None:
        mounts.append(Mount(files, "/opt/ml/model", readonly=True))
    cores = min(size.cores, float(len(os.sched_getaffinity(0))))
    member = Member(
        "instance",
        ["python", WORKLOAD, "serve"],
        Resources(size.cores, size.memory, size.gpus),
        _environment(platform, record, variant, environment, cores),
        "/opt/ml",
        mounts,
    )
    network = "none" if variant["Isolated"] else "host"
    return Group(one.handle, [member], environment.prefix, environment.warm, network, None, DRAIN, SHARE)


def _environment(
    platform: Platform, record: Record, variant: Any, environment: Environment, cores: float
) -> dict[str, str]:
    env = {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "SAGEMAKER_BIND_TO_PORT": "8080",
        "STUDIOLO_FRAMEWORK": environment.framework,
        "STUDIOLO_CORES": str(int(max(1, cores))),
        "OMP_NUM_THREADS": "1",
        "SM_MODEL_DIR": "/opt/ml/model",
        **variant["Environment"],
    }
    if variant["Isolated"] or platform.identity is None:
        return env
    granted = platform.identity.temporary_key(
        Caller(record.spec.get("_user", ""), record.key.project, "contributor"), 86400.0 * 365
    )
    return {
        "AWS_ENDPOINT_URL": platform.config.url,
        "AWS_ACCESS_KEY_ID": granted.access_key,
        "AWS_SECRET_ACCESS_KEY": granted.secret,
        "AWS_SESSION_TOKEN": granted.token,
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "studiolo=studiolo.workloads.aws_plugin",
        **env,
    }
