"""How traffic moves from an old deployment to a new one: pure.

A deployment policy becomes a list of steps, each a share of the traffic for the new version and the seconds it is watched
there; the last one has all of it. Alarms are looked at all the way. In a rolling update a step is a batch: so many
instances of the new version are started for it, and as many of the old one stopped after it was watched.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_WAIT = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Step:
    share: float
    wait: float
    """Seconds."""
    new: Mapping[str, int] | None = None
    """Variant -> how many instances of the new version run at this step; None: all."""
    old: Mapping[str, int] | None = None
    """Of the old version, on the way back to it (`back`)."""


def _share(size: Mapping[str, Any] | None, instances: int) -> float:
    """A CapacitySize as a part of 1."""
    if not size:
        return 1.0
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else max(1, instances)
    return min(1.0, size["Value"] / whole)


def steps(config: Mapping[str, Any], counts: Mapping[str, int]) -> Sequence[Step]:
    """Of a DeploymentConfig; `counts`: how many instances each variant of the new version has."""
    policy, instances = config.get("BlueGreenUpdatePolicy", {}), sum(counts.values())
    if rolling := config.get("RollingUpdatePolicy"):
        return _batches(rolling["MaximumBatchSize"], rolling["WaitIntervalInSeconds"], counts)
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


def _batch_sizes(size: Mapping[str, Any], counts: Mapping[str, int]) -> dict[str, int]:
    return {
        name: max(1, count * size["Value"] // 100 if size["Type"] == "CAPACITY_PERCENT" else size["Value"])
        for name, count in counts.items()
    }


def _batches(size: Mapping[str, Any], wait: float, counts: Mapping[str, int]) -> Sequence[Step]:
    batch = _batch_sizes(size, counts)
    number = max((math.ceil(count / batch[name]) for name, count in counts.items()), default=1)
    running = [
        {name: min(count, batch[name] * at) for name, count in counts.items()} for at in range(1, max(1, number) + 1)
    ]
    whole = max(1, sum(counts.values()))
    return [
        *(Step(sum(new.values()) / whole, wait, new) for new in running[:-1]),
        Step(1.0, wait, running[-1]),
    ]


def back(
    size: Mapping[str, Any] | None, serving: Mapping[str, int], counts: Mapping[str, int], new: Mapping[str, int]
) -> Sequence[Step]:
    """The way back of a rolling update: each step brings a batch of the old version's instances, of which `serving` were
    left out of `counts`; when they answer, the new version has the step's share, and as many of its instances (`new`).
    Without a size all come at once, as on AWS."""
    batch = _batch_sizes(size, counts) if size else dict(counts)
    number = max((math.ceil((counts[name] - serving[name]) / batch[name]) for name in counts), default=1)
    whole, steps = max(1, sum(counts.values())), list[Step]()
    for at in range(1, max(1, number) + 1):
        old = {name: min(count, serving[name] + batch[name] * at) for name, count in counts.items()}
        share = 1 - sum(old.values()) / whole
        steps.append(Step(share, 0.0, {name: math.ceil(count * share - 1e-9) for name, count in new.items()}, old))
    return steps


def kept(count: int, share: float) -> int:
    """How many of an old variant's instances serve on when the new version has that share; one until it has all."""
    return min(count, max(1, math.ceil(count * (1 - share) - 1e-9)))


def limit(config: Mapping[str, Any]) -> float:
    """Seconds that the whole deployment may take."""
    policies = (config.get("BlueGreenUpdatePolicy", {}), config.get("RollingUpdatePolicy", {}))
    return min((one.get("MaximumExecutionTimeoutInSeconds", math.inf) for one in policies), default=math.inf)


def alarms(config: Mapping[str, Any]) -> Sequence[str]:
    return [one["AlarmName"] for one in config.get("AutoRollbackConfiguration", {}).get("Alarms", ())]
