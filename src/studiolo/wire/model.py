"""botocore's service models, loaded once and as late as possible. Everything on the wire is driven by them.

Called by the server (routing, parsing, encoding) and by the SageMaker verbs (which members an answer has).
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import botocore.loaders
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StringShape, StructureShape

OWN_MODELS: list[str] = []
"""Folders with models of our own, in botocore's layout: <folder>/<service>/<version>/service-2.json."""


def add_models(folder: Path) -> None:
    if str(folder) not in OWN_MODELS:
        OWN_MODELS.append(str(folder))
        _loader.cache_clear()


@functools.cache
def _loader() -> botocore.loaders.Loader:
    # Neither the user's ~/.aws/models nor AWS_DATA_PATH may change what the server speaks.
    loader = botocore.loaders.Loader(extra_search_paths=list(OWN_MODELS), include_default_search_paths=False)
    loader.search_paths.append(str(botocore.loaders.Loader.BUILTIN_DATA_PATH))
    return loader


@functools.cache
def service(name: str) -> ServiceModel:
    """Raises botocore.exceptions.UnknownServiceError."""
    return ServiceModel(cast("Mapping[str, Any]", _loader().load_service_model(name, "service-2")), name)


@functools.cache
def operation(service_name: str, name: str) -> OperationModel | None:
    """None where the service has no such operation."""
    model = service(service_name)
    return model.operation_model(name) if name in model.operation_names else None


def members(shape: Shape | None) -> Mapping[str, Shape]:
    return cast("Mapping[str, Shape]", shape.members) if isinstance(shape, StructureShape) else {}


def required(shape: Shape | None) -> list[str]:
    return list(shape.required_members) if isinstance(shape, StructureShape) else []


def element(shape: Shape) -> Shape:
    return cast(ListShape, shape).member


def key_and_value(shape: Shape) -> tuple[Shape, Shape]:
    held = cast(MapShape, shape)
    return held.key, held.value


def enum(shape: Shape) -> list[str]:
    return list(shape.enum) if isinstance(shape, StringShape) and shape.enum else []


def location(shape: Shape) -> str | None:
    """ "header", "headers", "querystring", "uri", "statusCode" or None for the body."""
    return cast("str | None", shape.serialization.get("location"))


def wire_name(shape: Shape, name: str) -> str:
    return cast(str, shape.serialization.get("name", name))


def payload(shape: Shape | None) -> str | None:
    """The member that is the whole body, if one is."""
    return cast("str | None", shape.serialization.get("payload")) if shape else None


def is_stream(shape: Shape) -> bool:
    return shape.type_name == "blob" and bool(shape.serialization.get("streaming"))


def event_stream(shape: Shape | None) -> str | None:
    """The member of an output that is an event stream."""
    return next((name for name, held in members(shape).items() if is_event_stream(held)), None)


def is_event_stream(shape: Shape) -> bool:
    return bool(shape.serialization.get("eventstream"))


_SPOKEN = {
    "json": "json",
    "rest-json": "rest-json",
    "rest-xml": "rest-xml",
    "query": "query",
    "smithy-rpc-v2-cbor": "rpc-v2-cbor",
}


@functools.cache
def protocols(name: str) -> tuple[str, ...]:
    """The forms this server speaks for the service, the model's favourite first."""
    metadata = service(name).metadata
    offered = dict.fromkeys([metadata.get("protocol"), *metadata.get("protocols", ())])
    return tuple(_SPOKEN[form] for form in offered if form in _SPOKEN)


def protocol(name: str) -> str:
    """ "json", "rest-json", "rest-xml" or "query": the form of a request that does not say which it is."""
    return next(form for form in protocols(name) if form != "rpc-v2-cbor")


def target(name: str) -> str | None:
    """What stands before the operation in X-Amz-Target and in an rpc path."""
    return cast("str | None", service(name).metadata.get("targetPrefix"))


def signing_name(name: str) -> str:
    metadata = service(name).metadata
    return cast(str, metadata.get("signingName") or metadata["endpointPrefix"])


def was_query(name: str) -> bool:
    """Whether clients expect the error codes of the query protocol it once spoke, whatever it speaks now."""
    return "awsQueryCompatible" in service(name).metadata


@functools.cache
def error_name(service_name: str, code: str) -> str:
    """The name of the error's shape, for a code of the query protocol; the code itself where it has none."""
    for shape in service(service_name).error_shapes:
        if shape.metadata.get("error", {}).get("code") == code:
            return shape.name
    return code
