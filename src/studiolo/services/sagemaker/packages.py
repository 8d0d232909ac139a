"""Making a version of a model: its number in its group, its first approval, and one version per token however often it is
asked for. CreateModelPackage does it for a person, a training job for itself.
"""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import parse_arn, sagemaker_arn
from studiolo.base.errors import ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.store.protocol import Missing, Query, Stale

PACKAGE, GROUP = "ModelPackage", "ModelPackageGroup"


def group_key(project: str, given: str) -> Key:
    """By name or ARN."""
    arn = parse_arn(given)
    return Key(project, GROUP, arn.name if arn and arn.account == project else given)


def group_of(platform: Platform, project: str, given: str) -> Record:
    key = group_key(project, given)
    try:
        return platform.store.get(key)
    except Missing:
        arn = sagemaker_arn(key.project, "model-package-group", key.name)
        raise ValidationError(f"ModelPackageGroup {arn} does not exist.") from None


def package_of(platform: Platform, project: str, given: str) -> Record:
    """By ARN."""
    arn = parse_arn(given)
    if arn is None or (arn.account, arn.type) != (project, "model-package"):
        raise ValidationError(f"{given} is no model package of this project.")
    try:
        return platform.store.get(Key(project, PACKAGE, arn.name))
    except Missing:
        raise ValidationError(f"ModelPackage {given} does not exist.") from None


def _next(platform: Platform, project: str, given: str) -> tuple[str, int]:
    """The group's own name, and the number of its next version."""
    while True:
        group = group_of(platform, project, given)
        number = int(group.spec.get("_versions", 0)) + 1
        try:
            platform.store.write(group, now=platform.clock(), spec={**group.spec, "_versions": number})
        except (Stale, Missing):
            continue
        return group.key.name, number


def made_by(platform: Platform, project: str, token: str) -> Record | None:
    """What a request with this token has made: the same request sent twice makes one version."""
    found = platform.store.query(Query(PACKAGE, project, labels={"Token": token}, limit=1))
    return found.records[0] if found.records else None


def approval(user: str, spec: Mapping[str, Any], now: float) -> dict[str, Any]:
    said = {"Status": spec["ModelApprovalStatus"], "By": user, "At": now}
    return {**said, "Description": spec["ApprovalDescription"]} if "ApprovalDescription" in spec else said


def create(
    platform: Platform,
    project: str,
    user: str,
    params: Mapping[str, Any],
    *,
    name: str | None = None,
    group: str | None = None,
    token: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Record:
    """Under its own name, or as the next version of a group. Raises AlreadyExists, ValidationError."""
    if token is not None:
        made = made_by(platform, project, token)
        if made is not None:
            return made
    now = platform.clock()
    spec: dict[str, Any] = {**params, "_user": user}
    if token is not None:
        spec["_token"] = token
    if group:
        group, number = _next(platform, project, group)
        name = f"{group}/{number}"
        spec |= {"ModelPackageGroupName": group, "ModelPackageVersion": number}
        spec.setdefault("ModelApprovalStatus", "PendingManualApproval")
    assert name is not None
    spec["_approvals"] = [approval(user, spec, now)] if "ModelApprovalStatus" in spec else []
    return platform.store.create(Key(project, PACKAGE, name), spec, {}, now=now, tags=tags or {})
