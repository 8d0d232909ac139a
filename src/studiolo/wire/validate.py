"""Checks parameters against their shape: required, length, value, pattern, enum; in AWS's sentences.

botocore checks only required members, types and minimums before it sends; the rest is the server's. All faults of a
request are reported at once, as AWS does.
"""

import functools
import re
from collections.abc import Iterator
from typing import Any

from botocore.model import Shape

from studiolo.base.errors import ApiError
from studiolo.wire.model import element, enum, key_and_value, members, required

MAX_REPORTED = 10


_JAVA = {
    "Z": r"\s", "N": r"\d", "Alnum": "a-zA-Z0-9", "Alpha": "a-zA-Z", "Digit": "0-9", "Graph": r"\x21-\x7e",
    "Print": r"\x20-\x7e", "ASCII": r"\x00-\x7f", "IsLetter": "a-zA-Z", "IsDigit": "0-9", "Punct": r"!-/:-@\[-`{-~",
    "S": r"$+<=>^`|~", "P": r"!-#%-*,-/:;?@\[-\]_{}", "L": r"^\W\d_", "M": "",
}  # fmt: skip
"""Java's named classes as what stands between Python's brackets."""


def _pythonic(pattern: str) -> str | None:
    """A Java pattern as Python understands it; None where a class can't be said in Python."""
    out: list[str] = []
    inside, place = False, 0
    while place < len(pattern):
        named = re.match(r"\\p\{(\w+)\}", pattern[place:])
        if named:
            held = _JAVA.get(named.group(1))
            if held is None or (inside and held.startswith("^")):
                return None
            out.append(held if inside else f"[{held}]")
            place += named.end()
            continue
        character = pattern[place]
        if character == "\\":
            out.append(pattern[place : place + 2])
            place += 2
            continue
        inside = (inside or character == "[") and character != "]"
        out.append(character)
        place += 1
    return "".join(out)


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """None where the pattern can't be enforced here: the value is then taken."""
    text = _pythonic(pattern)
    try:
        return re.compile(text) if text is not None else None
    except re.error:
        return None


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _shown(shape: Shape, value: Any) -> str:
    if shape.metadata.get("sensitive"):
        return "'***'"
    if isinstance(value, dict):
        inner = ", ".join(f"{name}={item}" for name, item in value.items())
        return f"'{{{inner[:500]}}}'"
    if isinstance(value, list):
        return f"'[{', '.join(map(str, value))[:500]}]'"
    if isinstance(value, bytes):
        return f"'{len(value)} bytes'"
    return f"'{str(value)[:500]}'"


def _size_faults(shape: Shape, value: Any) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is None and most is None:
        return
    if isinstance(value, int | float) and not isinstance(value, bool):
        size, word = value, "value"
    elif isinstance(value, str | list | dict | bytes):
        size, word = len(value), "length"
    else:
        return
    if least is not None and size < least:
        yield f"Member must have {word} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"Member must have {word} less than or equal to {most}"


def _own_faults(shape: Shape, value: Any) -> Iterator[str]:
    yield from _size_faults(shape, value)
    if not isinstance(value, str):
        return
    pattern = shape.metadata.get("pattern")
    if pattern:
        compiled = _compiled(pattern)
        most = shape.metadata.get("max")
        # A value that is too long is reported so; matching it could take for ever.
        if compiled and (most is None or len(value) <= most) and len(value) < 20_000 and not compiled.fullmatch(value):
            yield f"Member must satisfy regular expression pattern: {pattern}"
    allowed = enum(shape)
    if allowed and value not in allowed:
        yield f"Member must satisfy enum value set: [{', '.join(allowed)}]"


def faults(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Each fault as AWS words it, deepest members in their place."""
    for fault in _own_faults(shape, value):
        yield f"Value {_shown(shape, value)} at '{path}' failed to satisfy constraint: {fault}"
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict) and not shape.metadata.get("document"):
        for name in required(shape):
            if name not in value:
                where = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
                yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
        if shape.metadata.get("union") and len(value) > 1:
            yield f"Value at '{path}' failed to satisfy constraint: Only one of its members may be set"
        known = members(shape)
        for name, inner in value.items():
            if name in known:
                yield from faults(known[name], inner, f"{path}.{_lower_first(name)}" if path else _lower_first(name))
    elif kind == "list" and isinstance(value, list):
        held = element(shape)
        for number, inner in enumerate(value, 1):
            yield from faults(held, inner, f"{path}.{number}.member")
    elif kind == "map" and isinstance(value, dict):
        key_shape, value_shape = key_and_value(shape)
        for name, inner in value.items():
            for fault in _own_faults(key_shape, name):
                yield f"Value {_shown(key_shape, name)} at '{path}.key' failed to satisfy constraint: {fault}"
            yield from faults(value_shape, inner, f"{path}.{name}.member")


def check(shape: Shape | None, params: Any, code: str = "ValidationException") -> None:
    """Raises ApiError naming every fault (the first few of very many)."""
    if shape is None:
        return
    found: list[str] = []
    count = 0
    for fault in faults(shape, params):
        count += 1
        if len(found) < MAX_REPORTED:
            found.append(fault)
    if found:
        plural = "error" if count == 1 else "errors"
        raise ApiError(f"{count} validation {plural} detected: {'; '.join(found)}", code=code, status=400)
