"""CloudWatch's metric math, as far as this version does it: numbers, + - * / ^, comparisons, AND OR, brackets, ids, and
the functions named in FUNCTIONS. Pure: a text and named series in, a series or a number out.

A series is a mapping of times to values. Between two series only the times both have are kept; METRICS() is all series of
the request that are no expressions themselves.
"""

import itertools
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Points = Mapping[float, float]
Value = float | Points | list[Points]
MAX_DEPTH = 50
MAX_SERIES = 500

_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z][A-Za-z0-9_]*)|(\"[^\"]*\"|'[^']*')|(==|!=|<=|>=|&&|\|\||[-+*/^()<>,\[\]]))"
)
_LEVELS: Sequence[Mapping[str, Callable[[float, float], float]]] = (
    {"OR": lambda a, b: float(bool(a) or bool(b)), "||": lambda a, b: float(bool(a) or bool(b))},
    {"AND": lambda a, b: float(bool(a) and bool(b)), "&&": lambda a, b: float(bool(a) and bool(b))},
    {
        "==": lambda a, b: float(a == b),
        "!=": lambda a, b: float(a != b),
        "<=": lambda a, b: float(a <= b),
        ">=": lambda a, b: float(a >= b),
        "<": lambda a, b: float(a < b),
        ">": lambda a, b: float(a > b),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
    {"^": operator.pow},
)  # fmt: skip


class BadExpression(ValueError):
    """The message says what can't be read, or is not done by this version."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may name."""

    series: Mapping[str, Value]
    metrics: Sequence[Points]
    times: Sequence[float]
    """The starts of all periods asked for; FILL fills these."""
    period: float


@dataclass(frozen=True, slots=True)
class Node:
    kind: str
    """ "number", "id", "text", "list", "call", "minus" or an operator."""
    name: str = ""
    value: float = 0.0
    parts: "tuple[Node, ...]" = ()

    def ids(self) -> set[str]:
        inner = set[str]().union(*(part.ids() for part in self.parts))
        return inner | {self.name} if self.kind == "id" else inner

    @property
    def all_metrics(self) -> bool:
        """Whether METRICS() stands in it."""
        return (self.kind == "call" and self.name == "METRICS") or any(part.all_metrics for part in self.parts)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        place, text = 0, text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise BadExpression(f"{text[place : place + 20]!r} can't be read")
            number, name, quoted, mark = match.groups()
            kind = "number" if number else "name" if name else "text" if quoted is not None else "mark"
            self._tokens.append((kind, number or name or quoted or mark))
            place = match.end()
        self._at = 0

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str | None = None) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise BadExpression("it ends too early")
        token = self._tokens[self._at]
        if wanted is not None and token[1] != wanted:
            raise BadExpression(f"{token[1]!r} stands where {wanted!r} is expected")
        self._at += 1
        return token

    def whole(self) -> Node:
        node = self.level(0, 0)
        if self._at < len(self._tokens):
            raise BadExpression(f"{self._peek()!r} is not expected")
        return node

    def level(self, number: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise BadExpression("it is nested too deeply")
        if number == len(_LEVELS):
            return self._single(depth)
        left = self.level(number + 1, depth)
        while (mark := self._peek()) in _LEVELS[number] and self._tokens[self._at][0] != "text":
            self._take()
            left = Node(mark, parts=(left, self.level(number + 1, depth)))
        return left

    def _single(self, depth: int) -> Node:
        kind, text = self._take()
        if kind == "number":
            return Node("number", value=float(text))
        if kind == "text":
            return Node("text", text[1:-1])
        if kind == "name":
            if self._peek() != "(":
                return Node("id", text)
            self._take("(")
            return Node("call", text.upper(), parts=self._list(")", depth))
        if text == "(":
            inner = self.level(0, depth + 1)
            self._take(")")
            return inner
        if text == "[":
            return Node("list", parts=self._list("]", depth))
        if text == "-":
            return Node("minus", parts=(self.level(len(_LEVELS) - 1, depth + 1),))
        raise BadExpression(f"{text!r} is not expected")

    def _list(self, end: str, depth: int) -> tuple[Node, ...]:
        parts: list[Node] = []
        while self._peek() != end:
            if parts:
                self._take(",")
            parts.append(self.level(0, depth + 1))
        self._take(end)
        return tuple(parts)


def parse(text: str) -> Node:
    """Raises BadExpression; for functions this version does not have, too."""
    if re.match(r"\s*SELECT\b", text, re.IGNORECASE):
        raise BadExpression("Metrics Insights queries (SELECT …) are not supported by this version of studiolo")
    node = _Parser(text).whole()
    _check(node)
    return node


def _check(node: Node) -> None:
    if node.kind == "call":
        if node.name not in FUNCTIONS:
            known = ", ".join(sorted(FUNCTIONS))
            raise BadExpression(
                f"the function {node.name} is not supported by this version of studiolo: it has {known}"
            )
        low, high = FUNCTIONS[node.name][:2]
        if not low <= len(node.parts) <= high:
            raise BadExpression(f"{node.name} does not take {len(node.parts)} arguments")
    for part in node.parts:
        _check(part)


def _pairwise(act: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, list) and isinstance(right, list):
        raise BadExpression("two arrays can't be combined")
    if isinstance(left, list):
        return _series([_pairwise(act, one, right) for one in left])
    if isinstance(right, list):
        return _series([_pairwise(act, left, one) for one in right])
    if isinstance(left, int | float) and isinstance(right, int | float):
        value = _safe(act, left, right)
        if value is None:
            raise BadExpression("it divides by zero")
        return value
    found: dict[float, float] = {}
    for when in _times(left, right):
        a = left if isinstance(left, int | float) else left[when]
        b = right if isinstance(right, int | float) else right[when]
        value = _safe(act, a, b)
        if value is not None:
            found[when] = value
    return found


def _times(left: float | Points, right: float | Points) -> Iterable[float]:
    """Those that both have; a number has all."""
    if isinstance(left, Mapping):
        return left.keys() & right.keys() if isinstance(right, Mapping) else left.keys()
    return right.keys() if isinstance(right, Mapping) else ()


def _safe(act: Callable[[float, float], Any], left: float, right: float) -> float | None:
    """None where there is no such number: the point is then left out, as CloudWatch does."""
    try:
        value = act(left, right)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return None if isinstance(value, complex) or not math.isfinite(value) else float(value)


def evaluate(node: Node, scope: Scope) -> Value:
    """Raises BadExpression."""
    if node.kind == "number":
        return node.value
    if node.kind == "id":
        if node.name not in scope.series:
            raise BadExpression(f"there is no {node.name}")
        return scope.series[node.name]
    if node.kind == "text":
        raise BadExpression("a text stands where a number is expected")
    if node.kind == "minus":
        return _pairwise(operator.mul, -1.0, evaluate(node.parts[0], scope))
    if node.kind == "list":
        return _series([evaluate(part, scope) for part in node.parts])
    if node.kind == "call":
        return FUNCTIONS[node.name][2](node.parts, scope)
    act = next(level[node.kind] for level in _LEVELS if node.kind in level)
    return _pairwise(act, evaluate(node.parts[0], scope), evaluate(node.parts[1], scope))


def _series(values: Sequence[Value]) -> list[Points]:
    found: list[Points] = []
    for value in values:
        if isinstance(value, int | float):
            raise BadExpression("a number stands where a series is expected")
        found += value if isinstance(value, list) else [value]
        if len(found) > MAX_SERIES:
            raise BadExpression(f"an array holds at most {MAX_SERIES} series")
    return found


Parts = Sequence[Node]


def _aggregate(act: Callable[[Sequence[float]], float]) -> Callable[[Parts, Scope], Value]:
    """Over several series: point by point. Over one: a number."""

    def apply(parts: Parts, scope: Scope) -> Value:
        value = evaluate(parts[0], scope)
        if isinstance(value, int | float):
            return act([value])
        if isinstance(value, list):
            times = sorted(set[float]().union(*value))
            return {when: act([one[when] for one in value if when in one]) for when in times}
        return act(list(value.values())) if value else {}

    return apply


def _mapped(act: Callable[[float], float]) -> Callable[[Parts, Scope], Value]:
    return lambda parts, scope: _pairwise(lambda value, _: act(value), evaluate(parts[0], scope), 0.0)


def _fill(parts: Parts, scope: Scope) -> Value:
    value = evaluate(parts[0], scope)
    if isinstance(value, int | float):
        raise BadExpression("FILL takes a series")
    with_ = parts[1]
    if isinstance(value, list):
        return [_filled(one, with_, scope) for one in value]
    return _filled(value, with_, scope)


def _filled(points: Points, with_: Node, scope: Scope) -> Points:
    if with_.kind == "id" and with_.name == "REPEAT":
        found, last = dict[float, float](), None
        for when in scope.times:
            last = points.get(when, last)
            if last is not None:
                found[when] = last
        return found
    if with_.kind == "id" and with_.name == "LINEAR":
        return _linear(points, scope.times)
    other = evaluate(with_, scope)
    if isinstance(other, list):
        raise BadExpression("FILL fills with a number, a series, REPEAT or LINEAR")
    get = (lambda when: other) if isinstance(other, int | float) else other.get
    every = {when: points.get(when, get(when)) for when in scope.times}
    return {when: value for when, value in every.items() if value is not None}


def _linear(points: Points, times: Sequence[float]) -> Points:
    known, found = sorted(points), dict(points)
    for low, high in itertools.pairwise(known):
        for when in times:
            if low < when < high:
                found[when] = points[low] + (points[high] - points[low]) * (when - low) / (high - low)
    return found


def _if(parts: Parts, scope: Scope) -> Value:
    test = evaluate(parts[0], scope)
    yes = evaluate(parts[1], scope)
    no: Value = evaluate(parts[2], scope) if len(parts) > 2 else {}
    if isinstance(test, list) or isinstance(yes, list) or isinstance(no, list):
        raise BadExpression("IF takes one series at a time")
    if isinstance(test, int | float):
        return yes if test else no
    found: dict[float, float] = {}
    for when, held in test.items():
        chosen = yes if held else no
        value = chosen if isinstance(chosen, int | float) else chosen.get(when)
        if value is not None:
            found[when] = value
    return found


def _metrics(parts: Parts, scope: Scope) -> Value:
    if parts:
        raise BadExpression("METRICS with a filter is not supported by this version of studiolo")
    return list(scope.metrics)


def _deviation(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


FUNCTIONS: Mapping[str, tuple[int, int, Callable[[Parts, Scope], Value]]] = {
    "SUM": (1, 1, _aggregate(sum)),
    "AVG": (1, 1, _aggregate(lambda values: sum(values) / len(values))),
    "MAX": (1, 1, _aggregate(max)),
    "MIN": (1, 1, _aggregate(min)),
    "STDDEV": (1, 1, _aggregate(_deviation)),
    "ABS": (1, 1, _mapped(abs)),
    "CEIL": (1, 1, _mapped(math.ceil)),
    "FLOOR": (1, 1, _mapped(math.floor)),
    "FILL": (2, 2, _fill),
    "IF": (2, 3, _if),
    "METRICS": (0, 1, _metrics),
    "PERIOD": (1, 1, lambda parts, scope: scope.period),
}  # fmt: skip
