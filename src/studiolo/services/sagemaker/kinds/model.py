"""Model: an image, an artifact and an environment, ready to be put behind an endpoint. It only is; nothing runs."""

from typing import Any

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    primary, several = spec.get("PrimaryContainer"), spec.get("Containers")
    if (primary is None) == (not several):
        raise ValidationError("Specify either PrimaryContainer or Containers, and not both.")
    if several and len(several) > 1:
        raise Unsupported("Models of several containers are not supported by this version of studiolo.")
    container = primary or (several or [{}])[0]
    if "ModelPackageName" in container:
        raise Unsupported("Models made of a ModelPackageName are not supported by this version of studiolo.")
    if "Image" not in container:
        raise ValidationError("The container must name an Image.")
    if container.get("Mode") == "MultiModel":
        raise Unsupported("Multi-model containers (Mode MultiModel) are not supported by this version of studiolo.")
    if "ModelDataUrl" in container and "ModelDataSource" in container:
        raise ValidationError("Specify either ModelDataUrl or ModelDataSource, and not both.")
    return {**spec, "EnableNetworkIsolation": spec.get("EnableNetworkIsolation", False)}


KIND = Kind(
    "Model",
    arn="model",
    prepare=_prepare,
    missing=("ValidationException", 'Could not find model "{arn}".'),
    taken=("ValidationException", 'Cannot create already existing model "{arn}".'),
)
