"""Model: an image, an artifact and an environment, ready to be put behind an endpoint. It only is; nothing runs."""

from typing import Any

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind


def _container(container: dict[str, Any], alone: bool) -> None:
    if "ModelPackageName" in container:
        raise Unsupported("Models made of a ModelPackageName are not supported by this version of studiolo.")
    if "Image" not in container:
        raise ValidationError("Each container must name an Image.")
    if "ModelDataUrl" in container and "ModelDataSource" in container:
        raise ValidationError("Specify either ModelDataUrl or ModelDataSource, and not both.")
    if container.get("Mode") == "MultiModel":
        if not alone:
            raise ValidationError("A multi-model container (Mode MultiModel) must be the model's only one.")
        if "ModelDataUrl" not in container:
            raise ValidationError("A multi-model container needs a ModelDataUrl: the S3 prefix of its models.")


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    primary, several = spec.get("PrimaryContainer"), spec.get("Containers")
    if (primary is None) == (not several):
        raise ValidationError("Specify either PrimaryContainer or Containers, and not both.")
    containers = [primary] if primary else several or []
    for container in containers:
        _container(container, len(containers) == 1)
    direct = spec.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
    names = [one["ContainerHostname"] for one in containers if "ContainerHostname" in one]
    if direct and len(names) < len(containers):
        raise ValidationError("Containers that are invoked directly each need a ContainerHostname.")
    if len(set(names)) != len(names):
        raise ValidationError("The ContainerHostname of each container must be unique within the model.")
    return {**spec, "EnableNetworkIsolation": spec.get("EnableNetworkIsolation", False)}


KIND = Kind(
    "Model",
    arn="model",
    prepare=_prepare,
    missing=("ValidationException", 'Could not find model "{arn}".'),
    taken=("ValidationException", 'Cannot create already existing model "{arn}".'),
)
