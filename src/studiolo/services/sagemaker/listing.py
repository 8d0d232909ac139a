"""List requests into store queries, from what the service model says a List takes."""

from collections.abc import Mapping
from typing import Any, Literal

from botocore.model import Shape

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.record import Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.documents import cut, everything
from studiolo.services.sagemaker.kind import Kind
from studiolo.store.protocol import BadToken, Page, Query
from studiolo.wire.model import element, members

DEFAULT_PAGE = 10
_BOUNDS = {
    "CreationTimeAfter": "created_after", "CreationTimeBefore": "created_before", "CreatedAfter": "created_after",
    "CreatedBefore": "created_before", "LastModifiedTimeAfter": "modified_after",
    "LastModifiedTimeBefore": "modified_before", "ModifiedTimeAfter": "modified_after",
    "ModifiedTimeBefore": "modified_before",
}  # fmt: skip


_PLAIN = frozenset({"NameContains", "StatusEquals", "SortBy", "SortOrder", "MaxResults", "NextToken"})


def _sort(named: str) -> Literal["name", "created", "modified", "state"]:
    """Images and their versions have words of their own; versions are numbered in the order of their creation."""
    if named in ("CreationTime", "CREATION_TIME", "VERSION"):
        return "created"
    if named in ("LastModifiedTime", "LAST_MODIFIED_TIME"):
        return "modified"
    return "state" if named.endswith("Status") else "name"


def _refuse_unknown(kind: Kind, call: Call) -> None:
    """A filter that did nothing would answer a question that was not asked."""
    for member in call.params:
        if member not in _PLAIN and member not in _BOUNDS and member not in kind.filters:
            raise Unsupported(
                f"The parameter {member} of {call.operation} is not supported by this version of studiolo."
            )


def to_query(kind: Kind, call: Call) -> Query:
    _refuse_unknown(kind, call)
    given: dict[str, Any] = dict(call.params)
    bounds: dict[str, Any] = {ours: given[theirs] for theirs, ours in _BOUNDS.items() if theirs in given}
    labels = {label: str(given[member]) for member, label in kind.filters.items() if member in given}
    return Query(
        kind.name,
        call.caller.project,
        name_contains=given.get("NameContains"),
        state=given.get("StatusEquals"),
        labels=labels,
        sort=_sort(given.get("SortBy", kind.sort)),
        descending=given.get("SortOrder", kind.order).upper() == "DESCENDING",
        limit=given.get("MaxResults", DEFAULT_PAGE),
        token=given.get("NextToken"),
        **bounds,
    )


def page(platform: Platform, query: Query) -> Page:
    try:
        return platform.store.query(query)
    except BadToken as error:
        raise ValidationError(
            f'Invalid pagination token because "{query.token}" was not issued for this list.'
        ) from error


def results_member(output: Shape) -> str:
    """The one list among a List's output members."""
    return next(name for name, shape in members(output).items() if shape.type_name == "list")


def entry(kind: Kind, platform: Platform, shape: Shape, record: Record) -> dict[str, Any]:
    known = everything(kind, platform, record)
    known |= kind.summary(platform, record)
    return cut(element(shape), known)


def answer(kind: Kind, platform: Platform, call: Call, output: Shape) -> Mapping[str, Any]:
    found = page(platform, to_query(kind, call))
    member = results_member(output)
    shape = members(output)[member]
    return {member: [entry(kind, platform, shape, record) for record in found.records], "NextToken": found.token}
