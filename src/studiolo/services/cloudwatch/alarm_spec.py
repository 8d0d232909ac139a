"""What PutMetricAlarm may ask for, checked across members: the spec of an alarm, or AWS's error. Pure."""

import math
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ApiError, Unsupported, ValidationError
from studiolo.services.cloudwatch.alarm_state import OPERATORS, TREATMENTS, period_of
from studiolo.services.cloudwatch.metric import combination, dimensions_of, metric_of
from studiolo.services.cloudwatch.queries import check, check_period
from studiolo.services.cloudwatch.statistics import stat

DAY, LONGEST = 86400, 7 * 86400
MAX_ACTIONS = 5
_NOT_DONE = (
    "ThresholdMetricId",
    "EvaluationCriteria",
    "EvaluationInterval",
    "WarmUpConfiguration",
    "ActionConfiguration",
)
_KEPT = (
    "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "MetricName",
    "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit", "EvaluationPeriods",
    "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile",
    "Metrics",
)  # fmt: skip


def _invalid(message: str) -> ValidationError:
    return ValidationError(message, code="ValidationError")


def _actions(params: Mapping[str, Any]) -> None:
    for member in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        given = params.get(member, ())
        if len(given) > MAX_ACTIONS:
            raise _invalid(f"{member} holds at most {MAX_ACTIONS} actions.")
        for one in given:
            if not one.startswith(("arn:", "http://", "https://")) or any(
                c.isspace() or not c.isprintable() for c in one
            ):
                raise _invalid(f"Invalid {member}: {one[:100]} is neither an ARN nor an http(s) address.")


def _metric(params: Mapping[str, Any]) -> None:
    metric_of(params)
    dimensions_of(params.get("Dimensions"))
    if "Period" not in params:
        raise ApiError("The parameter Period is required.", code="MissingParameter", status=400)
    check_period(params["Period"])
    if ("Statistic" in params) == ("ExtendedStatistic" in params):
        raise combination("Exactly one of Statistic and ExtendedStatistic must be given.")
    extended = params.get("ExtendedStatistic")
    if extended is not None:
        found = stat(extended)
        if found is None or found.percentile is None:
            raise _invalid(f"The ExtendedStatistic {extended[:50]} is not supported: use p0 to p100.")


def _math(params: Mapping[str, Any], project: str) -> None:
    for member in ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic"):
        if member in params:
            raise combination(f"{member} can't be given together with Metrics.")
    check(params["Metrics"], project)
    if sum(1 for one in params["Metrics"] if one.get("ReturnData", True)) != 1:
        raise _invalid("Exactly one of Metrics must return data.")


def spec_of(params: Mapping[str, Any], project: str) -> dict[str, Any]:
    """Raises ApiError."""
    for member in _NOT_DONE:
        if member in params:
            raise Unsupported(f"{member} is not supported by this version of studiolo.")
    if "WallClockWindow" in params.get("EvaluationWindow", {}):
        raise Unsupported("EvaluationWindow.WallClockWindow is not supported by this version of studiolo.")
    for member in ("EvaluationPeriods", "ComparisonOperator", "Threshold"):
        if member not in params:
            raise ApiError(f"The parameter {member} is required.", code="MissingParameter", status=400)
    if params["ComparisonOperator"] not in OPERATORS:
        raise Unsupported("Alarms on anomaly detection bands are not supported by this version of studiolo.")
    if not math.isfinite(params["Threshold"]):
        raise _invalid("The Threshold must be a number.")
    if params.get("TreatMissingData", "missing") not in TREATMENTS:
        raise _invalid(f"TreatMissingData must be one of {', '.join(TREATMENTS)}.")
    if params.get("EvaluateLowSampleCountPercentile", "evaluate") != "evaluate":
        raise Unsupported("EvaluateLowSampleCountPercentile=ignore is not supported by this version of studiolo.")
    _actions(params)
    if params.get("Metrics"):
        _math(params, project)
    else:
        _metric(params)
    periods = params["EvaluationPeriods"]
    if params.get("DatapointsToAlarm", periods) > periods:
        raise _invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    period = period_of(params)
    if period < 3600 and periods * period > DAY:
        raise _invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period).")
    if periods * period > LONGEST:
        raise _invalid("Metrics cannot be checked across more than seven days (EvaluationPeriods * Period).")
    spec = {name: params[name] for name in _KEPT if name in params}
    if not spec.get("Metrics"):
        spec.pop("Metrics", None)
    return {"ActionsEnabled": True, **spec}
