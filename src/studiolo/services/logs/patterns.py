"""CloudWatch's filter patterns: words over plain text, and conditions over JSON. Pure.

Words: all must be there, `-word` must not, "quoted words" count as one, `?a ?b` is any of them. `{ $.a.b = "x*" && … }` looks
into events that are JSON objects. Regular expressions and columns are refused by name.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from studiolo.base.errors import ApiError

MAX_DEPTH = 40
Test = Callable[[str], bool]


def invalid(message: str) -> ApiError:
    return ApiError(message, code="InvalidParameterException", status=400)


def _bad(why: str) -> ApiError:
    return invalid(f"Invalid filter pattern: {why}.")


def compile_pattern(text: str) -> Test:
    """Raises InvalidParameterException."""
    text = text.strip()
    if text.startswith("{"):
        return _Json(text).test
    if text.startswith("["):
        raise invalid("Filter patterns over columns ([a, b, …]) are not supported: use words or { $.member = value }.")
    return _words(text)


# Plain text.

_WORD = re.compile(r'([-?]?)"((?:[^"\\]|\\.)*)"|(\S+)')


def _words(text: str) -> Test:
    must: list[str] = []
    never: list[str] = []
    some: list[str] = []
    for match in _WORD.finditer(text):
        mark, quoted, bare = match.groups()
        if bare is not None and '"' in bare:
            raise _bad("a quotation mark is not closed")
        if bare is not None and bare.startswith("%"):
            raise invalid("Regular expressions (%…%) in filter patterns are not supported: use words.")
        if bare is not None:
            mark, word = (bare[0], bare[1:]) if bare[0] in "-?" and len(bare) > 1 else ("", bare)
        else:
            word = re.sub(r"\\(.)", r"\1", quoted)
        if word and word not in ("-", "?"):
            {"-": never, "?": some}.get(mark, must).append(word)

    def test(line: str) -> bool:
        return (
            all(word in line for word in must)
            and not any(word in line for word in never)
            and (not some or any(word in line for word in some))
        )

    return test


# JSON.

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<punct>&&|\|\||!=|<=|>=|[()=<>])
  | (?P<selector>\$(?:\.?\[[^\]]*\]|\.[^\s.\[\]()=!<>&|"]+)*)
  | "(?P<quoted>(?:[^"\\]|\\.)*)"
  | (?P<bare>[^\s()=!<>&|"{}$][^\s()&|"{}]*)
  )""",
    re.VERBOSE,
)
_STEP = re.compile(r'\.?\[\s*(?:\'([^\']*)\'|"([^"]*)"|(\d+|\*))\s*\]|\.([^.\[\]]+)')
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$")
_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
Path_ = tuple[str | int, ...]
Condition = Callable[[Any], bool]


def _values(document: Any, path: Path_) -> Iterator[Any]:
    if not path:
        yield document
        return
    step, rest = path[0], path[1:]
    if step == "*" and isinstance(document, list):
        for item in document:
            yield from _values(item, rest)
    elif isinstance(step, int):
        if isinstance(document, list) and step < len(document):
            yield from _values(document[step], rest)
    elif isinstance(document, dict) and step in document:
        yield from _values(document[step], rest)


