"""EndpointConfig: which models run behind an endpoint, on what. Immutable; it only is."""

from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.instances import instance, known_types
from studiolo.base.record import Key
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind
from studiolo.store.protocol import Missing

NOT_YET = {
    "AsyncInferenceConfig": "Asynchronous endpoints",
    "ShadowProductionVariants": "Shadow variants",
    "ExplainerConfig": "Online explanations",
}
"""Members whose behaviour is not real yet: refused by name, never half-done."""


def _variant(platform: Platform, call: Call, variant: dict[str, Any]) -> dict[str, Any]:
    name = variant["VariantName"]
    if "ServerlessConfig" in variant:
        raise Unsupported("Serverless endpoints (ServerlessConfig) are not supported by this version of studiolo.")
    if "ModelName" not in variant:
        raise Unsupported(
            "Variants without a ModelName (inference components) are not supported by this version of studiolo."
        )
    try:
        platform.store.get(Key(call.caller.project, "Model", variant["ModelName"]))
    except Missing:
        arn = sagemaker_arn(call.caller.project, "model", variant["ModelName"])
        raise ValidationError(f'Could not find model "{arn}".') from None
    if "InstanceType" not in variant or "InitialInstanceCount" not in variant:
        raise ValidationError(f"Variant {name} needs an InstanceType and an InitialInstanceCount.")
    if instance(variant["InstanceType"]) is None:
        raise ValidationError(f"{variant['InstanceType']} is no instance type of this studio: {known_types()}.")
    return {"InitialVariantWeight": 1.0, **variant}


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    for member, what in NOT_YET.items():
        if spec.get(member):
            raise Unsupported(f"{what} ({member}) are not supported by this version of studiolo.")
    if spec.get("DataCaptureConfig", {}).get("EnableCapture"):
        raise Unsupported("Data capture (DataCaptureConfig) is not supported by this version of studiolo.")
    variants = [_variant(platform, call, variant) for variant in spec["ProductionVariants"]]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        raise ValidationError("The names of production variants must be unique within an endpoint configuration.")
    return {**spec, "ProductionVariants": variants}


KIND = Kind(
    "EndpointConfig",
    arn="endpoint-config",
    prepare=_prepare,
    missing=("ValidationException", 'Could not find endpoint configuration "{arn}".'),
    taken=("ValidationException", 'Cannot create already existing endpoint configuration "{arn}".'),
)
