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


def is_event_stream(shape: Shape) -> bool:
    return bool(shape.serialization.get("eventstream"))


def protocol(name: str) -> str:
    """ "json", "rest-json", "rest-xml" or "query": the form this server speaks for the service."""
    spoken = {"json", "rest-json", "rest-xml", "query"}
    offered = [service(name).metadata.get("protocol"), *service(name).metadata.get("protocols", ())]
    return next(form for form in offered if form in spoken)
