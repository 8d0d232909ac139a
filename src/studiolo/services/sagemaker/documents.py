"""What an answer holds: the union of a record's spec and status, cut to the members of an output shape."""

from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

from studiolo.base.arn import sagemaker_arn
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.kind import Kind
from studiolo.wire.model import members, required


def arn_of(kind: Kind, record: Record) -> str:
    return sagemaker_arn(record.key.project, kind.arn, record.key.name)


def word_of(kind: Kind, record: Record) -> str:
    """The status word: the same in the store's index and in what is shown."""
    if record.deleting:
        return "Deleting"
    if kind.word is not None:
        return kind.word(record)
    return str(record.status.get(kind.state, "")) if kind.state else ""


def everything(kind: Kind, platform: Platform, record: Record) -> dict[str, Any]:
    """All a kind can say of a record, ours (`_…`) left out."""
    known: dict[str, Any] = {
        f"{kind.name}Name": record.key.name,
        f"{kind.name}Arn": arn_of(kind, record),
        "CreationTime": record.created,
        "LastModifiedTime": record.modified,
        **record.spec,
        **record.status,
    }
    known |= kind.describe(platform, record)
    if kind.state and (record.deleting or kind.word is not None):
        known[kind.state] = word_of(kind, record)
    return {name: value for name, value in known.items() if not name.startswith("_")}


def cut(shape: Shape, known: Mapping[str, Any]) -> dict[str, Any]:
    """The shape's members of `known`; lists that the shape requires are there even if empty."""
    held = members(shape)
    out = {name: value for name, value in known.items() if name in held and value is not None}
    for name in required(shape):
        if name not in out and held[name].type_name in ("list", "map"):
            out[name] = [] if held[name].type_name == "list" else {}
    return out


def tag_list(record: Record) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in record.tags.items()]
