"""StudioLifecycleConfig: a script that an app runs before it starts, for instance to install packages."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import AccessDenied, InUse, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.workbench import names
from studiolo.store.protocol import Missing, Query, Stale
from studiolo.store.scan import scan

MAX_BYTES = 16384


def script(record: Record) -> bytes:
    return base64.b64decode(record.spec["StudioLifecycleConfigContent"])


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    try:
        base64.b64decode(spec["StudioLifecycleConfigContent"], validate=True)
    except (binascii.Error, ValueError):
        raise ValidationError("StudioLifecycleConfigContent must be the script in base64.") from None
    if spec["StudioLifecycleConfigAppType"] not in ("JupyterLab", "CodeEditor"):
        raise ValidationError(
            "StudioLifecycleConfigAppType must be JupyterLab or CodeEditor: there are no other apps here."
        )
    return {**spec, "_user": call.caller.user}


def _used(platform: Platform, project: str, arn: str) -> str | None:
    """A space or an app that names it."""
    for kind in (names.SPACE, names.PROFILE, names.DOMAIN, names.APP):
        for one in scan(platform.store, Query(kind, project)):
            if kind == names.APP and one.status.get("Status") in names.OVER:
                continue
            if arn.lower() in str(one.spec).lower():
                return f"{kind} {one.key.name}"
    return None


async def _delete(platform: Platform, call: Call) -> None:
    """Not under those who rely on it: under its name another could then put another script."""
    project, name = call.caller.project, call.params["StudioLifecycleConfigName"]
    arn = sagemaker_arn(project, KIND.arn, name)
    try:
        record = platform.store.get(Key(project, KIND.name, name))
    except Missing:
        raise InUse(KIND.missing[1].format(arn=arn, name=name), code=KIND.missing[0]) from None
    if call.caller.role != "admin" and record.spec["_user"].casefold() != call.caller.user.casefold():
        raise AccessDenied("Only who made the lifecycle configuration or an admin of the project may delete it.")
    user = _used(platform, project, arn)
    if user is not None:
        raise InUse(f"The lifecycle configuration {name} is used by {user}.")
    try:
        platform.store.delete(record)
    except (Stale, Missing):
        raise InUse("The lifecycle configuration was changed meanwhile: try again.") from None


def _labels(record: Record) -> Mapping[str, str]:
    return {"AppType": record.spec.get("StudioLifecycleConfigAppType", "")}


KIND = Kind(
    names.LIFECYCLE,
    arn="studio-lifecycle-config",
    prepare=_prepare,
    labels=_labels,
    filters={"AppTypeEquals": "AppType"},
    missing=("ResourceNotFound", "StudioLifecycleConfig [{arn}] does not exist."),
    taken=("ResourceInUse", "StudioLifecycleConfig [{arn}] already exists."),
    operations={"DeleteStudioLifecycleConfig": _delete},
)
