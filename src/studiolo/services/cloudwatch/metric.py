"""What a CloudWatch metric is, where its points lie, and what users may put: pure.

A user's metric is a series of the resource `Metric/<project>/<namespace>`; dimensions and unit stand where other series
have their host.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from studiolo.base.errors import ApiError
from studiolo.series.protocol import Point

Dimensions = tuple[tuple[str, str], ...]
PAST, FUTURE = 14 * 86400.0, 2 * 3600.0
"""How far from now a point may be, as AWS has it."""
MAX_VALUES = 150
MAX_DATA = 1000
MAX_DIMENSIONS = 30


def invalid(message: str) -> ApiError:
    return ApiError(message, code="InvalidParameterValue", status=400)


def combination(message: str) -> ApiError:
    return ApiError(message, code="InvalidParameterCombination", status=400)


@dataclass(frozen=True, slots=True, order=True)
class Metric:
    namespace: str
    name: str
    dimensions: Dimensions = ()
    """In order of their names."""

    def document(self) -> dict[str, Any]:
        return {
            "Namespace": self.namespace,
            "MetricName": self.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
        }


def dimensions_of(given: Any) -> Dimensions:
    pairs = {one["Name"]: one["Value"] for one in given or ()}
    if len(pairs) != len(given or ()):
        raise invalid("The value of Dimensions must not name a dimension twice.")
    if len(pairs) > MAX_DIMENSIONS:
        raise invalid(f"The collection Dimensions must not have more than {MAX_DIMENSIONS} members.")
    return tuple(sorted(pairs.items()))


def metric_of(document: Mapping[str, Any]) -> Metric:
    """Of a structure with Namespace, MetricName and Dimensions."""
    for member in ("Namespace", "MetricName"):
        if not document.get(member):
            raise ApiError(f"The parameter {member} is required.", code="MissingParameter", status=400)
    return Metric(document["Namespace"], document["MetricName"], dimensions_of(document.get("Dimensions")))


def resource(project: str, namespace: str) -> str:
    return f"Metric/{project}/{quote(namespace, safe='')}"


def host(dimensions: Dimensions, unit: str | None = None) -> str:
    """With a unit the series itself; without one what the series of all units begin with."""
    text = json.dumps(dimensions, separators=(",", ":"), ensure_ascii=False)
    return f"{text} {unit or ''}"


def read_back(resource: str, name: str, host: str) -> tuple[Metric, str]:
    """(metric, unit) of a stored series."""
    text, _, unit = host.rpartition(" ")
    dimensions = tuple((pair[0], pair[1]) for pair in json.loads(text))
    return Metric(unquote(resource.split("/", 2)[2]), name, dimensions), unit


def _number(value: Any, what: str) -> float:
    if not math.isfinite(value):
        raise invalid(f"The value {value} for parameter {what} is invalid.")
    return float(value)


def _of_set(given: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Points that have just these statistics: the least, the greatest, and the rest at its mean."""
    count, total, low, high = (
        _number(given[name], f"StatisticValues.{name}") for name in ("SampleCount", "Sum", "Minimum", "Maximum")
    )
    slack = 1e-9 * max(abs(low), abs(high), 1.0)
    if count <= 0 or low > high or not low - slack <= total / count <= high + slack:
        raise invalid("The StatisticValues contradict one another.")
    if low == high or count == 1:
        return [(total / count, count)]
    if count < 2:
        raise invalid("A SampleCount below 2 has one value: Minimum, Maximum and Sum must say so.")
    rest = [((total - low - high) / (count - 2), count - 2)] if count > 2 else []
    return [(low, 1.0), *rest, (high, 1.0)]


def _values(datum: Mapping[str, Any]) -> list[tuple[float, float]]:
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if len(given) != 1:
        raise combination("A datum holds exactly one of Value, Values and StatisticValues.")
    if given[0] == "Value":
        return [(_number(datum["Value"], "Value"), 1.0)]
    if given[0] == "StatisticValues":
        return _of_set(datum["StatisticValues"])
    values = datum["Values"]
    counts = datum.get("Counts", [1.0] * len(values))
    if len(values) != len(counts):
        raise invalid("Values and Counts must be of the same length.")
    if not values or len(values) > MAX_VALUES:
        raise invalid(f"The collection Values must have between 1 and {MAX_VALUES} members.")
    pairs = [(_number(value, "Values"), _number(count, "Counts")) for value, count in zip(values, counts, strict=True)]
    if any(count <= 0 for _, count in pairs):
        raise invalid("Each of Counts must be above 0.")
    return pairs


def points(project: str, namespace: str, data: Sequence[Mapping[str, Any]], now: float) -> Iterator[Point]:
    """What a PutMetricData writes. Raises ApiError."""
    for datum in data:
        time = datum.get("Timestamp", now)
        if not now - PAST <= time <= now + FUTURE:
            raise invalid("The Timestamp must be within the last two weeks and the next two hours.")
        if datum.get("StorageResolution", 60) not in (1, 60):
            raise invalid("The StorageResolution must be 1 or 60.")
        where = host(dimensions_of(datum.get("Dimensions")), datum.get("Unit", "None"))
        for value, count in _values(datum):
            yield Point(resource(project, namespace), datum["MetricName"], time, value, where, count)
