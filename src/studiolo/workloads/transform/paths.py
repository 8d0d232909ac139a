"""The part of JSONPath that batch transform knows: `$`, names, indexes, slices, unions and `*`.

Read once when the job is created (spec.py refuses what is none), applied in the job's processes to documents, and to
CSV rows through `columns`. A path that can lead to one place only gives the value there; any other gives a list, and a
union of names gives an object of just these.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast


class BadPath(Exception):
    """The expression can't be read; the message says why."""


class NoMatch(Exception):
    """The document has nothing at the path."""


Item = int | slice
_NAME = re.compile(r"\.([A-Za-z_][\w-]*)")
_QUOTED = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*")
_NUMBER = re.compile(r"\s*(?:(-?\d+)?\s*:\s*(-?\d+)?|(-?\d+))\s*")


@dataclass(frozen=True, slots=True)
class Names:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Every:
    pass


Step = Names | Items | Every


def _bracket(text: str) -> Step:
    """What stands between [ and ]."""
    if text.strip() == "*":
        return Every()
    pattern, quoted = (_QUOTED, True) if text.lstrip()[:1] in ("'", '"') else (_NUMBER, False)
    names: list[str] = []
    items: list[Item] = []
    place = 0
    while True:
        match = pattern.match(text, place)
        if match is None or match.end() == place:
            raise BadPath(f"[{text}] holds neither names in quotes, indexes nor slices.")
        if quoted:
            names.append(re.sub(r"\\(.)", r"\1", match.group(1) if match.group(1) is not None else match.group(2)))
        elif match.group(3) is not None:
            items.append(int(match.group(3)))
        else:
            items.append(slice(*(int(one) if one else None for one in match.group(1, 2))))
        place = match.end()
        if place == len(text):
            return Names(tuple(names)) if quoted else Items(tuple(items))
        if text[place] != ",":
            raise BadPath(f"[{text}] can't be read from {text[place:]!r} on.")
        place += 1


def _closing(text: str, place: int) -> int:
    """Where the bracket that opens at `place` closes; quotes are passed over."""
    quote = ""
    for at in range(place + 1, len(text)):
        char = text[at]
        if quote:
            if char == quote and text[at - 1] != "\\":
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "]":
            return at
    raise BadPath(f"The bracket in {text[place:]!r} is not closed.")


def parse(text: str) -> tuple[Step, ...]:
    """Raises BadPath."""
    if not text.startswith("$"):
        raise BadPath("It must begin with $.")
    steps: list[Step] = []
    place = 1
    while place < len(text):
        if text.startswith(".[", place):
            place += 1
        if text[place] == "[":
            end = _closing(text, place)
            steps.append(_bracket(text[place + 1 : end]))
            place = end + 1
        elif text.startswith(".*", place):
            steps.append(Every())
            place += 2
        elif match := _NAME.match(text, place):
            steps.append(Names((match.group(1),)))
            place = match.end()
        else:
            raise BadPath(f"It can't be read from {text[place:]!r} on; filters, scripts and .. are not supported.")
    return tuple(steps)


def _definite(step: Step) -> bool:
    if isinstance(step, Names):
        return len(step.names) == 1
    return isinstance(step, Items) and len(step.items) == 1 and isinstance(step.items[0], int)


def _picked(held: Sequence[Any], items: Sequence[Item]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if isinstance(item, slice):
            found += held[item]
            continue
        try:
            found.append(held[item])
        except IndexError:
            raise NoMatch(f"index {item} is outside of {len(held)} elements") from None
    return found


def _step(value: Any, step: Step) -> list[Any]:
    if isinstance(step, Every):
        if isinstance(value, dict):
            return list(cast(dict[str, Any], value).values())
        if isinstance(value, list):
            return list(cast(list[Any], value))
        raise NoMatch("* was asked of a plain value")
    if isinstance(step, Items):
        if not isinstance(value, list):
            raise NoMatch("an index was asked of what is no array")
        return _picked(cast(list[Any], value), step.items)
    if not isinstance(value, dict):
        raise NoMatch(f"{', '.join(step.names)!r} was asked of what is no object")
    held = cast(dict[str, Any], value)
    missing = [name for name in step.names if name not in held]
    if missing:
        raise NoMatch(f"there is no {missing[0]!r}")
    if len(step.names) == 1:
        return [held[name] for name in step.names]
    return [{name: held[name] for name in step.names}]


def apply(steps: Sequence[Step], document: Any) -> Any:
    """Raises NoMatch."""
    found, many = [document], False
    for step in steps:
        found = [one for value in found for one in _step(value, step)]
        many = many or not (_definite(step) or isinstance(step, Names))
    return found if many else found[0]


def reader(steps: Sequence[Step]) -> Callable[[Any], Any]:
    """`apply` for many documents: names of an object are read at once, other paths, and what has not the names, step by
    step. What it gives raises NoMatch."""
    if not steps:
        return lambda document: document
    first = steps[0]
    if len(steps) > 1 or not isinstance(first, Names):
        return lambda document: apply(steps, document)
    names, only = first.names, first.names[0] if len(first.names) == 1 else None

    def quick(document: Any) -> Any:
        if type(document) is dict:
            held = cast(dict[str, Any], document)
            try:
                return held[only] if only is not None else {name: held[name] for name in names}
            except KeyError:
                pass
        return apply(steps, document)

    return quick


def columns(steps: Sequence[Step]) -> tuple[Item, ...] | None:
    """A path as a choice of a CSV row's columns, None for all of them. Raises BadPath where it is no such choice."""
    if not steps:
        return None
    first = steps[0] if len(steps) == 1 else None
    if isinstance(first, Every):
        return None
    if not isinstance(first, Items):
        raise BadPath("A CSV row is an array: only indexes and slices apply to it, as in $[0] or $[1:].")
    items = first.items
    return None if items == (slice(None, None),) or items == (slice(0, None),) else items


def picked(cells: Sequence[Any], items: Sequence[Item]) -> list[Any]:
    """The chosen columns of a row. Raises NoMatch."""
    return _picked(cells, items)