class _Json:
    """A parser by descent; what it builds is a function of a document."""

    def __init__(self, text: str) -> None:
        if not text.endswith("}"):
            raise _bad("the closing brace is missing")
        self._tokens = list(self._split(text[1:-1]))
        self._at = 0
        self._depth = 0
        if not self._tokens:
            raise _bad("there is nothing between the braces")
        self._condition = self._either()
        if self._at < len(self._tokens):
            raise _bad(f"{self._tokens[self._at][1]!r} was not expected")

    def test(self, line: str) -> bool:
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError:
            return False
        return isinstance(document, dict | list) and self._condition(document)

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise _bad(f"{text[at:].strip()[:20]!r} was not understood")
            yield match.lastgroup, match.group(match.lastgroup)
            at = match.end()

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self, *wanted: str) -> bool:
        """The next token, if it is one of these marks."""
        if self._next()[0] in ("punct", "bare") and self._next()[1] in wanted:
            self._at += 1
            return True
        return False

    def _either(self) -> Condition:
        parts = [self._every()]
        while self._take("||"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else lambda document: any(part(document) for part in parts)

    def _every(self) -> Condition:
        parts = [self._one()]
        while self._take("&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda document: all(part(document) for part in parts)

    def _one(self) -> Condition:
        if self._take("("):
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise _bad("it is nested too deeply")
            inner = self._either()
            if not self._take(")"):
                raise _bad("a parenthesis is not closed")
            self._depth -= 1
            return inner
        kind, text = self._next()
        if kind != "selector":
            raise _bad("a selector ($.member) is missing")
        self._at += 1
        return self._compared(_path(text))

    def _compared(self, path: Path_) -> Condition:
        if self._take("IS"):
            return self._is(path)
        if self._take("NOT"):
            if not self._take("EXISTS"):
                raise _bad("NOT is followed by EXISTS")
            return lambda document: not any(True for _ in _values(document, path))
        if self._take("EXISTS"):
            return lambda document: any(True for _ in _values(document, path))
        kind, mark = self._next()
        if kind != "punct" or mark not in ("=", "!=", *_ORDERED):
            raise _bad("a comparison is missing")
        self._at += 1
        kind, text = self._next()
        if kind not in ("quoted", "bare"):
            raise _bad("a value is missing")
        self._at += 1
        if kind == "bare" and text.startswith("%"):
            raise invalid("Regular expressions (%…%) in filter patterns are not supported: use words.")
        return _condition(path, mark, text, quoted=kind == "quoted")

    def _is(self, path: Path_) -> Condition:
        for word, value in (("NULL", None), ("TRUE", True), ("FALSE", False)):
            if self._take(word):
                return lambda document: any(held is value for held in _values(document, path))
        raise _bad("IS is followed by TRUE, FALSE or NULL")


def _path(selector: str) -> Path_:
    steps: list[str | int] = []
    at = 1
    while at < len(selector):
        match = _STEP.match(selector, at)
        if match is None:
            raise _bad(f"the selector {selector} was not understood")
        single, double, index, name = match.groups()
        if index is not None:
            steps.append("*" if index == "*" else int(index))
        else:
            steps.append(next(one for one in (single, double, name) if one is not None))
        at = match.end()
    if not steps:
        raise _bad("a selector names a member: $.member")
    return tuple(steps)


def _condition(path: Path_, mark: str, text: str, quoted: bool) -> Condition:
    number = float(text) if not quoted and _NUMBER.match(text) else None
    if mark in _ORDERED:
        if number is None:
            raise _bad(f"{mark} compares with a number")
        compare = _ORDERED[mark]
        return lambda document: any(
            isinstance(held, int | float) and not isinstance(held, bool) and compare(held, number)
            for held in _values(document, path)
        )
    same = _same(re.sub(r"\\(.)", r"\1", text) if quoted else text, number)
    if mark == "=":
        return lambda document: any(same(held) for held in _values(document, path))
    return lambda document: any(held is not None and not same(held) for held in _values(document, path))


def _same(text: str, number: float | None) -> Condition:
    def same(held: Any) -> bool:
        if isinstance(held, bool):
            return text == ("true" if held else "false")
        if isinstance(held, int | float):
            return number is not None and held == number
        if not isinstance(held, str):
            return False
        return _like(held, pieces)

    pieces = text.split("*")
    return same


def _like(text: str, pieces: list[str]) -> bool:
    """Whether the pieces follow one another with anything between them; in one pass, however many they are."""
    if len(pieces) == 1:
        return text == pieces[0]
    first, last = pieces[0], pieces[-1]
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in pieces[1:-1]:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
