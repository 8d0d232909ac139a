"""What of an event a target is told: JSON paths, and templates with them. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

_PATH = re.compile(r"\$((?:\.[\w-]+|\[\d+\])*)")
_PART = re.compile(r"\.([\w-]+)|\[(\d+)\]")


class BadPath(ValueError):
    """The message names it."""


def check(path: str) -> None:
    """Raises BadPath."""
    if _PATH.fullmatch(path) is None:
        raise BadPath(f"{path!r} is no path: write $.detail.name")


def at(event: Any, path: str) -> Any:
    """None where there is nothing. Raises BadPath."""
    check(path)
    found = event
    for name, place in _PART.findall(path[1:]):
        if name and isinstance(found, Mapping):
            found = found.get(name)
        elif place and isinstance(found, list) and int(place) < len(found):
            found = found[int(place)]
        else:
            return None
    return found


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def parameter(event: Any, given: str) -> str:
    """A pipeline's parameter: a text, or a path into the event."""
    return text(at(event, given)) if given.startswith("$.") else given


def transformed(event: Any, transformer: Mapping[str, Any]) -> str:
    """An InputTransformer's template with its paths filled in."""
    known = {name: at(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    known["aws.events.event.json"] = event
    template = str(transformer["InputTemplate"])

    def fill(match: re.Match[str]) -> str:
        if match[1] not in known:
            return match[0]
        value = known[match[1]]
        # In quotes it is part of a text, else a value of its own.
        quoted = template[: match.start()].count('"') % 2 == 1
        return json.dumps(text(value))[1:-1] if quoted else json.dumps(value)

    return re.sub(r"<([\w.-]+)>", fill, template)


def event_for(event: Any, target: Mapping[str, Any]) -> str:
    """What a function gets."""
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(at(event, target["InputPath"]))
    if target.get("InputTransformer"):
        return transformed(event, target["InputTransformer"])
    return json.dumps(event)
