"""ModelCard: what a team writes down of a model, with all its versions.

The record holds the newest version. Before it is changed it is laid aside under "<card>/<number>"; laying aside the same
version twice is laying it aside once, so a crash between the two loses and doubles nothing. Another status is no new version.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from studiolo.base.errors import ConflictError, NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.cards import paging, schema
from studiolo.services.sagemaker.documents import arn_of, cut, everything
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.verbs import Verbs
from studiolo.store.protocol import AlreadyExists, Index, Missing, Query, Stale
from studiolo.wire.model import operation

VERSION, EXPORT = "ModelCardVersion", "ModelCardExportJob"


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    schema.check(spec["Content"])
    return {**spec, "_user": call.caller.user, "_version": 1, "_made": platform.clock()}


def _aside(platform: Platform, record: Record) -> None:
    key = Key(record.key.project, VERSION, f"{record.key.name}/{record.spec['_version']}")
    kept = {name: record.spec[name] for name in ("Content", "ModelCardStatus", "_user", "_version", "_made")}
    try:
        platform.store.create(key, {**kept, "_card": record.key.name}, {}, now=platform.clock())
    except AlreadyExists as there:
        # Laid aside before a crash, and its status has changed since.
        if dict(there.existing.spec) != {**kept, "_card": record.key.name}:
            platform.store.write(there.existing, now=platform.clock(), spec={**kept, "_card": record.key.name})


def _update(platform: Platform, call: Call, record: Record) -> Mapping[str, Any]:
    params = call.params
    if "Content" in params and "ModelCardStatus" in params:
        raise ValidationError("You cannot update both model card content and model card status in a single call.")
    changed = {**record.spec, "_changed_by": call.caller.user}
    if "ModelCardStatus" in params:
        return {**changed, "ModelCardStatus": params["ModelCardStatus"]}
    if "Content" not in params:
        raise ValidationError("Give the Content or the ModelCardStatus to update.")
    if record.spec["ModelCardStatus"] == "Archived":
        raise ConflictError("Model Card is in Archived state: its content is not changed any more.")
    schema.check(params["Content"])
    _aside(platform, record)
    number = record.spec["_version"] + 1
    return {**changed, "Content": params["Content"], "_version": number, "_made": platform.clock()}


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    """ModelId, RiskRating and ModelPackageGroupName are for Search."""
    spec = record.spec
    content = orjson.loads(spec["Content"])
    known: dict[str, Any] = {
        "ModelCardVersion": spec["_version"],
        "CreatedBy": {"UserProfileName": spec.get("_user", "")},
        "ModelId": content.get("model_overview", {}).get("model_id"),
        "RiskRating": content.get("intended_uses", {}).get("risk_rating"),
        "ModelPackageGroupName": content.get("model_package_details", {}).get("model_package_group_name"),
    }
    if "_changed_by" in spec:
        known["LastModifiedBy"] = {"UserProfileName": spec["_changed_by"]}
    return {name: value for name, value in known.items() if value is not None}


async def _describe_one(platform: Platform, call: Call) -> Mapping[str, Any]:
    record = Verbs(KIND, platform).find(call)
    known, number = everything(KIND, platform, record), call.params.get("ModelCardVersion")
    if number is not None and number != record.spec["_version"]:
        try:
            earlier = platform.store.get(Key(record.key.project, VERSION, f"{record.key.name}/{number}"))
        except Missing:
            raise NotFound(f"The model card {record.key.name} has no version {number}.") from None
        if number > record.spec["_version"]:
            raise NotFound(f"The model card {record.key.name} has no version {number}.")
        known |= {name: earlier.spec[name] for name in ("Content", "ModelCardStatus")}
        known["ModelCardVersion"] = number
    if call.params.get("IncludedData") == "MetadataOnly":
        known["Content"] = ""
    model = operation("sagemaker", call.operation)
    assert model is not None and model.output_shape is not None
    return cut(model.output_shape, known)


async def _versions(platform: Platform, call: Call) -> Mapping[str, Any]:
    card, params = Verbs(KIND, platform).find(call), call.params
    now = card.spec["_version"]
    specs = [one.spec for one in paging.all_of(platform, VERSION, card.key.project, card.key.name)]
    found = [one for one in specs if one["_version"] < now]
    found = [one for one in [*found, card.spec] if params.get("ModelCardStatus") in (None, one["ModelCardStatus"])]
    found = [one for one in found if paging.within(params, one["_made"])]
    descending = params.get("SortOrder", "Descending") == "Descending"
    page, token = paging.paged(found, params, lambda one: one["_version"], descending)
    told = [
        {
            "ModelCardName": card.key.name,
            "ModelCardArn": arn_of(KIND, card),
            "ModelCardStatus": one["ModelCardStatus"],
            "ModelCardVersion": one["_version"],
            "CreationTime": one["_made"],
            "LastModifiedTime": card.modified if one["_version"] == now else one["_made"],
        }
        for one in page
    ]
    return {"ModelCardVersionSummaryList": told, "NextToken": token}


async def _delete(platform: Platform, call: Call) -> None:
    """Its versions and exports first, so that what is cut short can be done again; the PDFs in the bucket stay."""
    while True:
        record = Verbs(KIND, platform).find(call)
        project, name = record.key.project, record.key.name
        busy = Query(EXPORT, project, state="InProgress", labels={"Card": name.lower()})
        if platform.store.count(busy):
            raise ConflictError(f"The model card {name} is being exported: wait for the end of its export jobs.")
        for kind in (VERSION, EXPORT):
            for one in paging.all_of(platform, kind, project, name):
                try:
                    platform.store.delete(one)
                except (Missing, Stale):
                    continue
        try:
            platform.store.delete(record)
        except Stale:
            continue
        except Missing:
            pass
        return


def index_version(record: Record) -> Index:
    return Index("", {"Card": record.spec["_card"].lower()})


KIND = Kind(
    "ModelCard",
    arn="model-card",
    prepare=_prepare,
    describe=_describe,
    labels=lambda record: {"Status": record.spec["ModelCardStatus"]},
    filters={"ModelCardStatus": "Status"},
    update=_update,
    missing=("ResourceNotFound", "Model card {arn} does not exist."),
    taken=("ConflictException", "A model card with the name {name} already exists ({arn})."),
    operations={
        "DescribeModelCard": _describe_one,
        "ListModelCardVersions": _versions,
        "DeleteModelCard": _delete,
    },
)
