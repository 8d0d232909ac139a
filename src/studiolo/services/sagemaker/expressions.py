"""Search expressions, evaluated on one document: filters over dotted paths, nested filters, sub-expressions. Pure.

AWS's rules: hyperparameters compare as numbers where both sides are (as integers where the filter's value is one),
numbers and times as such, all other text by its letters.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.wire.values import BadValue, read_time

LIMIT = 50
HYPERPARAMETERS = "HyperParameters"


def check(expression: Mapping[str, Any]) -> None:
    """Raises where an expression is too large or a filter lacks its value."""
    if _size(expression, 0) > LIMIT:
        raise ValidationError(
            f"A SearchExpression can include at most {LIMIT} recursive SubExpressions, NestedFilters and Filters."
        )


def _size(expression: Mapping[str, Any], depth: int) -> int:
    if depth > LIMIT:
        return LIMIT + 1
    nested = expression.get("NestedFilters", ())
    filters = [*expression.get("Filters", ()), *(each for one in nested for each in one["Filters"])]
    for one in filters:
        operator = one.get("Operator", "Equals")
        if "Value" not in one and operator not in ("Exists", "NotExists"):
            raise ValidationError(f"The filter on {one['Name']} needs a Value for the operator {operator}.")
    inner = expression.get("SubExpressions", ())
    return len(filters) + len(nested) + sum(1 + _size(one, depth + 1) for one in inner)


def properties(expression: Mapping[str, Any]) -> Iterator[str]:
    """Every property that an expression names."""
    for one in expression.get("Filters", ()):
        yield str(one["Name"])
    for one in expression.get("NestedFilters", ()):
        yield str(one["NestedPropertyName"])
    for one in expression.get("SubExpressions", ()):
        yield from properties(one)


def values_at(document: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value a dotted path leads to; lists are entered, a map's keys may hold dots of their own."""
    if isinstance(document, list):
        for item in document:
            yield from values_at(item, path)
    elif not path:
        yield document
    elif isinstance(document, dict):
        for length in range(1, len(path) + 1):
            key = ".".join(path[:length])
            if key in document:
                yield from values_at(document[key], path[length:])


def number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return None if math.isnan(found) else found


def moment(text: str) -> float | None:
    """Epoch seconds, or the number a numerical property is compared with."""
    found = number(text)
    if found is not None:
        return found
    try:
        return read_time(text)
    except BadValue:
        return None


def _sign(left: Any, right: Any) -> int:
    return (left > right) - (left < right)


def _hyperparameter(value: str, text: str) -> int:
    left, right = number(value), number(text)
    if left is None or right is None:
        return _sign(value, text)
    whole = text.strip().lstrip("+-").isdecimal()
    return _sign(math.trunc(left) if whole and math.isfinite(left) else left, right)


def _compare(value: Any, text: str, hyper: bool, ordered: bool) -> int | None:
    """-1, 0 or 1 of a stored value against a filter's text; None where they can't be compared."""
    if isinstance(value, bool):
        return _sign(str(value).lower(), text.lower())
    if isinstance(value, int | float):
        right = moment(text)
        return None if right is None else _sign(float(value), right)
    if not isinstance(value, str):
        return None
    if hyper:
        return _hyperparameter(value, text)
    if ordered and (left := number(value)) is not None and (right := number(text)) is not None:
        return _sign(left, right)
    return _sign(value, text)


_ORDERED: Mapping[str, Callable[[int], bool]] = {
    "GreaterThan": lambda sign: sign > 0,
    "GreaterThanOrEqualTo": lambda sign: sign >= 0,
    "LessThan": lambda sign: sign < 0,
    "LessThanOrEqualTo": lambda sign: sign <= 0,
}


def listed(text: str) -> list[str]:
    """The values of an In."""
    return [item.strip() for item in text.split(",")]


def matches(document: Any, one: Mapping[str, Any], within: str = "") -> bool:
    """within: the property whose element `document` is, in a nested filter."""
    operator, text, path = one.get("Operator", "Equals"), str(one.get("Value", "")), str(one["Name"]).split(".")
    found = list(values_at(document, path))
    hyper = (within or path[0]) == HYPERPARAMETERS
    if operator == "Exists":
        return bool(found)
    if operator == "NotExists":
        return not found
    if operator == "Equals":
        return any(_compare(value, text, hyper, False) == 0 for value in found)
    if operator == "NotEquals":
        return all(_compare(value, text, hyper, False) != 0 for value in found)
    if operator == "Contains":
        return any(isinstance(value, str) and text.casefold() in value.casefold() for value in found)
    if operator == "In":
        return any(_compare(value, item, hyper, False) == 0 for value in found for item in listed(text))
    signs = (_compare(value, text, hyper, True) for value in found)
    return any(sign is not None and _ORDERED[operator](sign) for sign in signs)


def _nested(document: Any, one: Mapping[str, Any]) -> bool:
    """All filters must hold of one and the same element of the nested list."""
    path = str(one["NestedPropertyName"])
    prefix = f"{path}."
    inner = [{**each, "Name": str(each["Name"]).removeprefix(prefix)} for each in one["Filters"]]
    root = path.partition(".")[0]
    return any(all(matches(element, each, root) for each in inner) for element in values_at(document, path.split(".")))


def satisfies(document: Any, expression: Mapping[str, Any]) -> bool:
    results = (
        *(matches(document, one) for one in expression.get("Filters", ())),
        *(_nested(document, one) for one in expression.get("NestedFilters", ())),
        *(satisfies(document, one) for one in expression.get("SubExpressions", ())),
    )
    if not results:
        return True
    return any(results) if expression.get("Operator") == "Or" else all(results)
