"""ImageVersion: one version of a team's environment: a lock that never changes, and the environment built from it.

A version lies under the name "<image>/<number>". AWS's BaseImage is an address in a registry; here it is an image of the
studio, whose versions are taken as they are now, or a requirements.txt or pyproject.toml in S3.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import ApiError, InUse
from studiolo.base.record import Document, Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker import listing
from studiolo.services.sagemaker.documents import arn_of, cut, everything
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.kinds.image_version.controller import ImageVersionController
from studiolo.services.sagemaker.kinds.image_version.spec import source
from studiolo.services.sagemaker.verbs import refused
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale
from studiolo.wire.model import operation

IMAGE = "Image"
SAID = ("VendorGuidance", "JobType", "MLFramework", "ProgrammingLang", "Processor", "Horovod", "ReleaseNotes")
"""Members that only describe a version; UpdateImageVersion sets them."""


def _image(platform: Platform, call: Call) -> Record:
    name = str(call.params["ImageName"])
    try:
        return platform.store.get(Key(call.caller.project, IMAGE, name))
    except Missing:
        raise ApiError(f"No Image with the name {name} exists.", code="ResourceNotFound", status=400) from None


def versions_of(platform: Platform, project: str, image: str) -> list[Record]:
    """The newest first."""
    query = Query(KIND.name, project, labels={"Image": image.lower()}, sort="created", descending=True, limit=500)
    found = platform.store.query(query).records
    return sorted(found, key=lambda one: -one.spec["Version"])


def find(platform: Platform, call: Call) -> Record:
    """By Version, by Alias, or the newest."""
    image = _image(platform, call)
    versions = versions_of(platform, call.caller.project, image.key.name)
    number, alias = call.params.get("Version"), call.params.get("Alias")
    if number is not None:
        versions = [one for one in versions if one.spec["Version"] == number]
    if alias is not None:
        versions = [one for one in versions if alias in one.spec.get("Aliases", ())]
    if not versions:
        named = f"version {number}" if number is not None else f"alias {alias}" if alias else "version"
        message = f"The image {image.key.name} has no {named}."
        raise ApiError(message, code="ResourceNotFound", status=400)
    return versions[0]


def _free(platform: Platform, image: Record, aliases: Any, but: Record | None = None) -> None:
    for one in versions_of(platform, image.key.project, image.key.name):
        taken = set(aliases) & set(one.spec.get("Aliases", ()))
        if taken and (but is None or one.key != but.key):
            raise ApiError(
                f"The alias {min(taken)} is that of version {one.spec['Version']}: take it away there first.",
                code="ResourceInUse",
                status=400,
            )


async def _create(platform: Platform, call: Call) -> Mapping[str, Any]:
    image, params, project = _image(platform, call), dict(call.params), call.caller.project
    token = params.pop("ClientToken")
    made = platform.store.query(Query(KIND.name, project, labels={"Token": f"{image.key.name}/{token}"}, limit=1))
    if made.records:
        return {"ImageVersionArn": arn_of(KIND, made.records[0])}
    _free(platform, image, params.get("Aliases", ()))
    more = source(platform, project, params["BaseImage"])
    number = _next(platform, image.key)
    spec = {
        **params, **more, "ImageName": image.key.name, "Version": number, "_user": call.caller.user, "_token": token
    }  # fmt: skip
    now = platform.clock()
    try:
        record = platform.store.create(
            Key(project, KIND.name, f"{image.key.name}/{number}"), spec, _born(spec, now), now=now
        )
    except AlreadyExists as taken:
        raise refused(KIND.taken, arn_of(KIND, taken.existing), taken.existing.key.name) from None
    return {"ImageVersionArn": arn_of(KIND, record)}


def _next(platform: Platform, key: Key) -> int:
    while True:
        try:
            image = platform.store.get(key)
            number = int(image.spec.get("_versions", 0)) + 1
            platform.store.write(image, now=platform.clock(), spec={**image.spec, "_versions": number})
        except Stale:
            continue
        except Missing:
            raise ApiError(f"No Image with the name {key.name} exists.", code="ResourceNotFound", status=400) from None
        return number


def _born(spec: Document, now: float) -> Mapping[str, Any]:
    return {"ImageVersionStatus": "CREATING", "_log": []}


async def _describe_one(platform: Platform, call: Call) -> Mapping[str, Any]:
    model = operation("sagemaker", call.operation)
    assert model is not None and model.output_shape is not None
    return cut(model.output_shape, everything(KIND, platform, find(platform, call)))


async def _update(platform: Platform, call: Call) -> Mapping[str, Any]:
    params = call.params
    while True:
        record = find(platform, call)
        added, gone = params.get("AliasesToAdd", ()), set(params.get("AliasesToDelete", ()))
        _free(platform, _image(platform, call), added, but=record)
        kept = [one for one in record.spec.get("Aliases", ()) if one not in gone and one not in added]
        spec = {**record.spec, **{name: params[name] for name in SAID if name in params}, "Aliases": [*kept, *added]}
        try:
            platform.store.write(record, now=platform.clock(), spec=spec)
        except (Stale, Missing):
            continue
        return {"ImageVersionArn": arn_of(KIND, record)}


async def _delete(platform: Platform, call: Call) -> Mapping[str, Any]:
    while True:
        record = find(platform, call)
        if record.status["ImageVersionStatus"] == "CREATING":
            raise InUse("The image version is being built: wait for its end.")
        if record.deleting:
            return {}
        try:
            platform.store.write(record, now=platform.clock(), deleting=True)
        except (Stale, Missing):
            continue
        return {}


async def _list(platform: Platform, call: Call) -> Mapping[str, Any]:
    image = _image(platform, call)
    model = operation("sagemaker", call.operation)
    assert model is not None and model.output_shape is not None
    params = {**call.params, "ImageName": image.key.name.lower()}
    return listing.answer(KIND, platform, replace(call, params=params), model.output_shape)


async def _aliases(platform: Platform, call: Call) -> Mapping[str, Any]:
    image, params = _image(platform, call), call.params
    versions = versions_of(platform, call.caller.project, image.key.name)
    if "Version" in params:
        versions = [one for one in versions if one.spec["Version"] == params["Version"]]
    found = sorted({alias for one in versions for alias in one.spec.get("Aliases", ())})
    found = [one for one in found if params.get("Alias") in (None, one)]
    start, limit = params.get("NextToken", ""), params.get("MaxResults", 10)
    rest = [one for one in found if one > start]
    return {
        "SageMakerImageVersionAliases": rest[:limit], "NextToken": rest[limit - 1] if len(rest) > limit else None
    }  # fmt: skip


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    project, image = record.key.project, record.spec["ImageName"]
    return {"ImageArn": sagemaker_arn(project, "image", image)}


def _labels(record: Record) -> Mapping[str, str]:
    image = record.spec["ImageName"]
    return {"Image": image.lower(), "Token": f"{image}/{record.spec.get('_token', '')}"}


def _word(record: Record) -> str:
    return "DELETING" if record.deleting else str(record.status["ImageVersionStatus"])


KIND = Kind(
    "ImageVersion",
    arn="image-version",
    state="ImageVersionStatus",
    word=_word,
    born=_born,
    describe=_describe,
    labels=_labels,
    filters={"ImageName": "Image"},
    missing=("ResourceNotFound", "The image version {name} does not exist."),
    taken=("ResourceInUse", "The image version {name} already exists."),
    controller=ImageVersionController,
    operations={
        "CreateImageVersion": _create,
        "DescribeImageVersion": _describe_one,
        "UpdateImageVersion": _update,
        "DeleteImageVersion": _delete,
        "ListImageVersions": _list,
        "ListAliases": _aliases,
    },
)
