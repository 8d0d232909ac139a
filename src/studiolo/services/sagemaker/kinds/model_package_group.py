"""ModelPackageGroup: the versions of one model, numbered. It counts them; a number is never given twice."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.arn import Arn
from studiolo.base.errors import ConflictError, Unsupported
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.kind import Kind
from studiolo.store.protocol import Query


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    if "ManagedConfiguration" in spec:
        raise Unsupported("ManagedConfiguration of model package groups is not supported by this version of studiolo.")
    return {**spec, "_versions": 0, "_user": call.caller.user}


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    return {"CreatedBy": created_by(record), "ModelPackageGroupStatus": "Completed"}


def created_by(record: Record) -> Mapping[str, Any]:
    user = record.spec.get("_user", "")
    arn = Arn("sagemaker", record.key.project, f"user-profile/{user}")
    return {"UserProfileArn": str(arn), "UserProfileName": user}


def _may_delete(platform: Platform, record: Record) -> None:
    held = Query("ModelPackage", record.key.project, labels={"Group": record.key.name.lower()})
    if platform.store.count(held):
        raise ConflictError(f"The model package group {record.key.name} still holds model packages: delete them first.")


KIND = Kind(
    "ModelPackageGroup",
    arn="model-package-group",
    order="Ascending",
    prepare=_prepare,
    describe=_describe,
    may_delete=_may_delete,
    missing=("ValidationException", "ModelPackageGroup {arn} does not exist."),
    taken=("ValidationException", "ModelPackageGroup already exists: {arn}."),
)
