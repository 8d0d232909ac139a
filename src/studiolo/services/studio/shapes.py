"""What an operation may be asked, as its service model says: what forms are made of, so that none is written by hand."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import Shape

from studiolo.base.errors import NotFound, ValidationError
from studiolo.services.request import Call
from studiolo.wire import model

SERVICES = ("sagemaker",)


async def describe(call: Call) -> Mapping[str, Any]:
    service, name = call.params.get("Service", "sagemaker"), call.params["Operation"]
    if service not in SERVICES:
        raise ValidationError(f"Service must be one of {', '.join(SERVICES)}.")
    try:
        found = model.operation(service, name)
    except UnknownServiceError:
        found = None
    if found is None:
        raise NotFound(f"The service {service} has no operation {name}.")
    if found.input_shape is None:
        return {"Operation": name, "Shapes": {}}
    shapes: dict[str, Any] = {}
    _collect(found.input_shape, shapes)
    return {"Operation": name, "Input": found.input_shape.name, "Shapes": shapes}


def _collect(shape: Shape, found: dict[str, Any]) -> None:
    """By name, each once: shapes may hold themselves."""
    if shape.name in found:
        return
    found[shape.name] = about = _limits(shape)
    if shape.type_name == "structure":
        required, members = set(model.required(shape)), model.members(shape)
        about["Members"] = [
            {"Name": name, "Shape": held.name, "Required": name in required} for name, held in members.items()
        ]
        for held in members.values():
            _collect(held, found)
    elif shape.type_name == "list":
        about["Element"] = model.element(shape).name
        _collect(model.element(shape), found)
    elif shape.type_name == "map":
        key, value = model.key_and_value(shape)
        about["Key"], about["Value"] = key.name, value.name
        _collect(key, found)
        _collect(value, found)


def _limits(shape: Shape) -> dict[str, Any]:
    about: dict[str, Any] = {"Type": shape.type_name}
    if values := model.enum(shape):
        about["Enum"] = values
    for word, member in (("min", "Min"), ("max", "Max")):
        if word in shape.metadata:
            about[member] = float(shape.metadata[word])
    if "pattern" in shape.metadata:
        about["Pattern"] = shape.metadata["pattern"]
    return about
