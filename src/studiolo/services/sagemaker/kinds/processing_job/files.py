"""What a processing job finds and leaves on its hosts: configuration and inputs before it, outputs and messages after it.

A LocalPath below /opt/ml lies in the host's /opt/ml; any other is a folder of its own that is mounted there.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import ApiError
from studiolo.base.record import Record
from studiolo.blobs.protocol import OutOfSpace
from studiolo.run.protocol import Mount
from studiolo.services import archives, s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.jobs.controller import mark
from studiolo.services.sagemaker.jobs.inputs import DISK_FULL, InputError, Wanted, fetch
from studiolo.services.sagemaker.jobs.outputs import OutputError, read_small, store_changed, store_files
from studiolo.services.sagemaker.kinds.processing_job.spec import hosts_of

ML = "/opt/ml"
MAX_MESSAGE = 1024
SHOWN = (
    "ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources", "StoppingCondition", "AppSpecification",
    "Environment", "NetworkConfig", "RoleArn", "ExperimentConfig",
)  # fmt: skip
"""Members of the request that the job itself is told."""


def ml_of(folder: Path, host: str) -> Path:
    return folder / f"ml-{host}"


class Files:
    def __init__(self, platform: Platform, record: Record, folder: Path) -> None:
        self._platform = platform
        self._record = record
        self._spec: Mapping[str, Any] = record.spec
        self._folder = folder

    # Where things lie.

    def _at(self, host: str, path: str) -> Path:
        if path.startswith(f"{ML}/"):
            return ml_of(self._folder, host) / path.removeprefix(f"{ML}/")
        return self._folder / f"at-{host}" / hashlib.sha256(path.encode()).hexdigest()[:16]

    def _inputs(self) -> Iterator[Mapping[str, Any]]:
        return (one for one in self._spec.get("ProcessingInputs", ()) if not one.get("AppManaged"))

    def _outputs(self) -> Iterator[Mapping[str, Any]]:
        outputs = self._spec.get("ProcessingOutputConfig", {}).get("Outputs", ())
        return (one["S3Output"] for one in outputs if not one.get("AppManaged"))

    def mounts(self, host: str) -> list[Mount]:
        paths = [one["S3Input"]["LocalPath"] for one in self._inputs()] + [one["LocalPath"] for one in self._outputs()]
        others = {path for path in paths if not path.startswith(f"{ML}/")}
        # A folder before what is mounted below it.
        return [Mount(ml_of(self._folder, host), ML), *(Mount(self._at(host, path), path) for path in sorted(others))]

    # Before.

    def prepare(self, say: Callable[[str], None], cancelled: Callable[[], bool]) -> None:
        """Raises InputError, Cancelled."""
        hosts = hosts_of(self._spec)
        try:
            for output in self._outputs():
                s3uri.own_target(self._platform.blobs, self._record.key.project, output["S3Uri"])
            for number, host in enumerate(hosts):
                shutil.rmtree(ml_of(self._folder, host), ignore_errors=True)
                shutil.rmtree(self._folder / f"at-{host}", ignore_errors=True)
                for name in ("config", "output", "processing"):
                    (ml_of(self._folder, host) / name).mkdir(parents=True)
                self._configure(host, hosts)
                for one in self._inputs():
                    self._fetch(one, host, (number, len(hosts)), say, cancelled)
                for output in self._outputs():
                    self._at(host, output["LocalPath"]).mkdir(parents=True, exist_ok=True)
        except (OutOfSpace, archives.DiskFull) as error:
            raise InputError(DISK_FULL) from error
        except ApiError as error:
            raise InputError(f"ClientError: {error.message}") from error
        except (FileExistsError, NotADirectoryError) as error:
            raise InputError("ClientError: A LocalPath is below what another input brings as a file.") from error
        mark(self._folder).write_text("{}")

    def _fetch(
        self,
        one: Mapping[str, Any],
        host: str,
        shard: tuple[int, int],
        say: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> None:
        source = one["S3Input"]
        wanted = Wanted(
            f"input {one['InputName']}",
            source,
            source["S3DataDistributionType"] == "ShardedByS3Key",
            source["S3CompressionType"] == "Gzip",
        )
        folder = self._at(host, source["LocalPath"])
        fetch(self._platform, self._record.key.project, wanted, folder, shard, say, cancelled)

    def _configure(self, host: str, hosts: list[str]) -> None:
        key = self._record.key
        job = {
            "ProcessingJobArn": sagemaker_arn(key.project, "processing-job", key.name),
            "ProcessingJobName": key.name,
            **{name: self._spec[name] for name in SHOWN if name in self._spec},
        }
        type = self._spec["ProcessingResources"]["ClusterConfig"]["InstanceType"]
        group = {"instance_group_name": "homogeneousCluster", "instance_type": type, "hosts": hosts}
        resources = {
            "current_host": host,
            "current_instance_type": type,
            "current_group_name": "homogeneousCluster",
            "hosts": hosts,
            "instance_groups": [group],
            "network_interface_name": "lo",
        }
        config = ml_of(self._folder, host) / "config"
        (config / "processingjobconfig.json").write_text(json.dumps(job))
        (config / "resourceconfig.json").write_text(json.dumps(resources))

    # While it runs, and after.

    def store(self, continuous: bool) -> None:
        """continuous: those outputs that are kept up to date while the job runs; else all. Raises OutputError."""
        try:
            for output in self._outputs():
                goes_on = output["S3UploadMode"] == "Continuous"
                if continuous and not goes_on:
                    continue
                target = s3uri.own_target(self._platform.blobs, self._record.key.project, output["S3Uri"])
                for host in hosts_of(self._spec):
                    folder = self._at(host, output["LocalPath"])
                    (store_changed if goes_on else store_files)(self._platform, folder, target)
        except (OutOfSpace, archives.DiskFull) as error:
            why = "InternalServerError: The studio's disk is full: the results could not be stored."
            raise OutputError(why) from error
        except (s3uri.NoSuchBucket, ApiError) as error:
            raise OutputError("ClientError: The output's bucket was deleted while the job ran.") from error

    def message(self) -> str:
        """What the job itself says of its end, by the first host that says anything."""
        for host in hosts_of(self._spec):
            text = read_small(ml_of(self._folder, host) / "output" / "message").strip()
            if text:
                return text[:MAX_MESSAGE]
        return ""
