"""Stores what a job leaves: the model, its output, its checkpoints; and reads why it failed. Keys are fixed by the job's
name, so doing it again after a crash replaces the same objects with the same content."""

from pathlib import Path
from typing import Any

from studiolo.base.record import Record
from studiolo.blobs.protocol import Attributes, OutOfSpace
from studiolo.run.protocol import MemberState
from studiolo.services import archives, s3uri
from studiolo.services.platform import Platform
from studiolo.services.s3uri import S3Uri
from studiolo.services.sagemaker.jobs.outputs import OutputError, read_small, store_changed, store_files, why_failed
from studiolo.services.sagemaker.kinds.training_job.inputs import ml_of

_GZIP = Attributes("application/x-gzip")


def artifact_uri(record: Record) -> str:
    """Where the model goes: S3OutputPath/<job>/output/model.tar.gz, or the folder of that name uncompressed."""
    output = s3uri.parse(record.spec["OutputDataConfig"]["S3OutputPath"]).child(f"{record.key.name}/output")
    if record.spec["OutputDataConfig"].get("CompressionType") == "NONE":
        return f"{output.child('model')}/"
    return str(output.child("model.tar.gz"))


class Outputs:
    def __init__(self, platform: Platform, record: Record, folder: Path, hosts: list[str]) -> None:
        self._platform = platform
        self._record = record
        self._folder = folder
        self._mls = [ml_of(folder, host) for host in hosts]

    def store(self) -> None:
        """Raises OutputError."""
        base = s3uri.parse(self._record.spec["OutputDataConfig"]["S3OutputPath"]).child(
            f"{self._record.key.name}/output"
        )
        plain = self._record.spec["OutputDataConfig"].get("CompressionType") == "NONE"
        try:
            for name, target in (("model", "model"), ("output/data", "output")):
                folders = [ml / name for ml in self._mls if archives.holds_something(ml / name)]
                if not folders:
                    continue
                if plain and name == "model":
                    for one in reversed(folders):
                        store_files(self._platform, one, base.child(target))
                else:
                    self._store_archive(folders, base.child(f"{target}.tar.gz"))
            self.sync_checkpoints()
        except (OutOfSpace, archives.DiskFull) as error:
            raise OutputError(
                "InternalServerError: The studio's disk is full: the results could not be stored."
            ) from error
        except s3uri.NoSuchBucket as error:
            raise OutputError("ClientError: The output's bucket was deleted while the job ran.") from error

    def store_data(self) -> None:
        """What a failed job has left in output/data; that it can't be stored is no reason to fail otherwise."""
        base = s3uri.parse(self._record.spec["OutputDataConfig"]["S3OutputPath"]).child(
            f"{self._record.key.name}/output"
        )
        folders = [ml / "output/data" for ml in self._mls if archives.holds_something(ml / "output/data")]
        try:
            if folders:
                self._store_archive(folders, base.child("output.tar.gz"))
        except (OutOfSpace, archives.DiskFull, s3uri.NoSuchBucket):
            pass

    def _store_archive(self, folders: list[Path], uri: S3Uri) -> None:
        packed = self._folder / f"{uri.key.rpartition('/')[2]}.part"
        archives.pack(folders, packed)
        self._platform.blobs.upload(packed, uri.bucket, uri.key, now=self._platform.clock(), attributes=_GZIP)
        packed.unlink()

    def sync_checkpoints(self) -> None:
        """Files that are not yet stored in this size are stored; called now and then while the job runs, too."""
        config = self._record.spec.get("CheckpointConfig")
        if not config:
            return
        for ml in self._mls:
            store_changed(self._platform, ml / "checkpoints", s3uri.parse(config["S3Uri"]))


def failure_reason(platform: Platform, folder: Path, member: MemberState) -> str:
    """Why a host failed: what it wrote down itself, else how it ended and the last it said."""
    return why_failed(member, read_small(ml_of(folder, member.name) / "output" / "failure"))


def model_members(record: Record) -> dict[str, Any]:
    return {"ModelArtifacts": {"S3ModelArtifacts": artifact_uri(record)}}
