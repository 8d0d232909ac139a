"""Puts everything a job finds below /opt/ml in place: configuration, data, source, checkpoints. Done twice, it gives the
same; the mark at the end says it is complete."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studiolo.base.arn import REGION, sagemaker_arn
from studiolo.base.errors import ApiError
from studiolo.base.record import Record
from studiolo.blobs.protocol import NoSuchKey, OutOfSpace
from studiolo.services import archives, s3uri
from studiolo.services.platform import Platform
from studiolo.services.s3uri import S3Uri
from studiolo.services.sagemaker.jobs import credentials
from studiolo.services.sagemaker.jobs.controller import mark
from studiolo.services.sagemaker.jobs.inputs import DISK_FULL, InputError, Wanted, fetch
from studiolo.services.sagemaker.kinds.training_job.spec import hosts_of

Progress = Callable[[str], None]


def ml_of(folder: Path, host: str) -> Path:
    return folder / f"ml-{host}"


def source_uri(spec: Mapping[str, Any]) -> str | None:
    """Where the script's sourcedir.tar.gz lies, as SDK v2 says it."""
    hyperparameters, environment = spec.get("HyperParameters", {}), spec.get("Environment", {})
    value = hyperparameters.get("sagemaker_submit_directory") or environment.get("SAGEMAKER_SUBMIT_DIRECTORY")
    return value.strip('"') if value and value.strip('"').startswith("s3://") else None


