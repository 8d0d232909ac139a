"""Artifact, Action, Context and TrialComponent as kinds: they only are. The common verbs do nearly all of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from studiolo.base.errors import LimitExceeded, NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker import listing
from studiolo.services.sagemaker.kind import Kind
from studiolo.services.sagemaker.lineage import graph
from studiolo.services.sagemaker.verbs import tags_of
from studiolo.store.protocol import AlreadyExists, Missing, Query, Stale
from studiolo.wire.model import operation

MAX_PROPERTIES = 30
Operation = Callable[[Platform, Call], Any]


def _prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    return {**spec, "_user": call.caller.user}


def _describe(platform: Platform, record: Record) -> Mapping[str, Any]:
    created, changed = record.spec.get("_user", ""), record.spec.get("_changed_by")
    known: dict[str, Any] = {"CreatedBy": {"UserProfileName": created}} if created else {}
    if changed:
        known["LastModifiedBy"] = {"UserProfileName": changed}
    return known


def _describe_artifact(platform: Platform, record: Record) -> Mapping[str, Any]:
    """Its key is a hash of its source; the name is one that a person gave it, or none."""
    return {**_describe(platform, record), "ArtifactName": record.spec.get("ArtifactName")}


def _update(*members: str) -> Callable[[Platform, Call, Record], Mapping[str, Any]]:
    """Sets the members that are given; Properties are merged, and those to remove go."""

    def update(platform: Platform, call: Call, record: Record) -> Mapping[str, Any]:
        params = call.params
        spec = {**record.spec, **{name: params[name] for name in members if name in params}}
        for member in ("Properties", "Parameters", "InputArtifacts", "OutputArtifacts"):
            gone = params.get(f"{member}ToRemove", ())
            if member not in params and not gone:
                continue
            held = {**record.spec.get(member, {}), **params.get(member, {})}
            spec[member] = {name: value for name, value in held.items() if name not in gone}
        if len(spec.get("Properties", ())) > MAX_PROPERTIES:
            raise LimitExceeded(f"An entity of the lineage holds at most {MAX_PROPERTIES} properties.")
        return {**spec, "_changed_by": call.caller.user}

    return update


def _labels(type: str) -> Callable[[Record], Mapping[str, str]]:
    def labels(record: Record) -> Mapping[str, str]:
        found = {"SourceUri": graph.digest(record.spec["Source"]["SourceUri"]), type: str(record.spec[type])}
        return {name: value for name, value in found.items() if value}

    return labels


def _list(kind: str) -> Operation:
    async def answer(platform: Platform, call: Call) -> Mapping[str, Any]:
        """A source's address may be longer than what the index holds, so its hash is compared."""
        params = dict(call.params)
        if "SourceUri" in params:
            params["SourceUri"] = graph.digest(params["SourceUri"])
        model = operation("sagemaker", call.operation)
        assert model is not None and model.output_shape is not None
        return listing.answer(KINDS[kind], platform, replace(call, params=params), model.output_shape)

    return answer


def _unbound(platform: Platform, record: Record) -> None:
    arn = graph.arn_of(record.key)
    for member in ("SourceArn", "DestinationArn"):
        if platform.store.count(Query(graph.ASSOCIATION, record.key.project, labels={member: arn})):
            raise ValidationError(f"{arn} has associations: delete them first (ListAssociations names them).")


async def _create_artifact(platform: Platform, call: Call) -> Mapping[str, Any]:
    """One artifact per source: a request for one that is there names it, and changes nothing."""
    params = dict(call.params)
    tags = tags_of(params.pop("Tags", None))
    key = Key(call.caller.project, graph.ARTIFACT, graph.artifact_id(params["Source"]))
    spec = _prepare(platform, call, params)
    try:
        record = platform.store.create(key, spec, {}, now=platform.clock(), tags=tags)
    except AlreadyExists as there:
        record = there.existing
        if record.spec["ArtifactType"] != params["ArtifactType"]:
            held, uri = record.spec["ArtifactType"], params["Source"]["SourceUri"]
            raise ValidationError(
                f"An artifact of the source {uri} exists already ({graph.arn_of(key)}); its type is {held}."
            ) from None
    return {"ArtifactArn": graph.arn_of(record.key)}


async def _delete_artifact(platform: Platform, call: Call) -> Mapping[str, Any]:
    params = call.params
    if ("ArtifactArn" in params) == ("Source" in params):
        raise ValidationError("Give either the ArtifactArn or the Source of the artifact to delete.")
    project = call.caller.project
    if "Source" in params:
        key = Key(project, graph.ARTIFACT, graph.artifact_id(params["Source"]))
    else:
        key = graph.key_of(project, params["ArtifactArn"]) or Key(project, graph.ARTIFACT, params["ArtifactArn"])
    while True:
        try:
            record = platform.store.get(key)
        except Missing:
            named = params.get("ArtifactArn") or params["Source"]["SourceUri"]
            raise NotFound(f"The artifact {named} does not exist.") from None
        _unbound(platform, record)
        try:
            platform.store.delete(record)
        except (Missing, Stale):
            continue
        return {"ArtifactArn": graph.arn_of(record.key)}


def _component_labels(record: Record) -> Mapping[str, str]:
    source = record.spec.get("Source", {}).get("SourceArn")
    return {"SourceArn": source} if source else {}


ARTIFACT = Kind(
    graph.ARTIFACT,
    arn="artifact",
    describe=_describe_artifact,
    labels=_labels("ArtifactType"),
    filters={"SourceUri": "SourceUri", "ArtifactType": "ArtifactType"},
    missing=("ResourceNotFound", "The artifact {arn} does not exist."),
    update=_update("ArtifactName"),
    operations={
        "CreateArtifact": _create_artifact,
        "DeleteArtifact": _delete_artifact,
        "ListArtifacts": _list(graph.ARTIFACT),
    },
)
ACTION = Kind(
    graph.ACTION,
    arn="action",
    prepare=_prepare,
    describe=_describe,
    labels=_labels("ActionType"),
    filters={"SourceUri": "SourceUri", "ActionType": "ActionType"},
    missing=("ResourceNotFound", "The action {arn} does not exist."),
    taken=("ValidationException", "Action names must be unique within an account: {name} already exists."),
    update=_update("Description", "Status"),
    may_delete=_unbound,
    operations={"ListActions": _list(graph.ACTION)},
)
CONTEXT = Kind(
    graph.CONTEXT,
    arn="context",
    prepare=_prepare,
    describe=_describe,
    labels=_labels("ContextType"),
    filters={"SourceUri": "SourceUri", "ContextType": "ContextType"},
    missing=("ResourceNotFound", "The context {arn} does not exist."),
    taken=("ValidationException", "Context names must be unique within an account: {name} already exists."),
    update=_update("Description"),
    may_delete=_unbound,
    operations={"ListContexts": _list(graph.CONTEXT)},
)
COMPONENT = Kind(
    graph.COMPONENT,
    arn="experiment-trial-component",
    prepare=_prepare,
    describe=_describe,
    labels=_component_labels,
    filters={"SourceArn": "SourceArn"},
    missing=("ResourceNotFound", "The trial component {name} does not exist."),
    taken=("ValidationException", "Trial component names must be unique within an account: {name} already exists."),
    update=_update("DisplayName", "Status", "StartTime", "EndTime"),
    may_delete=_unbound,
)
KINDS: Mapping[str, Kind] = {one.name: one for one in (ARTIFACT, ACTION, CONTEXT, COMPONENT)}
