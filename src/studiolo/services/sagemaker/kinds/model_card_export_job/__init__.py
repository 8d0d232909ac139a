"""ModelCardExportJob: a version of a model card written to the bucket as a PDF. It lies under "<card>/export-job/<name>", as
its ARN has it, and holds the content it exports: what happens to the card meanwhile does not matter.
"""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ConflictError, NotFound
from studiolo.base.record import Key, Record
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.cards import paging, pdf
from studiolo.services.sagemaker.documents import arn_of, cut, everything
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.model_card_export_job.controller import ModelCardExportJobController
from studiolo.services.sagemaker.verbs import Verbs
from studiolo.store.protocol import AlreadyExists, Missing
from studiolo.wire.model import element, members, operation

CARD, VERSION = "ModelCard", "ModelCardVersion"


def _card(platform: Platform, call: Call) -> Record:
    given = str(call.params["ModelCardName"])
    name = given.rpartition(":model-card/")[2]
    try:
        return platform.store.get(Key(call.caller.project, CARD, name))
    except Missing:
        raise NotFound(f"Model card {name} does not exist.") from None


def _content(platform: Platform, card: Record, number: int) -> Mapping[str, Any]:
    if number == card.spec["_version"]:
        return card.spec
    try:
        return platform.store.get(Key(card.key.project, VERSION, f"{card.key.name}/{number}")).spec
    except Missing:
        raise NotFound(f"The model card {card.key.name} has no version {number}.") from None


async def _create(platform: Platform, call: Call) -> Mapping[str, Any]:
    pdf.available()
    card, params = _card(platform, call), call.params
    s3uri.parse(params["OutputConfig"]["S3OutputPath"])
    number = params.get("ModelCardVersion", card.spec["_version"])
    held = _content(platform, card, number)
    job = params["ModelCardExportJobName"]
    spec = {
        "ModelCardName": card.key.name,
        "ModelCardVersion": number,
        "OutputConfig": params["OutputConfig"],
        "_job": job,
        "_content": held["Content"],
        "_status": held["ModelCardStatus"],
        "_user": call.caller.user,
    }
    key = Key(card.key.project, KIND.name, f"{card.key.name}/export-job/{job}")
    try:
        record = platform.store.create(key, spec, {"Status": "InProgress"}, now=platform.clock())
    except AlreadyExists as there:
        raise ConflictError(
            f"The model card {card.key.name} has an export job of the name {job} already ({arn_of(KIND, there.existing)})."
        ) from None
    return {"ModelCardExportJobArn": arn_of(KIND, record)}


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    return {
        "ModelCardExportJobName": record.spec["_job"],
        "CreatedAt": record.created,
        "LastModifiedAt": record.modified,
    }


async def _list(platform: Platform, call: Call) -> Mapping[str, Any]:
    params = call.params
    model = operation("sagemaker", call.operation)
    assert model is not None and model.output_shape is not None
    shape = element(members(model.output_shape)["ModelCardExportJobSummaries"])
    card = str(params["ModelCardName"]).rpartition(":model-card/")[2]
    contains = params.get("ModelCardExportJobNameContains", "").lower()
    found = [
        one
        for one in paging.all_of(platform, KIND.name, call.caller.project, card)
        if contains in one.spec["_job"].lower()
        and params.get("ModelCardVersion") in (None, one.spec["ModelCardVersion"])
        and params.get("StatusEquals") in (None, one.status["Status"])
        and paging.within(params, one.created)
    ]
    by = {"Name": lambda one: one.spec["_job"].lower(), "Status": lambda one: one.status["Status"]}
    order = by.get(params.get("SortBy", ""), lambda one: one.created)
    page, token = paging.paged(found, params, order, params.get("SortOrder", "Descending") == "Descending")
    told = [cut(shape, everything(KIND, platform, one)) for one in page]
    return {"ModelCardExportJobSummaries": told, "NextToken": token}


async def _describe_one(platform: Platform, call: Call) -> Mapping[str, Any]:
    model = operation("sagemaker", call.operation)
    assert model is not None and model.output_shape is not None
    return cut(model.output_shape, everything(KIND, platform, Verbs(KIND, platform).find(call)))


KIND = Kind(
    "ModelCardExportJob",
    arn="model-card",
    state="Status",
    describe=_describe,
    labels=lambda record: {"Card": record.spec["ModelCardName"].lower()},
    delete=None,
    missing=("ResourceNotFound", "Model card export job {arn} does not exist."),
    controller=ModelCardExportJobController,
    operations={
        "CreateModelCardExportJob": _create,
        "DescribeModelCardExportJob": _describe_one,
        "ListModelCardExportJobs": _list,
    },
)
