"""What a CreateTransformJob request must hold beyond what AWS's model says, and the defaults AWS fills in."""

from typing import Any

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.instances import instance, known_types
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.hosting.containers import PlanError, model_plan
from studiolo.workloads.transform import expand, paths, shapes

PAYLOAD_MB = 6
LIMIT_MB = 100
LIMIT_HOSTS = 20
SECONDS, RETRIES = 600, 3
PARQUET = expand.PARQUET


def hosts_of(spec: Any) -> list[str]:
    return [f"algo-{number}" for number in range(1, spec["TransformResources"]["InstanceCount"] + 1)]


def _model(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    """The model as it is now: it may be deleted while the job runs."""
    try:
        plan = model_plan(platform, call.caller.project, spec["ModelName"])
    except PlanError as error:
        raise ValidationError(str(error)) from None
    if any(one["MultiModel"] for one in plan["Containers"]):
        raise Unsupported("Batch transform of a multi-model container (Mode MultiModel) is not possible.")
    if plan["Mode"] == "Direct":
        raise Unsupported(
            "Batch transform of a model whose containers are invoked directly (Mode Direct) is not possible."
        )
    return plan


def _input(spec: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {"CompressionType": "None", "SplitType": "None", **spec["TransformInput"]}
    source = given["DataSource"]["S3DataSource"]
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        # AWS knows the word, and refuses it for batch transform.
        raise ValidationError(
            f"S3DataType {source['S3DataType']} is not compatible with batch transform: use S3Prefix or ManifestFile."
        )
    s3uri.parse(source["S3Uri"])
    kind = given.get("ContentType", "").partition(";")[0].strip().lower()
    if kind in PARQUET and given["SplitType"] not in ("Line", "None"):
        raise ValidationError(
            "Parquet (ContentType application/x-parquet) is split by rows: SplitType must be Line or None."
        )
    return given


def _output(spec: dict[str, Any]) -> dict[str, Any]:
    given = {"AssembleWith": "None", **spec["TransformOutput"]}
    s3uri.parse(given["S3OutputPath"])
    return given


def _resources(spec: dict[str, Any]) -> None:
    resources = spec["TransformResources"]
    type = resources["InstanceType"]
    if instance(type) is None:
        raise ValidationError(f"{type} is no instance type of this studio: {known_types()}.")
    if not 1 <= resources["InstanceCount"] <= LIMIT_HOSTS:
        raise ValidationError(f"A transform job runs on 1 to {LIMIT_HOSTS} instances.")


def _limits(spec: dict[str, Any]) -> None:
    payload, at_once = spec.get("MaxPayloadInMB", PAYLOAD_MB), spec.get("MaxConcurrentTransforms", 0)
    if payload > LIMIT_MB or payload * max(1, at_once) > LIMIT_MB:
        raise ValidationError(f"MaxConcurrentTransforms * MaxPayloadInMB must not be more than {LIMIT_MB} MB.")


def _processing(spec: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    processing: dict[str, Any] = {
        "InputFilter": "$",
        "OutputFilter": "$",
        "JoinSource": "None",
        **spec.get("DataProcessing", {}),
    }
    kind = given.get("ContentType", "")
    kind = shapes.CSV if kind.partition(";")[0].strip().lower() in PARQUET and given["SplitType"] == "Line" else kind
    for member in ("InputFilter", "OutputFilter"):
        try:
            paths.parse(processing[member])
        except paths.BadPath as error:
            raise ValidationError(f"{member} {processing[member]!r} is no JSONPath known here. {error}") from None
    try:
        shapes.make(kind, processing["InputFilter"], processing["JoinSource"], processing["OutputFilter"])
    except paths.BadPath as error:
        raise ValidationError(f"DataProcessing can't be applied to the ContentType {kind!r}. {error}") from None
    if given["SplitType"] in ("RecordIO", "TFRecord") and processing != {
        "InputFilter": "$",
        "OutputFilter": "$",
        "JoinSource": "None",
    }:
        raise ValidationError(f"DataProcessing needs SplitType Line or None, not {given['SplitType']}.")
    return processing


def _capture(spec: dict[str, Any]) -> None:
    capture = spec.get("DataCaptureConfig")
    if capture is None:
        return
    s3uri.parse(capture["DestinationS3Uri"])
    if capture.get("GenerateInferenceId"):
        raise Unsupported("DataCaptureConfig's GenerateInferenceId is not supported by this version of studiolo.")


def prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    plan = _model(platform, call, spec)
    given, output = _input(spec), _output(spec)
    _resources(spec)
    _limits(spec)
    _capture(spec)
    return {
        **spec,
        "TransformInput": given,
        "TransformOutput": output,
        "DataProcessing": _processing(spec, given),
        "_model": plan,
        "_user": call.caller.user,
    }