class Inputs:
    def __init__(
        self, platform: Platform, record: Record, folder: Path, say: Progress, cancelled: Callable[[], bool]
    ) -> None:
        self._platform = platform
        self._record = record
        self._spec: Mapping[str, Any] = record.spec
        self._folder = folder
        self._say = say
        self._cancelled = cancelled

    def prepare(self) -> None:
        """Raises InputError, Cancelled."""
        try:
            self._check_outputs()
            hosts = hosts_of(self._spec)
            for number, (host, type, group) in enumerate(hosts):
                ml = ml_of(self._folder, host)
                shutil.rmtree(ml, ignore_errors=True)
                for name in ("input/config", "input/data", "model", "output/data", "code", "checkpoints", "metadata"):
                    (ml / name).mkdir(parents=True)
                self._write_config(ml, host, type, group)
                self._source(ml)
                for channel in self._spec.get("InputDataConfig", ()):
                    self._channel(ml, channel, number, len(hosts))
                self._checkpoints(ml)
        except (OutOfSpace, archives.DiskFull) as error:
            raise InputError(DISK_FULL) from error
        except ApiError as error:
            raise InputError(f"ClientError: {error.message}") from error
        mark(self._folder).write_text("{}")

    def requirements(self) -> str | None:
        """The text of the source's requirements.txt."""
        path = ml_of(self._folder, "algo-1") / "code" / "requirements.txt"
        return path.read_text(errors="replace") if path.is_file() else None

    def _own(self, uri: str) -> S3Uri:
        return s3uri.own(self._platform.blobs, self._record.key.project, uri)

    def _check_outputs(self) -> None:
        """Before hours of work, not after."""
        blobs, project = self._platform.blobs, self._record.key.project
        s3uri.own_target(blobs, project, self._spec["OutputDataConfig"]["S3OutputPath"])
        if "CheckpointConfig" in self._spec:
            s3uri.own_target(blobs, project, self._spec["CheckpointConfig"]["S3Uri"])

    def _write_config(self, ml: Path, host: str, type: str, group: str) -> None:
        hosts = hosts_of(self._spec)
        groups: dict[str, dict[str, Any]] = {}
        for name, one_type, one_group in hosts:
            entry = {"instance_group_name": one_group, "instance_type": one_type, "hosts": []}
            groups.setdefault(one_group, entry)["hosts"].append(name)
        algorithm = self._spec["AlgorithmSpecification"]
        mode = algorithm.get("TrainingInputMode", "File")
        documents: dict[str, Any] = {
            "hyperparameters": self._spec.get("HyperParameters", {}),
            "resourceconfig": {
                "current_host": host,
                "current_instance_type": type,
                "current_group_name": group,
                "hosts": [name for name, _, _ in hosts],
                "instance_groups": list(groups.values()),
                "network_interface_name": "lo",
            },
            "inputdataconfig": {
                channel["ChannelName"]: {
                    "TrainingInputMode": channel.get("InputMode", mode),
                    "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                        "S3DataDistributionType", "FullyReplicated"
                    ),
                    "RecordWrapperType": "None",
                    **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
                }
                for channel in self._spec.get("InputDataConfig", ())
            },
            "metric-definition-regex": algorithm.get("MetricDefinitions", []),
            "checkpointconfig": self._spec.get("CheckpointConfig", {}),
            "debughookconfig": self._spec.get("DebugHookConfig", {}),
            "profilerconfig": self._spec.get("ProfilerConfig", {}),
        }
        for name, document in documents.items():
            (ml / "input" / "config" / f"{name}.json").write_text(json.dumps(document))
        role = {"ExecutionRoleArn": self._spec["RoleArn"], "ResourceArn": self._arn(), "AppType": "TrainingJob"}
        (ml / "metadata" / "resource-metadata.json").write_text(json.dumps(role))

    def _arn(self) -> str:
        return sagemaker_arn(self._record.key.project, "training-job", self._record.key.name)

    def _source(self, ml: Path) -> None:
        """Script mode's source, unpacked; a job with an entry point of its own gets its code another way."""
        uri = source_uri(self._spec)
        if uri is None or self._spec["AlgorithmSpecification"].get("ContainerEntrypoint"):
            return
        place = self._own(uri)
        archive = self._folder / "sourcedir.tar.gz"
        try:
            self._platform.blobs.download(place.bucket, place.key, archive)
        except NoSuchKey:
            raise InputError(f"ClientError: The source archive {uri} does not exist.") from None
        try:
            archives.unpack(archive, ml / "code")
        except archives.BadArchive as error:
            raise InputError(f"ClientError: The source archive {uri} can't be used: {error}") from error

    def _channel(self, ml: Path, channel: Mapping[str, Any], number: int, hosts: int) -> None:
        source, name = channel["DataSource"]["S3DataSource"], channel["ChannelName"]
        wanted = Wanted(
            f"channel {name}",
            source,
            source.get("S3DataDistributionType") == "ShardedByS3Key",
            channel.get("CompressionType") == "Gzip",
        )
        project, folder = self._record.key.project, ml / "input" / "data" / name
        fetch(self._platform, project, wanted, folder, (number, hosts), self._say, self._cancelled)

    def _checkpoints(self, ml: Path) -> None:
        config = self._spec.get("CheckpointConfig")
        if not config:
            return
        uri = self._own(config["S3Uri"])
        prefix = S3Uri(uri.bucket, uri.key.rstrip("/") + "/" if uri.key else "")
        for one, path in s3uri.below(self._platform.blobs, prefix):
            target = (ml / "checkpoints" / path).resolve()
            if target.is_relative_to((ml / "checkpoints").resolve()):
                self._platform.blobs.download(uri.bucket, one.key, target)


def platform_environment(platform: Platform, record: Record, host: str, framework: str) -> dict[str, str]:
    """The variables the platform sets beside the user's own."""
    key, spec = record.key, record.spec
    env = {
        "TRAINING_JOB_NAME": key.name,
        "TRAINING_JOB_ARN": sagemaker_arn(key.project, "training-job", key.name),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "CURRENT_HOST": host,
        "STUDIOLO_FRAMEWORK": framework,
        "STUDIOLO_IMAGE": spec["AlgorithmSpecification"]["TrainingImage"],
        **spec.get("Environment", {}),
    }
    if spec.get("EnableNetworkIsolation") or platform.identity is None:
        return env
    seconds = float(spec["StoppingCondition"]["MaxRuntimeInSeconds"]) + 3600
    return credentials.variables(platform, key.project, spec.get("_user", ""), seconds, env)
