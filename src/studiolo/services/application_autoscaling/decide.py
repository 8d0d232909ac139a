"""How much capacity a scalable target should have: pure.

A target-tracking policy wants so much that its metric comes to its target value: more at once, less only when the highest
value of the last while allows it. A step policy wants what its alarm's steps say, while the alarm is in ALARM. Of several
wishes the greatest holds, so that capacity goes only where every policy can do without it. The bounds hold over all.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SLACK = 0.9
"""A metric this much below its target does not yet take capacity away: else it would go up and down."""
DEFAULT_COOLDOWN = 300.0


@dataclass(frozen=True, slots=True)
class Tracking:
    """What a target-tracking policy sees. now, peak: its metric now, and its highest value of the time that a scale-in
    looks back; None where nothing is known."""

    name: str
    configuration: Mapping[str, Any]
    now: float | None
    peak: float | None


@dataclass(frozen=True, slots=True)
class Stepping:
    """A step policy, one of whose alarms is in ALARM. over: the metric's distance from the alarm's threshold."""

    name: str
    configuration: Mapping[str, Any]
    alarm: str
    over: float


Policy = Tracking | Stepping


@dataclass(frozen=True, slots=True)
class Decision:
    capacity: int
    cause: str


@dataclass(frozen=True, slots=True)
class Wish:
    capacity: int
    cause: str


def _tracked(policy: Tracking, capacity: int, now: float, last_out: float, last_in: float) -> Wish | None:
    """None where the policy has no opinion: it then stands in nobody's way."""
    configuration, target = policy.configuration, policy.configuration["TargetValue"]
    if policy.now is not None and policy.now > target:
        wanted = math.ceil(max(capacity, 1) * policy.now / target - 1e-9)
        rested = now - last_out >= configuration.get("ScaleOutCooldown", DEFAULT_COOLDOWN)
        cause = f"monitored metric of policy {policy.name} is {policy.now:g}, above its target value {target:g}"
        return Wish(wanted if rested else capacity, cause)
    if configuration.get("DisableScaleIn") or policy.peak is None or capacity == 0:
        return Wish(capacity, "")
    rested = now - max(last_out, last_in) >= configuration.get("ScaleInCooldown", DEFAULT_COOLDOWN)
    if policy.peak >= target * SLACK or not rested:
        return Wish(capacity, "")
    wanted = min(capacity, math.ceil(capacity * policy.peak / target - 1e-9))
    return Wish(
        wanted, f"monitored metric of policy {policy.name} is {policy.peak:g}, below its target value {target:g}"
    )


def step_of(configuration: Mapping[str, Any], over: float) -> int | None:
    """The adjustment whose bounds hold the metric's distance from the threshold."""
    for one in configuration.get("StepAdjustments", ()):
        low, high = one.get("MetricIntervalLowerBound", -math.inf), one.get("MetricIntervalUpperBound", math.inf)
        # Above the threshold a step holds its lower bound, below it its upper one.
        if (low <= over < high) if over >= 0 else (low < over <= high):
            return int(one["ScalingAdjustment"])
    return None


def adjusted(configuration: Mapping[str, Any], capacity: int, by: int) -> int:
    kind = configuration.get("AdjustmentType", "ChangeInCapacity")
    if kind == "ExactCapacity":
        return by
    if kind == "ChangeInCapacity":
        return capacity + by
    change = capacity * by / 100
    whole = math.trunc(change) if abs(change) >= 1 else int(math.copysign(1, change)) if change else 0
    least = configuration.get("MinAdjustmentMagnitude", 0)
    if whole and abs(whole) < least:
        whole = int(math.copysign(least, whole))
    return capacity + whole


def _stepped(policy: Stepping, capacity: int, now: float, last_out: float, last_in: float) -> Wish | None:
    by = step_of(policy.configuration, policy.over)
    if by is None:
        return None
    wanted = adjusted(policy.configuration, capacity, by)
    last = last_out if wanted > capacity else max(last_out, last_in)
    if now - last < policy.configuration.get("Cooldown", DEFAULT_COOLDOWN):
        return Wish(capacity, "")
    return Wish(wanted, f"monitor alarm {policy.alarm} in state ALARM triggered policy {policy.name}")


def decide(
    bounds: tuple[int, int], suspended: Mapping[str, Any], policies: Sequence[Policy], capacity: int, now: float,
    last_out: float = 0.0, last_in: float = 0.0,
) -> Decision | None:  # fmt: skip
    """None where the capacity is as it should be."""
    low, high = bounds
    wishes: list[Wish] = []
    for policy in policies:
        act = _tracked if isinstance(policy, Tracking) else _stepped
        wish = act(policy, capacity, now, last_out, last_in)  # type: ignore[arg-type]
        if wish is not None:
            wishes.append(wish)
    chosen = max(wishes, key=lambda wish: wish.capacity, default=Wish(capacity, ""))
    if chosen.capacity > capacity and suspended.get("DynamicScalingOutSuspended"):
        chosen = Wish(capacity, "")
    if chosen.capacity < capacity and suspended.get("DynamicScalingInSuspended"):
        chosen = Wish(capacity, "")
    wanted = max(low, min(high, chosen.capacity))
    if wanted == capacity:
        return None
    moved = chosen.capacity != capacity
    return Decision(wanted, chosen.cause if moved else f"the capacity {capacity} is outside of {low} to {high}")
