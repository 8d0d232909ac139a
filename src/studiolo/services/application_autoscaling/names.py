"""What can be scaled, and how its records are named: pure.

A scalable target is a resource and a dimension; policies and scheduled actions belong to one, and bear its name before
their own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.base.arn import Arn
from studiolo.base.errors import ApiError, Unsupported, ValidationError
from studiolo.base.record import Record
from studiolo.store.protocol import Index

TARGET, POLICY, SCHEDULED, ACTIVITY = "ScalableTarget", "ScalingPolicy", "ScheduledAction", "ScalingActivity"
COUNT, PROVISIONED = "sagemaker:variant:DesiredInstanceCount", "sagemaker:variant:DesiredProvisionedConcurrency"
COPIES = "sagemaker:inference-component:DesiredCopyCount"
DIMENSIONS = (COUNT, PROVISIONED, COPIES)


@dataclass(frozen=True, slots=True)
class Target:
    """One variant of one endpoint, or one inference component (then `endpoint` is its name), in one dimension."""

    endpoint: str
    variant: str
    dimension: str

    @property
    def resource(self) -> str:
        if self.dimension == COPIES:
            return f"inference-component/{self.endpoint}"
        return f"endpoint/{self.endpoint}/variant/{self.variant}"

    @property
    def name(self) -> str:
        return f"{self.resource}|{self.dimension}"

    def members(self) -> dict[str, str]:
        """As the answers name it."""
        return {"ServiceNamespace": "sagemaker", "ResourceId": self.resource, "ScalableDimension": self.dimension}


def target_of(params: Mapping[str, Any]) -> Target:
    """Raises ApiError for what this version does not scale, and for what can't be scaled."""
    check_namespace(params)
    dimension, resource = params["ScalableDimension"], params["ResourceId"]
    if not dimension.startswith("sagemaker:"):
        raise ValidationError(f"Unsupported service namespace and scalable dimension: sagemaker, {dimension}.")
    if dimension not in DIMENSIONS:
        raise Unsupported(f"The dimension {dimension} is not supported by this version of studiolo.")
    parts = resource.split("/")
    if dimension == COPIES:
        if len(parts) != 2 or parts[0] != "inference-component" or not parts[1]:
            raise ValidationError(
                f"Invalid resource identifier: {resource[:200]} should be inference-component/<inference component>."
            )
        return Target(parts[1], "", dimension)
    if len(parts) != 4 or (parts[0], parts[2]) != ("endpoint", "variant") or not parts[1] or not parts[3]:
        raise ValidationError(
            f"Invalid resource identifier: {resource[:200]} should be endpoint/<endpoint>/variant/<variant>."
        )
    return Target(parts[1], parts[3], dimension)


def check_namespace(params: Mapping[str, Any]) -> None:
    if params["ServiceNamespace"] != "sagemaker":
        raise Unsupported(
            f"The namespace {params['ServiceNamespace']} is not part of this studio: it scales sagemaker."
        )


def target_named(name: str) -> Target:
    resource, _, dimension = name.partition("|")
    parts = resource.split("/")
    return Target(parts[1], parts[3] if len(parts) > 3 else "", dimension)


def under(target: Target, name: str) -> str:
    """The record's name of a policy or scheduled action."""
    return f"{target.name}|{name}"


def no_object(what: str, target: Target, name: str | None = None) -> ApiError:
    named = f" and {what} name: {name}" if name else ""
    return ApiError(
        f"No {what} found for service namespace: sagemaker, resource ID: {target.resource}, scalable dimension: "
        f"{target.dimension}{named}.",
        code="ObjectNotFoundException",
        status=400,
    )


def identity(project: str, name: str) -> str:
    """32 hexadecimal digits that stay the same for what is put again under its name."""
    return hashlib.sha256(f"{project} {name.casefold()}".encode()).hexdigest()[:32]


def target_arn(project: str, name: str) -> str:
    return str(Arn("application-autoscaling", project, f"scalable-target/{identity(project, name)}"))


def _uuid(hexadecimal: str) -> str:
    h = hexadecimal
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def policy_arn(project: str, target: Target, name: str) -> str:
    id = _uuid(identity(project, under(target, name)))
    resource = f"scalingPolicy:{id}:resource/sagemaker/{target.resource}:policyName/{name}"
    return str(Arn("autoscaling", project, resource))


def scheduled_arn(project: str, target: Target, name: str) -> str:
    id = _uuid(identity(project, under(target, name)))
    resource = f"scheduledAction:{id}:resource/sagemaker/{target.resource}:scheduledActionName/{name}"
    return str(Arn("autoscaling", project, resource))


def index(record: Record) -> Index:
    """Policies, scheduled actions and activities are found by their target."""
    return Index("", {"Target": record.spec["_target"]})
