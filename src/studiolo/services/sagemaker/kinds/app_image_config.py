"""AppImageConfig: how an image shows in a notebook: its kernels, its user, its variables. It only is."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind

APPS = ("KernelGatewayImageConfig", "JupyterLabAppImageConfig", "CodeEditorAppImageConfig")


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    if sum(name in spec for name in APPS) > 1:
        raise ValidationError(f"Give one of {', '.join(APPS)}.")
    return spec


def _update(platform: Platform, call: Call, record: Record) -> Mapping[str, Any]:
    changed = {name: call.params[name] for name in APPS if name in call.params}
    return _prepare(platform, call, {**record.spec, **changed})


KIND = Kind(
    "AppImageConfig",
    arn="app-image-config",
    prepare=_prepare,
    update=_update,
    missing=("ResourceNotFound", "AppImageConfig {name} does not exist."),
    taken=("ResourceInUse", "AppImageConfig {name} already exists."),
)
