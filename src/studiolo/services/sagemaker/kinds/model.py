"""Model: an image, an artifact and an environment, ready to be put behind an endpoint. It only is; nothing runs."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import parse_arn
from studiolo.base.errors import ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind
from studiolo.store.protocol import Missing


def _package(platform: Platform, project: str, named: str) -> list[dict[str, Any]]:
    """The containers of a registered model, by its ARN or name."""
    arn = parse_arn(named)
    if arn is not None and (arn.account, arn.type) != (project, "model-package"):
        raise ValidationError(f"{named} is no model package of this project.")
    try:
        package = platform.store.get(Key(project, "ModelPackage", arn.name if arn else named))
    except Missing:
        raise ValidationError(f"ModelPackage {named} does not exist.") from None
    if package.spec.get("ModelApprovalStatus") == "Rejected":
        raise ValidationError(f"The model package {named} was rejected: approve it before it is deployed.")
    containers = package.spec.get("InferenceSpecification", {}).get("Containers", ())
    if not containers:
        raise ValidationError(f"The model package {named} has no InferenceSpecification, so nothing to deploy.")
    kept = ("Image", "ModelDataUrl", "ModelDataSource", "Environment", "ContainerHostname")
    return [{name: one[name] for name in kept if name in one} for one in containers]


def _expanded(platform: Platform, project: str, container: dict[str, Any]) -> list[dict[str, Any]]:
    """A container that names a registered model becomes that model's; it keeps where it comes from."""
    named = container.get("ModelPackageName")
    if named is None:
        return [container]
    if "Image" in container or "ModelDataUrl" in container or "ModelDataSource" in container:
        raise ValidationError("A container names either a ModelPackageName or an Image with its model data.")
    own = container.get("Environment", {})
    return [
        {**one, "ModelPackageName": named, "Environment": {**one.get("Environment", {}), **own}}
        for one in _package(platform, project, named)
    ]


def _container(container: dict[str, Any], alone: bool) -> None:
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
    project = call.caller.project
    containers = [
        one for given in ([primary] if primary else several or []) for one in _expanded(platform, project, given)
    ]
    if primary and len(containers) == 1:
        spec = {**spec, "PrimaryContainer": containers[0]}
    else:
        spec = {**{name: value for name, value in spec.items() if name != "PrimaryContainer"}, "Containers": containers}
    for container in containers:
        _container(container, len(containers) == 1)
    direct = spec.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
    names = [one["ContainerHostname"] for one in containers if "ContainerHostname" in one]
    if direct and len(names) < len(containers):
        raise ValidationError("Containers that are invoked directly each need a ContainerHostname.")
    if len(set(names)) != len(names):
        raise ValidationError("The ContainerHostname of each container must be unique within the model.")
    return {**spec, "EnableNetworkIsolation": spec.get("EnableNetworkIsolation", False)}


def _labels(record: Record) -> Mapping[str, str]:
    """Of several containers, the first one's image."""
    containers = (
        [record.spec["PrimaryContainer"]] if "PrimaryContainer" in record.spec else record.spec.get("Containers")
    )
    return {"Image": containers[0]["Image"]} if containers else {}


KIND = Kind(
    "Model",
    arn="model",
    prepare=_prepare,
    labels=_labels,
    missing=("ValidationException", 'Could not find model "{arn}".'),
    taken=("ValidationException", 'Cannot create already existing model "{arn}".'),
)
