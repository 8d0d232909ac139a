"""Image: a named environment of the team. It holds its versions and counts them; a number is never given twice."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import InUse
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind
from studiolo.store.protocol import Query


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    return {**spec, "_versions": 0, "_user": call.caller.user}


def _update(platform: Platform, call: Call, record: Record) -> Mapping[str, Any]:
    gone = set(call.params.get("DeleteProperties", ()))
    changed = {name: call.params[name] for name in ("Description", "DisplayName", "RoleArn") if name in call.params}
    return {**{name: value for name, value in record.spec.items() if name not in gone}, **changed}


def _may_delete(platform: Platform, record: Record) -> None:
    held = Query("ImageVersion", record.key.project, labels={"Image": record.key.name.lower()})
    if platform.store.count(held):
        raise InUse(f"The image {record.key.name} has versions: delete them first.")


KIND = Kind(
    "Image",
    arn="image",
    prepare=_prepare,
    describe=lambda platform, record: {"ImageStatus": "CREATED"},
    update=_update,
    may_delete=_may_delete,
    missing=("ResourceNotFound", "No Image with the name {name} exists."),
    taken=("ResourceInUse", "An image with the name {name} already exists ({arn})."),
)
