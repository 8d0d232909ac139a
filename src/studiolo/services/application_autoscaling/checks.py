"""What the requests may ask for, across their members: raises AWS's errors. Pure."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.services import schedules
from studiolo.services.application_autoscaling.names import COPIES, PROVISIONED, Target
from studiolo.services.application_autoscaling.observe import PER_COPY, PER_COPY_CONCURRENT, PREDEFINED, UTILIZATION
from studiolo.services.cloudwatch.queries import check as check_queries

MEMBERS = {
    "StepScaling": "StepScalingPolicyConfiguration",
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
}


def bounds(low: int, high: int) -> None:
    if low < 0 or high < 0:
        raise ValidationError("MinCapacity and MaxCapacity must not be below 0.")
    if low > high:
        raise ValidationError("Maximum capacity cannot be less than minimum capacity.")
    if high > 2**31:
        raise ValidationError("MaxCapacity is too large.")


def _tracking(target: Target, given: Mapping[str, Any], project: str) -> None:
    if not math.isfinite(given["TargetValue"]) or not 8.515920e-109 <= given["TargetValue"] <= 1.174271e108:
        raise ValidationError("TargetValue must be a number above 0.")
    for member in ("ScaleOutCooldown", "ScaleInCooldown"):
        if given.get(member, 0) < 0:
            raise ValidationError(f"{member} must not be below 0.")
    predefined, customized = given.get("PredefinedMetricSpecification"), given.get("CustomizedMetricSpecification")
    if (predefined is None) == (customized is None):
        raise ValidationError(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be given."
        )
    if predefined is not None:
        kind = predefined["PredefinedMetricType"]
        if kind not in PREDEFINED:
            raise Unsupported(f"The predefined metric {kind} is not supported: there are {', '.join(PREDEFINED)}.")
        if (kind == UTILIZATION) and target.dimension != PROVISIONED:
            raise ValidationError(f"{kind} is for the dimension {PROVISIONED}.")
        if (kind in (PER_COPY, PER_COPY_CONCURRENT)) != (target.dimension == COPIES):
            raise ValidationError(f"{kind} is not for the dimension {target.dimension}.")
        return
    _customized(customized or {}, project)


def _customized(given: Mapping[str, Any], project: str) -> None:
    if "Metrics" in given:
        if any(name in given for name in ("MetricName", "Namespace", "Statistic", "Dimensions", "Unit")):
            raise ValidationError(
                "Metrics can't be given together with MetricName, Namespace, Statistic, Dimensions, Unit."
            )
        queries = [
            {**one, "MetricStat": {"Period": 60, **one["MetricStat"]}} if "MetricStat" in one else one
            for one in given["Metrics"]
        ]
        check_queries(queries, project)
        if sum(1 for one in queries if one.get("ReturnData", True)) != 1:
            raise ValidationError("Exactly one of Metrics must return data.")
        return
    for member in ("MetricName", "Namespace", "Statistic"):
        if not given.get(member):
            raise ValidationError(f"A customized metric needs a {member}.")


def _steps(given: Mapping[str, Any]) -> None:
    if "AdjustmentType" not in given:
        raise ValidationError("AdjustmentType must be specified for step scaling.")
    if "MinAdjustmentMagnitude" in given and given["AdjustmentType"] != "PercentChangeInCapacity":
        raise ValidationError("MinAdjustmentMagnitude is for PercentChangeInCapacity.")
    if given.get("Cooldown", 0) < 0:
        raise ValidationError("Cooldown must not be below 0.")
    steps = given.get("StepAdjustments", ())
    if not steps:
        raise ValidationError("At least one StepAdjustment must be specified.")
    spans: list[tuple[float, float]] = []
    for one in steps:
        low, high = one.get("MetricIntervalLowerBound", -math.inf), one.get("MetricIntervalUpperBound", math.inf)
        given_bounds = [one[name] for name in ("MetricIntervalLowerBound", "MetricIntervalUpperBound") if name in one]
        if not all(math.isfinite(bound) for bound in given_bounds):
            raise ValidationError("A step's bounds must be numbers.")
        if not low < high:
            raise ValidationError("A step's MetricIntervalLowerBound must be below its MetricIntervalUpperBound.")
        if given["AdjustmentType"] == "ExactCapacity" and one["ScalingAdjustment"] < 0:
            raise ValidationError("An exact capacity must not be below 0.")
        spans.append((low, high))
    spans.sort()
    if any(one[1] > other[0] for one, other in itertools.pairwise(spans)):
        raise ValidationError("StepAdjustment intervals can't overlap.")


def policy(target: Target, params: Mapping[str, Any], project: str) -> dict[str, Any]:
    """The policy's type and configuration."""
    kind = params.get("PolicyType", "StepScaling")
    member = MEMBERS.get(kind)
    if member is None:
        raise Unsupported("Predictive scaling is not supported by this version of studiolo.")
    given = params.get(member)
    if given is None:
        raise ValidationError(f"{member} must be specified for a policy of type {kind}.")
    for other in MEMBERS.values():
        if other != member and other in params:
            raise ValidationError(f"{other} is not for a policy of type {kind}.")
    if kind == "StepScaling":
        _steps(given)
    else:
        _tracking(target, given, project)
    return {"PolicyType": kind, member: given}


def scheduled(spec: Mapping[str, Any]) -> None:
    try:
        schedules.parse(spec["Schedule"], spec.get("Timezone"))
    except schedules.BadSchedule as error:
        raise ValidationError(f"The Schedule is invalid: {error}.") from None
    action = spec.get("ScalableTargetAction", {})
    if not action:
        raise ValidationError("At least one of MinCapacity and MaxCapacity must be specified in ScalableTargetAction.")
    low = action.get("MinCapacity", 0)
    bounds(low, action.get("MaxCapacity", max(low, 0)))
    if "StartTime" in spec and "EndTime" in spec and spec["StartTime"] >= spec["EndTime"]:
        raise ValidationError("The StartTime must be before the EndTime.")
