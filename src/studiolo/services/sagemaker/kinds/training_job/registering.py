"""Registers the model of a job that asks for it (ModelPackageConfig) as the next version of a group, with its final metrics.

It is done before the job is Completed, so whoever waits for the job finds the version; and by a token of the job's own, so
after a crash it is found again instead of made twice.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import ValidationError
from studiolo.base.record import Record
from studiolo.blobs.protocol import Attributes
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker import packages
from studiolo.services.sagemaker.kinds.training_job.outputs import artifact_uri

REPORT = "evaluation.json"


def check(platform: Platform, project: str, config: Mapping[str, Any]) -> None:
    packages.group_of(platform, project, config["ModelPackageGroupArn"])
    source = config.get("SourceModelPackageArn")
    if source is None:
        return
    package = packages.package_of(platform, project, source)
    if not package.spec.get("InferenceSpecification", {}).get("Containers"):
        raise ValidationError(f"The model package {source} has no InferenceSpecification for the new version to take.")


def register(platform: Platform, record: Record, folder: Path, final: Sequence[Mapping[str, Any]]) -> str:
    """The version's ARN. Raises ApiError, OutOfSpace, NoSuchBucket."""
    project, config = record.key.project, record.spec["ModelPackageConfig"]
    params: dict[str, Any] = {
        "ModelPackageDescription": f"Registered by the training job {record.key.name}",
        "InferenceSpecification": _inference(platform, record),
        "MetadataProperties": {"GeneratedBy": sagemaker_arn(project, "training-job", record.key.name)},
    }
    if final:
        source = {"ContentType": "application/json", "S3Uri": _report(platform, record, folder, final)}
        params["ModelMetrics"] = {"ModelQuality": {"Statistics": source}}
    user, token = record.spec.get("_user", ""), f"training-job/{record.key.name}/{record.created}"
    made = packages.create(platform, project, user, params, group=config["ModelPackageGroupArn"], token=token)
    return sagemaker_arn(project, "model-package", made.key.name)


def _inference(platform: Platform, record: Record) -> dict[str, Any]:
    """Served by the image that trained it, or as the version that it comes from."""
    source = record.spec["ModelPackageConfig"].get("SourceModelPackageArn")
    told: Mapping[str, Any] = {}
    if source is not None:
        told = packages.package_of(platform, record.key.project, source).spec["InferenceSpecification"]
    first, *others = told.get("Containers") or [{"Image": record.spec["AlgorithmSpecification"]["TrainingImage"]}]
    kept = {name: value for name, value in first.items() if name in ("Image", "Environment", "ContainerHostname")}
    return {**told, "Containers": [{**kept, **_data(record)}, *others]}


def _data(record: Record) -> dict[str, Any]:
    uri = artifact_uri(record)
    if not uri.endswith("/"):
        return {"ModelDataUrl": uri}
    return {"ModelDataSource": {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}}}


def _report(platform: Platform, record: Record, folder: Path, final: Sequence[Mapping[str, Any]]) -> str:
    """Written beside the model, as the SDKs' evaluations are."""
    told = {"training_job_metrics": {one["MetricName"]: {"value": one["Value"]} for one in final}}
    uri = s3uri.parse(record.spec["OutputDataConfig"]["S3OutputPath"]).child(f"{record.key.name}/output/{REPORT}")
    written = folder / REPORT
    written.write_bytes(orjson.dumps(told))
    platform.blobs.upload(written, uri.bucket, uri.key, now=platform.clock(), attributes=Attributes("application/json"))
    written.unlink()
    return str(uri)
