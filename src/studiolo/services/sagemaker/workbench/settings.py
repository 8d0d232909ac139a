"""What a space's app starts with: its size, its script, and how long it may idle, from the most particular place that says so."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.arn import parse_arn
from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.instances import instance
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.workbench import names
from studiolo.store.protocol import Missing

APPS: Mapping[str, str] = {"JupyterLab": "JupyterLabAppSettings", "CodeEditor": "CodeEditorAppSettings"}
"""Types of apps, with the member that holds their settings."""
DEFAULT_TYPE = "ml.t3.medium"
NOT_YET = {
    "CustomFileSystems": "Custom file systems",
    "RemoteAccess": "Remote access",
    "SpaceManagedResources": "Managed resources",
}


def script_of(platform: Platform, project: str, arn: str) -> Record:
    """The lifecycle configuration an ARN names. Raises where there is none."""
    found = parse_arn(arn)
    if found is not None and (found.type, found.account) == ("studio-lifecycle-config", project):
        try:
            return platform.store.get(Key(project, names.LIFECYCLE, found.name))
        except Missing:
            pass
    raise ValidationError(f"There is no lifecycle configuration {arn} in this project.")


def check_resources(platform: Platform, project: str, given: Mapping[str, Any]) -> None:
    for member in ("SageMakerImageArn", "SageMakerImageVersionArn", "SageMakerImageVersionAlias", "TrainingPlanArn"):
        if member in given:
            raise Unsupported(
                f"{member} is not supported by this version of studiolo: apps run in the studio's own environment."
            )
    size = given.get("InstanceType")
    if size is not None and (size == "system" or instance(size) is None):
        raise ValidationError(
            f"The instance type {size} is not one an app can run on: choose one such as {DEFAULT_TYPE}."
        )
    if given.get("LifecycleConfigArn", "None") != "None":
        script_of(platform, project, given["LifecycleConfigArn"])


def check_settings(platform: Platform, project: str, settings: Mapping[str, Any]) -> None:
    """Raises where a space's settings ask for what there is not."""
    for member, what in NOT_YET.items():
        if settings.get(member) not in (None, [], "DISABLED"):
            raise Unsupported(f"{what} ({member}) of spaces are not supported by this version of studiolo.")
    for member in ("JupyterServerAppSettings", "KernelGatewayAppSettings"):
        if member in settings:
            raise Unsupported(
                f"{member} is of Studio Classic, which studiolo does not have: use JupyterLabAppSettings."
            )
    if settings.get("AppType", "JupyterLab") not in APPS:
        raise Unsupported(f"Spaces hold apps of type {' or '.join(APPS)}, not {settings['AppType']}.")
    for member in APPS.values():
        own = settings.get(member, {})
        if own.get("CodeRepositories"):
            raise Unsupported(
                f"CodeRepositories of {member} are not supported by this version of studiolo: clone in a terminal."
            )
        check_resources(platform, project, own.get("DefaultResourceSpec", {}))


def _first(type: str, places: Sequence[Mapping[str, Any]], member: str) -> Any:
    for place in places:
        found = place.get(APPS[type], {}).get("DefaultResourceSpec", {}).get(member)
        if found is not None:
            return found
    return None


def places(space: Record, profile: Record | None, domain: Record) -> list[Mapping[str, Any]]:
    """From the most to the least particular."""
    return [
        space.spec["SpaceSettings"],
        profile.spec.get("UserSettings", {}) if profile else {},
        domain.spec.get("DefaultUserSettings", {}),
    ]


def resources(type: str, asked: Mapping[str, Any], where: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The ResourceSpec an app runs with."""
    size = asked.get("InstanceType") or _first(type, where, "InstanceType") or DEFAULT_TYPE
    script = asked.get("LifecycleConfigArn") or _first(type, where, "LifecycleConfigArn")
    return {"InstanceType": size, **({"LifecycleConfigArn": script} if script and script != "None" else {})}


def idle_seconds(type: str, where: Sequence[Mapping[str, Any]]) -> float | None:
    """After which an app nobody uses is stopped; None for never."""
    for place in where:
        idle = place.get(APPS[type], {}).get("AppLifecycleManagement", {}).get("IdleSettings", {})
        if idle.get("LifecycleManagement") == "DISABLED":
            return None
        if "IdleTimeoutInMinutes" in idle:
            return float(idle["IdleTimeoutInMinutes"]) * 60
    # The machine's own, which may be shorter than the hour that AWS's settings begin with.
    return float(os.environ.get("STUDIOLO_SPACES_IDLE_SECONDS") or 0) or None
