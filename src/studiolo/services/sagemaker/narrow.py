"""What of a search the store's index can answer: names, status words, times and tags. Pure.

`narrow` gives a condition that every hit fulfils, and whether it is the whole expression: if not, what is found by it is
judged by expressions.py.
"""

from collections.abc import Mapping
from typing import Any, Literal

from studiolo.services.sagemaker.expressions import listed, moment
from studiolo.services.sagemaker.kind import Kind
from studiolo.store.protocol import Condition, Either, Every, Is, Not, Tagged

Sort = Literal["name", "created", "modified", "state"]
ALL, NONE = Every(()), Either(())
_ORDERED: Mapping[str, Literal["=", "<", "<=", ">", ">="]] = {
    "Equals": "=", "GreaterThan": ">", "GreaterThanOrEqualTo": ">=", "LessThan": "<", "LessThanOrEqualTo": "<=",
}  # fmt: skip


def indexed(kind: Kind, property: str) -> Sort | None:
    """The index's member that holds a property."""
    if property == "CreationTime":
        return "created"
    if property == "LastModifiedTime":
        return "modified"
    if property == f"{kind.name}Name":
        return "name"
    return "state" if property == kind.state else None


def narrow(kind: Kind, expression: Mapping[str, Any]) -> tuple[Condition, bool]:
    parts = [_filter(kind, one) for one in expression.get("Filters", ())]
    parts += [None for _ in expression.get("NestedFilters", ())]
    known = [(ALL, False) if one is None else (one, True) for one in parts]
    known += [narrow(kind, one) for one in expression.get("SubExpressions", ())]
    conditions = tuple(condition for condition, _ in known)
    whole = all(exact for _, exact in known)
    if not known:
        return ALL, True
    if expression.get("Operator") != "Or":
        return Every(conditions), whole
    # An alternative the index knows nothing of may be any record.
    return (Either(conditions), whole) if ALL not in conditions or whole else (ALL, False)


def _filter(kind: Kind, one: Mapping[str, Any]) -> Condition | None:
    """None where the index can't tell."""
    property, operator, text = str(one["Name"]), one.get("Operator", "Equals"), str(one.get("Value", ""))
    tag = property.removeprefix("Tags.")
    if tag != property:
        # `Tags.Key` and `Tags.Value` name the members of the list as well.
        return None if tag in ("Key", "Value") else _tagged(tag, operator, text)
    held = indexed(kind, property)
    if held is None:
        return None
    if operator in ("Exists", "NotExists"):
        return ALL if operator == "Exists" else NONE
    if held in ("created", "modified"):
        return _timed(held, operator, text)
    return _named(held, operator, text)


def _tagged(tag: str, operator: str, text: str) -> Condition | None:
    if operator == "Exists":
        return Tagged(tag)
    if operator == "NotExists":
        return Not(Tagged(tag))
    if operator == "Equals":
        return Tagged(tag, text)
    if operator == "NotEquals":
        return Not(Tagged(tag, text))
    return Either(tuple(Tagged(tag, item) for item in listed(text))) if operator == "In" else None


def _timed(held: Literal["created", "modified"], operator: str, text: str) -> Condition | None:
    if operator == "Contains":
        return NONE
    if operator == "In":
        return Either(tuple(_timed(held, "Equals", item) or NONE for item in listed(text)))
    if operator == "NotEquals":
        return Not(_timed(held, "Equals", text) or NONE)
    when = moment(text)
    return NONE if when is None else Is(held, _ORDERED[operator], when)


def _named(held: Literal["name", "state"], operator: str, text: str) -> Condition | None:
    if operator == "Equals":
        return Is(held, "=", text)
    if operator == "NotEquals":
        return Not(Is(held, "=", text))
    if operator == "In":
        return Either(tuple(Is(held, "=", item) for item in listed(text)))
    # Greater and less are not for text on AWS; here they compare numbers in it, which the index does not.
    return Is("name", "contains", text) if operator == "Contains" and held == "name" else None
