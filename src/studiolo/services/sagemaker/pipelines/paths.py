"""Paths as definitions write them: Steps.Train.ModelArtifacts.S3ModelArtifacts, Outputs['train'].S3Output, a.b[0]. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_PART = re.compile(r"\.?([^.\[\]'\"]+)|\[(\d{1,9})\]|\[(\*)\]|\[\s*(?:'([^']*)'|\"([^\"]*)\")\s*\]")
Part = str | int
ALL = "*"
_NAMES = ("Name", "OutputName", "InputName", "ChannelName", "MetricName", "VariantName", "ContainerHostname", "Key")
"""Members by which the entries of AWS's lists are called."""


class BadPath(Exception):
    """The message says what of it is wrong."""


def split(path: str) -> list[Part]:
    """Raises BadPath. A number in brackets is an index, all else a name."""
    parts: list[Part] = []
    at = 0
    while at < len(path):
        match = _PART.match(path, at)
        if match is None:
            raise BadPath(f"the path {path!r} can't be read from {path[at:]!r} on.")
        plain, index, all, single, double = match.groups()
        parts.append(
            int(index) if index is not None else next(one for one in (plain, all, single, double) if one is not None)
        )
        at = match.end()
    if not parts:
        raise BadPath("a path is empty.")
    return parts


def follow(document: Any, parts: Sequence[Part], whole: str) -> Any:
    """What lies there. An entry of a list may be called by its name, all of them by *. Raises BadPath."""
    for place, part in enumerate(parts):
        found: Any = _missing
        if part == ALL and isinstance(document, list):
            return [follow(one, parts[place + 1 :], whole) for one in document]
        if isinstance(document, Mapping):
            found = document.get(str(part), _missing)
        elif isinstance(document, list) and isinstance(part, int):
            found = document[part] if part < len(document) else _missing
        elif isinstance(document, list):
            found = next((one for one in document if _called(one, part)), _missing)
        if found is _missing:
            raise BadPath(f"{whole!r} leads to nothing: there is no {part!r}.")
        document = found
    return document


_missing = object()


def _called(entry: Any, name: Part) -> bool:
    return isinstance(entry, Mapping) and any(entry.get(member) == name for member in _NAMES)
