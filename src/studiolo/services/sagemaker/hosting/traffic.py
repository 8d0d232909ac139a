"""How traffic moves from an old deployment to a new one: pure.

A deployment policy becomes a list of steps, each a share of the traffic for the new version and the seconds it is watched
there; the last one has all of it. Alarms are looked at all the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_WAIT = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Step:
    share: float
    wait: float
    """Seconds."""


def _share(size: Mapping[str, Any] | None, instances: int) -> float:
    """A CapacitySize as a part of 1."""
    if not size:
        return 1.0
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else max(1, instances)
    return min(1.0, size["Value"] / whole)


def steps(config: Mapping[str, Any], instances: int) -> Sequence[Step]:
    """Of a DeploymentConfig; `instances`: how many the new version has."""
    policy = config.get("BlueGreenUpdatePolicy", {})
    if rolling := config.get("RollingUpdatePolicy"):
        return _linear(_share(rolling["MaximumBatchSize"], instances), rolling["WaitIntervalInSeconds"], 0)
    routing, end = policy.get("TrafficRoutingConfiguration", {}), policy.get("TerminationWaitInSeconds", 0)
    wait = routing.get("WaitIntervalInSeconds", 0)
    if routing.get("Type") == "CANARY":
        return [Step(_share(routing.get("CanarySize"), instances), wait), Step(1.0, end)]
    if routing.get("Type") == "LINEAR":
        return _linear(_share(routing.get("LinearStepSize"), instances), wait, end)
    return [Step(1.0, end)]


def _linear(share: float, wait: float, end: float) -> Sequence[Step]:
    count = max(1, round(1 / share + 0.499))
    return [
        *(Step(min(1.0, share * at), wait) for at in range(1, count)),
        Step(1.0, max(end, wait if count == 1 else end)),
    ]


def alarms(config: Mapping[str, Any]) -> Sequence[str]:
    return [one["AlarmName"] for one in config.get("AutoRollbackConfiguration", {}).get("Alarms", ())]
