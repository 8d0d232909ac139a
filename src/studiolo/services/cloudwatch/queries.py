"""Metric data queries: statistics of metrics, and expressions over them, for one stretch of time.

Called by data.py (GetMetricData), by alarms and by application_autoscaling's policies; all three write queries alike.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.services.cloudwatch.expressions import BadExpression, Node, Points, Scope, Value, evaluate, parse
from studiolo.services.cloudwatch.metric import metric_of
from studiolo.services.cloudwatch.reader import Reader
from studiolo.services.cloudwatch.statistics import known_stats, stat
from studiolo.services.platform import Platform

MAX_PERIODS = 100_800
MAX_QUERIES = 500
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
PERIODS = "1, 5, 10, 20, 30 or a multiple of 60"


@dataclass(frozen=True, slots=True)
class Result:
    id: str
    label: str
    points: Points


def check_period(period: float) -> None:
    if period not in (1, 5, 10, 20, 30) and (period <= 0 or period % 60):
        raise ValidationError(f"The Period {period:g} is invalid: it is {PERIODS} seconds.", code="ValidationError")


def _bad(id: str, message: str) -> ValidationError:
    return ValidationError(f"Error in expression '{id}': {message}.", code="ValidationError")


def check(queries: Sequence[Mapping[str, Any]], project: str) -> Mapping[str, Node]:
    """The parsed expressions by id. Raises ApiError with all that can be known before data is read."""
    if len(queries) > MAX_QUERIES:
        raise ValidationError(f"A request holds at most {MAX_QUERIES} queries.", code="ValidationError")
    nodes: dict[str, Node] = {}
    ids = {one["Id"] for one in queries}
    if len(ids) != len(queries):
        raise ValidationError("Each Id of a request must be unique.", code="ValidationError")
    for one in queries:
        if not _ID.fullmatch(one["Id"]):
            raise ValidationError(
                f"The Id {one['Id'][:50]} is invalid: it begins with a lower-case letter, then letters, digits and _.",
                code="ValidationError",
            )
        if ("Expression" in one) == ("MetricStat" in one):
            raise ValidationError(f"{one['Id']} must have either MetricStat or Expression.", code="ValidationError")
        if one.get("AccountId", project) != project:
            raise Unsupported("Metrics of other accounts (AccountId) are not supported by this version of studiolo.")
        if "${" in one.get("Label", ""):
            raise Unsupported("Dynamic labels (${…}) are not supported by this version of studiolo.")
        if "Expression" in one:
            try:
                nodes[one["Id"]] = parse(one["Expression"])
            except BadExpression as error:
                raise _bad(one["Id"], str(error)) from None
        else:
            _check_stat(one["MetricStat"])
    _check_order(nodes, ids)
    return nodes


def _check_stat(given: Mapping[str, Any]) -> None:
    metric_of(given["Metric"])
    check_period(given["Period"])
    if stat(given["Stat"]) is None:
        raise ValidationError(
            f"The Stat {given['Stat'][:50]} is not supported: there are {known_stats()}.", code="ValidationError"
        )


def _check_order(nodes: Mapping[str, Node], ids: set[str]) -> None:
    """Every id is there, and no expression is made of itself."""
    done: set[str] = set()

    def visit(id: str, above: tuple[str, ...]) -> None:
        if id in above:
            raise _bad(id, "it refers to itself")
        if id in done or id not in nodes:
            return
        for inner in nodes[id].ids() - {"REPEAT", "LINEAR"}:
            if inner not in ids:
                raise _bad(id, f"there is no query with the Id {inner}")
            visit(inner, (*above, id))
        done.add(id)

    for id in nodes:
        visit(id, ())


class Queries:
    def __init__(self, platform: Platform) -> None:
        self.reader = Reader(platform)

    def run(self, project: str, queries: Sequence[Mapping[str, Any]], start: float, end: float) -> list[Result]:
        """Of those that return data, in their order. Raises ApiError."""
        nodes = check(queries, project)
        known: dict[str, Value] = {}
        periods: dict[str, float] = {}
        for one in queries:
            if "MetricStat" in one:
                given, id = one["MetricStat"], one["Id"]
                periods[id] = float(given["Period"])
                known[id] = self._read(project, given, start, end)
        metrics = [points for points in known.values() if isinstance(points, Mapping)]
        default = max(periods.values(), default=60.0)
        for one in queries:
            self._solve(one["Id"], nodes, known, metrics, periods, (start, end, float(one.get("Period", default))))
        return [result for one in queries if one.get("ReturnData", True) for result in _results(one, known[one["Id"]])]

    def _read(self, project: str, given: Mapping[str, Any], start: float, end: float) -> Points:
        wanted, period = stat(given["Stat"]), given["Period"]
        assert wanted is not None
        begin = math.floor(start / period) * period
        return self.reader.statistic(
            project, metric_of(given["Metric"]), wanted,
            start=begin, end=end, period=period, unit=given.get("Unit"),
        )  # fmt: skip

    def _solve(
        self, id: str, nodes: Mapping[str, Node], known: dict[str, Value], metrics: Sequence[Points],
        periods: Mapping[str, float], span: tuple[float, float, float],
    ) -> None:  # fmt: skip
        if id in known:
            return
        start, end, period = span
        for inner in nodes[id].ids():
            if inner in nodes:
                self._solve(inner, nodes, known, metrics, periods, span)
        if (end - start) / period > MAX_PERIODS:
            raise ValidationError(f"An expression spans at most {MAX_PERIODS} periods.", code="ValidationError")
        first = math.floor(start / period)
        times = [number * period for number in range(first, math.ceil(end / period))]
        try:
            known[id] = evaluate(nodes[id], Scope(known, metrics, times, period))
        except BadExpression as error:
            raise _bad(id, str(error)) from None


def _results(query: Mapping[str, Any], value: Value) -> list[Result]:
    id = query["Id"]
    if isinstance(value, float | int):
        raise _bad(id, "it gives a number; a query that returns data must give a series")
    label = query.get("Label") or (query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else id)
    return [Result(id, label, one) for one in (value if isinstance(value, list) else [value])]
