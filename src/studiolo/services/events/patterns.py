"""Event patterns as EventBridge has them. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_DEPTH = 20


class BadPattern(ValueError):
    """The message says what can't be."""


def parse(text: str) -> Mapping[str, Any]:
    """Raises BadPattern."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadPattern("Filter is not an object") from None
    if not isinstance(found, dict) or not found:
        raise BadPattern("Filter is not an object")
    _check(found, 0)
    return found


def _check(pattern: Mapping[str, Any], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadPattern("It is nested too deeply")
    for name, wanted in pattern.items():
        if name == "$or":
            if not isinstance(wanted, list) or len(wanted) < 2 or not all(isinstance(one, dict) for one in wanted):
                raise BadPattern("$or must be a list of at least two patterns")
            for one in wanted:
                _check(one, depth + 1)
        elif isinstance(wanted, dict):
            if not wanted:
                raise BadPattern("Empty objects are not allowed")
            _check(wanted, depth + 1)
        elif isinstance(wanted, list):
            if not wanted:
                raise BadPattern("Empty arrays are not allowed")
            for one in wanted:
                _check_one(one)
        else:
            raise BadPattern(f"{name!r} must be an object or an array")


def _check_one(wanted: Any) -> None:
    if isinstance(wanted, list):
        raise BadPattern("Match value must be String, number, true, false, or null")
    if not isinstance(wanted, dict):
        return
    if len(wanted) != 1:
        raise BadPattern("Only one key allowed in match expression")
    ((how, value),) = wanted.items()
    if how not in _WAYS:
        raise BadPattern(f"Unrecognized match type {how}")
    try:
        _WAYS[how](value, "")
    except (TypeError, ValueError, KeyError, AttributeError):
        raise BadPattern(f"{value!r} does not go with {how}") from None


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """pattern: as `parse` gave it."""
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(one, event) for one in wanted):
                return False
            continue
        there = isinstance(event, Mapping) and name in event
        value = event[name] if there else None
        if isinstance(wanted, Mapping):
            inner = value if isinstance(value, list) else [value]
            if not any(matches(wanted, one) for one in inner):
                return False
        elif not _any(wanted, value, there):
            return False
    return True


def _any(wanted: list[Any], value: Any, there: bool) -> bool:
    for one in wanted:
        if isinstance(one, Mapping) and "exists" in one:
            if one["exists"] == there:
                return True
            continue
        if not there:
            continue
        values = value if isinstance(value, list) else [value]
        if any(_one(one, each) for each in values):
            return True
    return False


def _one(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        ((how, given),) = wanted.items()
        return _WAYS[how](given, value)
    return _same(wanted, value)


def _same(wanted: Any, value: Any) -> bool:
    return isinstance(wanted, bool) == isinstance(value, bool) and wanted == value


def _text(given: Any, value: Any, of: Callable[[str, str], bool]) -> bool:
    """A text, or {"equals-ignore-case": text}."""
    if isinstance(given, Mapping):
        plain = str(given["equals-ignore-case"])
        return isinstance(value, str) and of(plain.lower(), value.lower())
    if not isinstance(given, str):
        raise TypeError
    return isinstance(value, str) and of(given, value)


def _prefix(given: Any, value: Any) -> bool:
    return _text(given, value, lambda one, text: text.startswith(one))


def _suffix(given: Any, value: Any) -> bool:
    return _text(given, value, lambda one, text: text.endswith(one))


def _ignoring_case(given: str, value: Any) -> bool:
    return _text({"equals-ignore-case": given}, value, lambda one, text: one == text)


def _wildcard(given: str, value: Any) -> bool:
    form = ".*".join(re.escape(part) for part in given.split("*"))
    return isinstance(value, str) and re.fullmatch(form, value, re.DOTALL) is not None


def _anything_but(given: Any, value: Any) -> bool:
    if isinstance(given, Mapping):
        ((how, inner),) = given.items()
        ways = {"prefix": _prefix, "suffix": _suffix, "equals-ignore-case": _ignoring_case, "wildcard": _wildcard}
        several = inner if isinstance(inner, list) else [inner]
        found = [ways[how](one, value) for one in several]
        return not any(found)
    several = given if isinstance(given, list) else [given]
    if any(isinstance(one, Mapping | list) for one in several):
        raise TypeError
    return not any(_same(one, value) for one in several)


_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _numeric(given: list[Any], value: Any) -> bool:
    if len(given) not in (2, 4):
        raise ValueError
    pairs = [(_COMPARED[how], float(bound)) for how, bound in zip(given[::2], given[1::2], strict=True)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return all(compare(value, bound) for compare, bound in pairs)


def _exists(given: Any, value: Any) -> bool:
    if not isinstance(given, bool):
        raise TypeError
    return given


_WAYS: Mapping[str, Callable[[Any, Any], bool]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
}
