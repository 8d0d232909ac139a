"""Stores the results of a transform job, whole files only, and reads why files failed. Keys are fixed by the files' names,
so doing it again after a crash replaces the same objects with the same content."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Record
from studiolo.blobs.protocol import Attributes, BlobError, NoSuchBucket, OutOfSpace
from studiolo.run.protocol import MemberState
from studiolo.series import logs
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.s3uri import S3Uri
from studiolo.services.sagemaker.kinds.transform_job import inputs
from studiolo.services.sagemaker.kinds.transform_job.decide import BAD_FILES
from studiolo.services.sagemaker.kinds.transform_job.inputs import ml_of
from studiolo.services.sagemaker.kinds.transform_job.spec import hosts_of

MAX_REASON = 1024


class OutputError(Exception):
    """The results can't be stored; the message is the job's FailureReason."""


class Outputs:
    def __init__(self, platform: Platform, record: Record, folder: Path) -> None:
        self._platform, self._record, self._folder = platform, record, folder

    def store(self) -> int:
        """How many results. If one can't be stored none is. Raises OutputError."""
        spec = self._record.spec["TransformOutput"]
        base = s3uri.parse(spec["S3OutputPath"])
        attributes = Attributes(spec.get("Accept") or "application/octet-stream")
        done: list[tuple[S3Uri, str]] = []
        try:
            names = inputs.names(self._folder)
            for number, path in sorted(self._whole().items()):
                target = base.child(f"{names[number]}.out")
                now = self._platform.clock()
                self._platform.blobs.upload(path, target.bucket, target.key, now=now, attributes=attributes)
                done.append((target, names[number]))
            self._capture(base, [name for _, name in done])
        except OutOfSpace as error:
            self._withdraw([uri for uri, _ in done])
            raise OutputError(
                "InternalServerError: The studio's disk is full: the results could not be stored."
            ) from error
        except (NoSuchBucket, ApiError) as error:
            self._withdraw([uri for uri, _ in done])
            raise OutputError("ClientError: The output's bucket was deleted while the job ran.") from error
        return len(done)

    def _whole(self) -> dict[int, Path]:
        """By file number. What a job wrote is data: a link out of its folder is not followed."""
        found: dict[int, Path] = {}
        for host in hosts_of(self._record.spec):
            folder = ml_of(self._folder, host) / "transform" / "output"
            if folder.is_symlink() or not folder.is_dir():
                continue
            for path in folder.iterdir():
                if path.name.isdecimal() and path.is_file() and not path.is_symlink():
                    found[int(path.name)] = path
        return found

    def _withdraw(self, stored: Sequence[S3Uri]) -> None:
        for uri in stored:
            try:
                self._platform.blobs.delete(uri.bucket, uri.key)
            except BlobError:
                continue

    def _capture(self, base: S3Uri, names: Sequence[str]) -> None:
        """As AWS captures a transform job: manifests that name its inputs and its outputs."""
        config = self._record.spec.get("DataCaptureConfig")
        if not config or not names:
            return
        place = s3uri.own_target(self._platform.blobs, self._record.key.project, config["DestinationS3Uri"])
        source = s3uri.parse(self._record.spec["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        began = datetime.fromtimestamp(self._record.created, UTC)
        # Named after the job: a second time replaces the first.
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{self._record.key.handle()}/{self._record.created}")
        uris = self._input_uris()
        for side, prefix, paths in (
            ("input", f"s3://{source.bucket}/", [uris[one] for one in names if one in uris]),
            ("output", f"{base}".rstrip("/") + "/", [f"{one}.out" for one in names]),
        ):
            target = place.child(f"{side}/{began:%Y/%m/%d/%H}/{name}.json")
            body = json.dumps([{"prefix": prefix}, *paths]).encode()
            s3uri.put(self._platform.blobs, target, body, "application/json", now=self._platform.clock())

    def _input_uris(self) -> dict[str, str]:
        """The key of each input by its name."""
        names = inputs.names(self._folder)
        found: dict[str, str] = {}
        for host in hosts_of(self._record.spec):
            held: dict[str, Any] = json.loads((ml_of(self._folder, host) / "transform" / "plan.json").read_text())
            found |= {names[one["id"]]: s3uri.parse(one["uri"]).key for one in held["files"]}
        return found


def reason(platform: Platform, folder: Path, members: Sequence[MemberState]) -> str:
    """Why a job failed: what its files failed at, else how its first bad host ended and the last it said."""
    bad = [one for one in members if one.phase == "exited" and one.exit_code not in (0, BAD_FILES)]
    bad = [one for one in bad if one.reason != "stopped"]
    if bad:
        return _ending(min(bad, key=lambda one: one.ended or 0.0))
    errors = [error for one in members if one.exit_code == BAD_FILES for error in _errors(folder, one.name)]
    if not errors:
        return "AlgorithmError: See job logs for more information"
    more = f" (and {len(errors) - 1} more files; see the log)" if len(errors) > 1 else ""
    kind = "InternalServerError" if "disk is full" in errors[0] else "ClientError"
    return f"{kind}: {errors[0][: MAX_REASON - 80]}{more}"


def _ending(member: MemberState) -> str:
    if member.reason == "out_of_memory":
        return "AlgorithmError: The job used more memory than its instance type has: OutOfMemory, exit code: 137"
    if member.reason in ("lost", "start_failed"):
        return f"InternalServerError: {member.message}"
    last = "\n".join(logs.tail(member.log, 10))
    ending = f"exit code: {member.exit_code}"
    return f"AlgorithmError: {last[-(MAX_REASON - 60) :]}\n{ending}" if last else f"AlgorithmError: {ending}"


def _errors(folder: Path, host: str) -> list[str]:
    path = ml_of(folder, host) / "transform" / "errors.json"
    if path.is_symlink() or not path.is_file():
        return []
    try:
        held = json.loads(path.read_text())
    except ValueError:
        return []
    return [str(one) for one in held] if isinstance(held, list) else []
