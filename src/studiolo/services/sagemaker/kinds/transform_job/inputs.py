"""Puts the files of a transform job in place, each host's share in its own folder, and writes down what is to be done.
Done twice, it gives the same; the mark at the end says it is complete."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.instances import instance
from studiolo.base.record import Record
from studiolo.blobs.protocol import Entry, OutOfSpace
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.jobs.inputs import DISK_FULL, Cancelled, InputError, objects
from studiolo.services.sagemaker.kinds.transform_job.spec import PAYLOAD_MB, RETRIES, SECONDS, hosts_of
from studiolo.workloads.transform.plan import Plan, Source

LIMIT_WORKERS = 64


def mark(folder: Path) -> Path:
    return folder / "prepared.json"


def ml_of(folder: Path, host: str) -> Path:
    return folder / f"ml-{host}"


def next_folder(place: int) -> str:
    """Where the first container finds the socket of a later one."""
    return f"/opt/ml/next/{place}"


def workers(spec: Mapping[str, Any]) -> int:
    """As many as the host has cores, or as many requests at a time as were asked for."""
    size = instance(spec["TransformResources"]["InstanceType"])
    assert size is not None
    cores = max(1, int(min(size.cores, len(os.sched_getaffinity(0)))))
    asked = spec.get("MaxConcurrentTransforms", 0)
    if asked:
        return min(asked, LIMIT_WORKERS, 4 * cores)
    return 1 if size.gpus else cores


def _plan(spec: Mapping[str, Any], files: list[Source]) -> Plan:
    given, output, processing = spec["TransformInput"], spec["TransformOutput"], spec["DataProcessing"]
    client = spec.get("ModelClientConfig", {})
    return Plan(
        files,
        given.get("ContentType", ""),
        output.get("Accept", ""),
        given["SplitType"],
        spec.get("BatchStrategy") == "SingleRecord",
        spec.get("MaxPayloadInMB", PAYLOAD_MB) * 2**20,
        output["AssembleWith"],
        given["CompressionType"] == "Gzip",
        processing["InputFilter"],
        processing["JoinSource"],
        processing["OutputFilter"],
        workers(spec),
        float(client.get("InvocationsTimeoutInSeconds", SECONDS)),
        int(client.get("InvocationsMaxRetries", RETRIES)),
        [f"{next_folder(place)}/w.sock" for place in range(1, len(spec["_model"]["Containers"]))],
    )


class Inputs:
    def __init__(self, platform: Platform, record: Record, folder: Path, cancelled: Callable[[], bool]) -> None:
        self._platform = platform
        self._record = record
        self._spec: Mapping[str, Any] = record.spec
        self._folder = folder
        self._cancelled = cancelled

    def prepare(self) -> None:
        """Raises InputError, Cancelled."""
        try:
            self._check_outputs()
            found = self._objects()
            hosts = hosts_of(self._spec)
            for number, host in enumerate(hosts):
                share = list(enumerate(found))[number :: len(hosts)]
                self._host(ml_of(self._folder, host), share)
        except OutOfSpace as error:
            raise InputError(DISK_FULL) from error
        except ApiError as error:
            raise InputError(f"ClientError: {error.message}") from error
        names = [path for _, _, path in found]
        mark(self._folder).write_text(json.dumps({"names": names}))

    def _check_outputs(self) -> None:
        """Before hours of work, not after."""
        project = self._record.key.project
        s3uri.own_target(self._platform.blobs, project, self._spec["TransformOutput"]["S3OutputPath"])
        if "DataCaptureConfig" in self._spec:
            s3uri.own_target(self._platform.blobs, project, self._spec["DataCaptureConfig"]["DestinationS3Uri"])

    def _objects(self) -> list[tuple[str, Entry, str]]:
        source = self._spec["TransformInput"]["DataSource"]["S3DataSource"]
        found = list(objects(self._platform, self._record.key.project, source))
        if not found:
            raise InputError(f"ClientError: No S3 objects found under S3 URL {source['S3Uri']}.")
        names = [path for _, _, path in found]
        if len(set(names)) < len(names):
            raise InputError(
                "ClientError: The manifest names a file more than once; its result would be written twice."
            )
        return found

    def _host(self, ml: Path, share: list[tuple[int, tuple[str, Entry, str]]]) -> None:
        shutil.rmtree(ml, ignore_errors=True)
        for name in ("transform/input", "model", "code", "output"):
            (ml / name).mkdir(parents=True)
        files: list[Source] = []
        for number, (bucket, one, _) in share:
            if self._cancelled():
                raise Cancelled
            self._platform.blobs.download(bucket, one.key, ml / "transform" / "input" / str(number))
            files.append(Source(number, f"s3://{bucket}/{one.key}", one.size))
        _plan(self._spec, files).save(ml / "transform")


def names(folder: Path) -> list[str]:
    """Of the files by their numbers: what their results are called, but for the ending."""
    return json.loads(mark(folder).read_text())["names"]
