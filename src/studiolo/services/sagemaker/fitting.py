"""Scalars as the shape of a request has them. Pure."""

from collections.abc import Mapping
from typing import Any

import orjson
from botocore.model import Shape

from studiolo.wire.model import element, members


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return str(value)


def fitted(shape: Shape | None, value: Any) -> Any:
    """Scalars as the shape of a request has them: a number where text is asked for becomes text, and the other way."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure" and isinstance(value, Mapping):
        held = members(shape)
        return {name: fitted(held.get(name), one) for name, one in value.items()}
    if shape.type_name == "map" and isinstance(value, Mapping):
        inner = getattr(shape, "value", None)
        return {name: fitted(inner, one) for name, one in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [fitted(element(shape), one) for one in value]
    if shape.type_name == "string" and isinstance(value, bool | int | float | list):
        return as_text(value)
    if shape.type_name in ("integer", "long") and isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    if shape.type_name in ("integer", "long") and isinstance(value, float) and value.is_integer():
        return int(value)
    if shape.type_name == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
