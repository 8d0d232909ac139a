"""ModelPackage: a model as it can be deployed again, with its metrics, its history and whether somebody approved it.

A version of a group lies under the name "<group>/<number>"; one without a group under its own. It only is; nothing runs.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studiolo.base.arn import parse_arn
from studiolo.base.errors import ConflictError, Unsupported, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker import listing, packages
from studiolo.services.sagemaker.cards import schema
from studiolo.services.sagemaker.documents import arn_of
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.packages import approval, group_key
from studiolo.services.sagemaker.verbs import refused, tags_of
from studiolo.store.protocol import AlreadyExists, Missing, Stale
from studiolo.wire.model import operation

NOT_YET = {
    "ValidationSpecification": "Validation by transform jobs",
    "SourceAlgorithmSpecification": "Algorithm resources",
    "CertifyForMarketplace": "The marketplace",
}
CHANGED = (
    "ModelApprovalStatus", "ModelPackageRegistrationType", "ApprovalDescription", "InferenceSpecification", "SourceUri",
    "ModelCard", "ModelLifeCycle",
)  # fmt: skip
"""Members that UpdateModelPackage sets."""


def _check(spec: Mapping[str, Any]) -> None:
    for member, what in NOT_YET.items():
        if spec.get(member):
            raise Unsupported(f"{what} ({member}) is not supported by this version of studiolo.")
    containers = spec.get("InferenceSpecification", {}).get("Containers", ())
    for one in containers:
        if "Image" not in one:
            raise ValidationError("Each container of the InferenceSpecification must name an Image.")
    card = spec.get("ModelCard", {}).get("ModelCardContent")
    if card is not None:
        schema.check(card, schema.PACKAGE_CARD)


async def _create(platform: Platform, call: Call) -> Mapping[str, Any]:
    params = dict(call.params)
    name, group = params.pop("ModelPackageName", None), params.pop("ModelPackageGroupName", None)
    if name and group:
        raise ValidationError("Both ModelPackageName and ModelPackageGroupName are provided in the input: give one.")
    if not name and not group:
        raise ValidationError("Either ModelPackageName or ModelPackageGroupName must be given.")
    _check(params)
    tags, token = tags_of(params.pop("Tags", None)), params.pop("ClientToken", None)
    project, user = call.caller.project, call.caller.user
    try:
        record = packages.create(platform, project, user, params, name=name, group=group, token=token, tags=tags)
    except AlreadyExists as taken:
        raise refused(KIND.taken, arn_of(KIND, taken.existing), taken.existing.key.name) from None
    return {"ModelPackageArn": arn_of(KIND, record)}


async def _update(platform: Platform, call: Call) -> Mapping[str, Any]:
    params = call.params
    arn = parse_arn(params["ModelPackageArn"])
    if arn is None or (arn.account, arn.type) != (call.caller.project, KIND.arn):
        raise ValidationError(f"{params['ModelPackageArn']} is no model package of this project.")
    _check(params)
    while True:
        try:
            record = platform.store.get(Key(call.caller.project, KIND.name, arn.name))
        except Missing:
            raise refused(KIND.missing, str(arn), arn.name) from None
        now = platform.clock()
        try:
            platform.store.write(record, now=now, spec=_changed(call, record, now))
        except (Stale, Missing):
            continue
        return {"ModelPackageArn": arn_of(KIND, record)}


def _changed(call: Call, record: Record, now: float) -> dict[str, Any]:
    params = call.params
    spec: dict[str, Any] = {**record.spec, **{name: params[name] for name in CHANGED if name in params}}
    gone = set(params.get("CustomerMetadataPropertiesToRemove", ()))
    kept = {**record.spec.get("CustomerMetadataProperties", {}), **params.get("CustomerMetadataProperties", {})}
    if kept:
        spec["CustomerMetadataProperties"] = {name: value for name, value in kept.items() if name not in gone}
    added = params.get("AdditionalInferenceSpecificationsToAdd")
    if added:
        spec["AdditionalInferenceSpecifications"] = [*record.spec.get("AdditionalInferenceSpecifications", ()), *added]
    if "ModelCard" in params:
        held = record.spec.get("ModelCard", {})
        if held.get("ModelCardStatus") == "Archived" and "ModelCardContent" in params["ModelCard"]:
            raise ConflictError("Model Card is in Archived state: its content is not changed any more.")
        spec["ModelCard"] = {**held, **params["ModelCard"]}
    if "ModelApprovalStatus" in params:
        if "ApprovalDescription" not in params:
            spec.pop("ApprovalDescription", None)
        spec["_approvals"] = [*record.spec.get("_approvals", ()), approval(call.caller.user, spec, now)]
    spec["_changed_by"] = call.caller.user
    return spec


async def _list(platform: Platform, call: Call) -> Mapping[str, Any]:
    """Versions of a group, or what has none: AWS's default is the latter."""
    params = dict(call.params)
    if "ModelPackageGroupName" in params:
        params["ModelPackageGroupName"] = group_key(call.caller.project, params["ModelPackageGroupName"]).name.lower()
    asked = params.pop("ModelPackageType", None if "ModelPackageGroupName" in params else "Unversioned")
    if asked in ("Versioned", "Unversioned"):
        params["_type"] = asked
    model = operation("sagemaker", call.operation)
    assert model is not None and model.output_shape is not None
    return listing.answer(KIND, platform, replace(call, params=params), model.output_shape)


