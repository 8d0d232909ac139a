"""PutMetricData, GetMetricData, GetMetricStatistics and ListMetrics."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ApiError, Unsupported, ValidationError
from studiolo.services.cloudwatch import metric as metrics
from studiolo.services.cloudwatch.metric import MAX_DATA, combination, dimensions_of, invalid, metric_of, points
from studiolo.services.cloudwatch.queries import MAX_PERIODS, Queries, check_period
from studiolo.services.cloudwatch.statistics import Stat, of_bin, stat
from studiolo.services.cloudwatch.views import NAMESPACES
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler

LISTED = 500
MAX_STATISTICS = 1440
RECENT = 3 * 3600.0


def token(place: int) -> str:
    return base64.urlsafe_b64encode(f"at {place}".encode()).decode()


def place(given: Any) -> int:
    """Raises InvalidNextToken."""
    if given is None:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(str(given)).decode().partition(" ")
    except ValueError:
        word, number = "", ""
    if word != "at" or not number.isdecimal() or len(number) > 12:
        raise ApiError("The next token specified is invalid.", code="InvalidNextToken", status=400)
    return int(number)


class Data:
    def __init__(self, platform: Platform, queries: Queries) -> None:
        self._platform = platform
        self._queries = queries

    def operations(self) -> Mapping[str, Handler]:
        return {
            "PutMetricData": self._put,
            "GetMetricData": self._get,
            "GetMetricStatistics": self._statistics,
            "ListMetrics": self._list,
        }

    async def _put(self, call: Call) -> None:
        namespace, data = call.params["Namespace"], list(call.params.get("MetricData", ()))
        for entity in call.params.get("EntityMetricData", ()):
            data += entity.get("MetricData", ())
        if namespace.startswith("AWS/") or namespace in NAMESPACES:
            raise invalid(
                f"The value {namespace} for parameter Namespace is invalid: it is kept for the studio's metrics."
            )
        if not data:
            raise ApiError("The parameter MetricData is required.", code="MissingParameter", status=400)
        if len(data) > MAX_DATA:
            raise invalid(f"The collection MetricData must not have a size greater than {MAX_DATA}.")
        written = list(points(call.caller.project, namespace, data, self._platform.clock()))
        await asyncio.to_thread(self._platform.series.append, written)

    async def _get(self, call: Call) -> Mapping[str, Any]:
        params, project = call.params, call.caller.project
        start, end = params["StartTime"], params["EndTime"]
        if start >= end:
            raise ValidationError(
                "The parameter StartTime must be less than the parameter EndTime.", code="ValidationError"
            )
        most = params.get("MaxDatapoints", MAX_PERIODS)
        if not 1 <= most <= MAX_PERIODS:
            raise invalid(f"MaxDatapoints must be between 1 and {MAX_PERIODS}.")
        begin = place(params.get("NextToken"))
        results = await asyncio.to_thread(self._queries.run, project, params["MetricDataQueries"], start, end)
        descending = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        shown: list[dict[str, Any]] = []
        passed = 0
        for one in results:
            pairs = sorted(one.points.items(), reverse=descending)
            low, high = max(begin - passed, 0), max(begin + most - passed, 0)
            passed += len(pairs)
            page = pairs[low:high]
            if not page and (pairs or begin):
                continue
            shown.append(
                {
                    "Id": one.id,
                    "Label": one.label,
                    "Timestamps": [when for when, _ in page],
                    "Values": [value for _, value in page],
                    "StatusCode": "PartialData" if high < len(pairs) else "Complete",
                }
            )
        more = token(begin + most) if passed > begin + most else None
        return {"MetricDataResults": shown, "NextToken": more, "Messages": []}

    async def _statistics(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        metric, period = metric_of(params), params["Period"]
        check_period(period)
        start, end = params["StartTime"], params["EndTime"]
        if start >= end:
            raise combination("The parameter StartTime must be less than the parameter EndTime.")
        names, extended = params.get("Statistics", ()), params.get("ExtendedStatistics", ())
        if not names and not extended:
            raise ApiError(
                "At least one of Statistics and ExtendedStatistics is required.", code="MissingParameter", status=400
            )
        wanted: list[Stat] = []
        for name in extended:
            found = stat(name)
            if found is None or found.percentile is None:
                raise invalid(f"The value {name[:50]} for parameter ExtendedStatistics is invalid: use p0 to p100.")
            wanted.append(found)
        start = start // period * period
        found = await asyncio.to_thread(self._points, call, metric, start, end, wanted)
        if len(found) > MAX_STATISTICS:
            raise combination(
                f"You have requested up to {len(found)} datapoints, which exceeds the limit of {MAX_STATISTICS}. You may "
                "reduce the datapoints requested by increasing Period, or decreasing the time range."
            )
        return {"Label": metric.name, "Datapoints": found}

    def _points(
        self, call: Call, metric: metrics.Metric, start: float, end: float, wanted: list[Stat]
    ) -> list[dict[str, Any]]:
        reader, project = self._queries.reader, call.caller.project
        period, unit, names = call.params["Period"], call.params.get("Unit"), call.params.get("Statistics", ())
        shown = unit or reader.unit(project, metric)
        found: dict[float, dict[str, Any]] = {
            one.start: {"Timestamp": one.start, "Unit": shown, **{name: of_bin(one, name) for name in names}}
            for one in reader.bins(project, metric, start, end, period, unit)
        }
        for one in wanted:
            read = reader.statistic(project, metric, one, start=start, end=end, period=period, unit=unit)
            for when, value in read.items():
                if when in found:
                    found[when].setdefault("ExtendedStatistics", {})[one.name] = value
        return list(found.values())

    async def _list(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        if params.get("OwningAccount", call.caller.project) != call.caller.project:
            raise Unsupported(
                "Metrics of other accounts (OwningAccount) are not supported by this version of studiolo."
            )
        dimensions_of([one for one in params.get("Dimensions", ()) if "Value" in one])
        since = self._platform.clock() - RECENT if params.get("RecentlyActive") else None
        found = await asyncio.to_thread(
            self._queries.reader.listed, call.caller.project, params.get("Namespace"), since
        )
        chosen = [one for one in found if _chosen(one, params)]
        start = place(params.get("NextToken"))
        more = token(start + LISTED) if len(chosen) > start + LISTED else None
        return {"Metrics": [one.document() for one in chosen[start : start + LISTED]], "NextToken": more}


def _chosen(metric: metrics.Metric, params: Mapping[str, Any]) -> bool:
    if params.get("MetricName", metric.name) != metric.name:
        return False
    held = dict(metric.dimensions)
    return all(
        one["Name"] in held and one.get("Value", held[one["Name"]]) == held[one["Name"]]
        for one in params.get("Dimensions", ())
    )
