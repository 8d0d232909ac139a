"""EndpointConfig: which models run behind an endpoint, on what. Immutable; it only is."""

from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.instances import instance, known_types
from studiolo.base.record import Key
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind
from studiolo.store.protocol import Missing

NOT_YET = {
    "ExplainerConfig": "Online explanations",
}
"""Members whose behaviour is not real yet: refused by name, never half-done."""
MEMORY = (1024, 2048, 3072, 4096, 5120, 6144)


def _model(platform: Platform, project: str, name: str) -> None:
    try:
        platform.store.get(Key(project, "Model", name))
    except Missing:
        raise ValidationError(f'Could not find model "{sagemaker_arn(project, "model", name)}".') from None


def _serverless(name: str, given: Mapping[str, Any]) -> None:
    config = given["ServerlessConfig"]
    if "InstanceType" in given or "InitialInstanceCount" in given:
        raise ValidationError(f"Variant {name} is serverless: it has neither InstanceType nor InitialInstanceCount.")
    if config["MemorySizeInMB"] not in MEMORY:
        sizes = ", ".join(map(str, MEMORY))
        raise ValidationError(f"MemorySizeInMB {config['MemorySizeInMB']} is not one of {sizes}.")
    if config.get("ProvisionedConcurrency", 0) > config["MaxConcurrency"]:
        raise ValidationError("ProvisionedConcurrency can't be greater than MaxConcurrency.")


def _managed(variant: Mapping[str, Any], managed: Mapping[str, Any]) -> None:
    if "ModelName" in variant:
        # AWS's own sentence; what a variant with a model has instead is ours to add.
        raise ValidationError(
            "ManagedInstanceScaling is only supported for inference component endpoints. A variant with a ModelName follows "
            "its load by RegisterScalableTarget (endpoint/<endpoint>/variant/<variant>) and PutScalingPolicy."
        )
    if managed.get("MinInstanceCount", 0) > managed.get("MaxInstanceCount", managed.get("MinInstanceCount", 0)):
        raise ValidationError("MinInstanceCount can't be greater than MaxInstanceCount.")


def _places(spec: Mapping[str, Any], variants: Sequence[Mapping[str, Any]], shadows: Sequence[Any]) -> None:
    """Variants without a model are places for inference components."""
    places = [one for one in variants if "ModelName" not in one]
    if any("ModelName" not in one for one in shadows):
        raise ValidationError("A shadow variant needs a ModelName.")
    if not places:
        return
    if len(places) < len(variants) or shadows:
        raise ValidationError(
            "Either all variants have a ModelName, or none has: then inference components bring the models."
        )
    if not spec.get("ExecutionRoleArn"):
        raise ValidationError(
            "A configuration whose variants have no ModelName needs an ExecutionRoleArn: it is for inference components. "
            "Give one, or name the models."
        )
    if spec.get("AsyncInferenceConfig"):
        raise ValidationError("An asynchronous endpoint needs a variant with a ModelName.")


def _variant(platform: Platform, call: Call, variant: dict[str, Any]) -> dict[str, Any]:
    name = variant["VariantName"]
    if "ModelName" in variant:
        _model(platform, call.caller.project, variant["ModelName"])
    elif "ServerlessConfig" in variant:
        raise ValidationError(f"Variant {name} is serverless: it needs a ModelName.")
    managed = variant.get("ManagedInstanceScaling", {})
    if managed.get("Status") == "ENABLED":
        _managed(variant, managed)
    if "ServerlessConfig" in variant:
        _serverless(name, variant)
    elif "InstanceType" not in variant or "InitialInstanceCount" not in variant:
        raise ValidationError(f"Variant {name} needs an InstanceType and an InitialInstanceCount.")
    elif instance(variant["InstanceType"]) is None:
        raise ValidationError(f"{variant['InstanceType']} is no instance type of this studio: {known_types()}.")
    return {"InitialVariantWeight": 1.0, **variant}


def _asynchronous(platform: Platform, project: str, output: Mapping[str, Any]) -> None:
    if not output.get("S3OutputPath"):
        raise ValidationError("AsyncInferenceConfig.OutputConfig needs an S3OutputPath: where the results go.")
    for member in ("S3OutputPath", "S3FailurePath"):
        if output.get(member):
            s3uri.own_target(platform.blobs, project, output[member])


def _capture(platform: Platform, project: str, config: Mapping[str, Any]) -> None:
    s3uri.own_target(platform.blobs, project, config["DestinationS3Uri"])


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    for member, what in NOT_YET.items():
        if spec.get(member):
            raise Unsupported(f"{what} ({member}) are not supported by this version of studiolo.")
    variants = [_variant(platform, call, variant) for variant in spec["ProductionVariants"]]
    shadows = [_variant(platform, call, variant) for variant in spec.get("ShadowProductionVariants", ())]
    _places(spec, variants, shadows)
    names = [variant["VariantName"] for variant in (*variants, *shadows)]
    if len(set(names)) != len(names):
        raise ValidationError("The names of production variants must be unique within an endpoint configuration.")
    if shadows and len(variants) > 1:
        raise ValidationError("An endpoint with a shadow variant has exactly one production variant.")
    serverless = [one for one in (*variants, *shadows) if "ServerlessConfig" in one]
    if serverless and (len(variants) > 1 or shadows):
        raise ValidationError("A serverless endpoint has exactly one production variant and no shadow variant.")
    if asynchronous := spec.get("AsyncInferenceConfig"):
        if len(variants) > 1 or shadows or serverless:
            raise ValidationError(
                "An asynchronous endpoint has exactly one production variant, on instances, and no shadow variant."
            )
        _asynchronous(platform, call.caller.project, asynchronous["OutputConfig"])
    if capture := spec.get("DataCaptureConfig"):
        if serverless and capture.get("EnableCapture"):
            raise ValidationError("Data capture is not available for serverless endpoints.")
        _capture(platform, call.caller.project, capture)
    known = {**spec, "ProductionVariants": variants}
    return {**known, "ShadowProductionVariants": shadows} if shadows else known


KIND = Kind(
    "EndpointConfig",
    arn="endpoint-config",
    prepare=_prepare,
    missing=("ValidationException", 'Could not find endpoint configuration "{arn}".'),
    taken=("ValidationException", 'Cannot create already existing endpoint configuration "{arn}".'),
)