async def _batch(platform: Platform, call: Call) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for text in call.params["ModelPackageArnList"]:
        arn = parse_arn(text)
        try:
            record = platform.store.get(Key(call.caller.project, KIND.name, arn.name if arn else text))
        except Missing:
            errors[text] = {"ErrorCode": "ResourceNotFound", "ErrorResponse": "The model package does not exist."}
            continue
        found[text] = {
            "ModelPackageStatus": "Completed",
            "ModelPackageArn": arn_of(KIND, record),
            "CreationTime": record.created,
            **{name: value for name, value in record.spec.items() if not name.startswith("_")},
        }
        found[text].setdefault("InferenceSpecification", {"Containers": []})
    return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors}


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    known: dict[str, Any] = {
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CreatedBy": {"UserProfileName": record.spec.get("_user", "")},
        "CertifyForMarketplace": False,
    }
    if "_changed_by" in record.spec:
        known["LastModifiedBy"] = {"UserProfileName": record.spec["_changed_by"]}
    return known


def _labels(record: Record) -> Mapping[str, str]:
    spec = record.spec
    labels = {
        "Group": spec.get("ModelPackageGroupName", "").lower(),
        "Approval": spec.get("ModelApprovalStatus"),
        "Token": spec.get("_token"),
        "Type": "Versioned" if "ModelPackageVersion" in spec else "Unversioned",
    }
    return {name: value for name, value in labels.items() if value}


def _may_delete(platform: Platform, record: Record) -> None:
    """Models made of it have copied what they need; endpoints go on."""
    if record.spec.get("ModelLifeCycle", {}).get("StageStatus") == "InUse":
        raise ConflictError("The model package's life cycle says that it is in use: change that first.")


KIND = Kind(
    "ModelPackage",
    arn="model-package",
    describe=_describe,
    labels=_labels,
    filters={"ModelPackageGroupName": "Group", "ModelApprovalStatus": "Approval", "_type": "Type"},
    order="Ascending",
    may_delete=_may_delete,
    missing=("ValidationException", "ModelPackage {arn} does not exist."),
    taken=("ValidationException", "ModelPackage already exists: {arn}."),
    operations={
        "CreateModelPackage": _create,
        "UpdateModelPackage": _update,
        "ListModelPackages": _list,
        "BatchDescribeModelPackage": _batch,
    },
)
