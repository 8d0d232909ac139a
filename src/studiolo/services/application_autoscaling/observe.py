"""What the policies of a target see: their metrics' values now and of late, and their alarms.

Reads through the cloudwatch service's queries, so a policy sees what its owner sees there.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.services.application_autoscaling.decide import DEFAULT_COOLDOWN, Policy, Stepping, Tracking
from studiolo.services.application_autoscaling.names import COPIES, POLICY, Target, policy_arn
from studiolo.services.cloudwatch.alarm_controller import LAG, datapoints
from studiolo.services.cloudwatch.alarm_record import KIND, actions_for
from studiolo.services.cloudwatch.alarm_state import period_of, window
from studiolo.services.cloudwatch.queries import Queries
from studiolo.services.platform import Platform
from studiolo.store.protocol import Query, Store
from studiolo.store.scan import scan

INVOCATIONS, CONCURRENT = (
    "SageMakerVariantInvocationsPerInstance",
    "SageMakerVariantConcurrentRequestsPerModelHighResolution",
)
UTILIZATION = "SageMakerVariantProvisionedConcurrencyUtilization"
PER_COPY = "SageMakerInferenceComponentInvocationsPerCopy"
PER_COPY_CONCURRENT = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
PREDEFINED = (INVOCATIONS, CONCURRENT, UTILIZATION, PER_COPY, PER_COPY_CONCURRENT)
MINUTE, HIGH_RESOLUTION = 60.0, 10.0
LONGEST_LOOK = 900.0


def policies_of(store: Store, project: str, target: Target, limit: int = 200) -> Sequence[Record]:
    return store.query(Query(POLICY, project, labels={"Target": target.name}, sort="name", limit=limit)).records


def _last_bins(now: float, width: float, span: float) -> list[tuple[float, float]]:
    """Windows of `width` that cover `span` back from now, newest first."""
    count = max(1, math.ceil(span / width))
    return [(now - (number + 1) * width, now - number * width) for number in range(count)]


class Observer:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._queries = Queries(platform)

    def policies(self, project: str, target: Target, capacity: int, now: float) -> list[Policy]:
        found: list[Policy] = []
        for record in policies_of(self._platform.store, project, target):
            name = record.spec["PolicyName"]
            if record.spec["PolicyType"] == "TargetTrackingScaling":
                configuration = record.spec["TargetTrackingScalingPolicyConfiguration"]
                value, peak = self._tracked(project, target, configuration, capacity, now - LAG)
                found.append(Tracking(name, configuration, value, peak))
            else:
                found += self._stepping(project, target, record, now)
        return found

    def _tracked(
        self, project: str, target: Target, configuration: Mapping[str, Any], capacity: int, now: float
    ) -> tuple[float | None, float | None]:
        """(now, peak) of the policy's metric."""
        look = min(configuration.get("ScaleInCooldown", DEFAULT_COOLDOWN), LONGEST_LOOK)
        predefined = configuration.get("PredefinedMetricSpecification")
        if predefined is None:
            return self._customized(project, configuration["CustomizedMetricSpecification"], look, now)
        copies = target.dimension == COPIES
        kind = "InferenceComponent" if copies else "Endpoint"
        resource, stem = (
            Key(project, kind, target.endpoint).handle(),
            f"endpoint/{'copies' if copies else target.variant}/",
        )
        many = predefined["PredefinedMetricType"] in (INVOCATIONS, PER_COPY)
        width = MINUTE if many else HIGH_RESOLUTION
        metric = "invocations" if many else "busy"
        # What the platform measures is complete: no point means that nobody asked.
        loads = [
            sum(one.total for one in self._platform.series.bins(resource, f"{stem}{metric}", start=start, end=end, period=width))
            for start, end in _last_bins(now, width, max(look, width))
        ]  # fmt: skip
        # Load over all instances: over those there are now it says how many are needed, whoever was there then.
        each = [load / max(capacity, 1) / (1 if many else width) for load in loads]
        waiting = (
            self._platform.demand.waiting(resource)
            if copies
            else self._platform.demand.of(resource, target.variant).waiting
        )
        if waiting and not each[0]:
            each[0] = waiting / max(capacity, 1)
        return each[0], max(each)

    def _customized(
        self, project: str, specification: Mapping[str, Any], look: float, now: float
    ) -> tuple[float | None, float | None]:
        queries = specification.get("Metrics")
        if queries is None:
            metric = {
                name: specification[name] for name in ("Namespace", "MetricName", "Dimensions") if name in specification
            }
            stat = {"Metric": metric, "Period": int(MINUTE), "Stat": specification["Statistic"]}
            if "Unit" in specification:
                stat["Unit"] = specification["Unit"]
            queries = [{"Id": "m", "MetricStat": stat}]
        else:
            queries = [
                {**one, "MetricStat": {"Period": int(MINUTE), **one["MetricStat"]}} if "MetricStat" in one else one
                for one in queries
            ]
        # The minute under way counts too: what was measured in it is the newest there is.
        try:
            results = self._queries.run(project, queries, now - max(look, 3 * MINUTE), now)
        except ApiError:
            return None, None
        points = results[0].points if results else {}
        if not points:
            return None, None
        return points[max(points)], max(points.values())

    def _stepping(self, project: str, target: Target, record: Record, now: float) -> list[Policy]:
        """One for each alarm in ALARM that names the policy."""
        arn, found = policy_arn(project, target, record.spec["PolicyName"]), list[Policy]()
        for alarm in scan(self._platform.store, Query(KIND, project, state="ALARM")):
            if alarm.status["StateValue"] == "ALARM" and arn in actions_for(alarm, "ALARM"):
                over = self._over(alarm, now)
                if over is not None:
                    configuration = record.spec["StepScalingPolicyConfiguration"]
                    found.append(Stepping(record.spec["PolicyName"], configuration, alarm.key.name, over))
        return found

    def _over(self, alarm: Record, now: float) -> float | None:
        times = window(alarm.spec, now - LAG)
        try:
            points = datapoints(self._queries, alarm, times[0], times[-1] + period_of(alarm.spec))
        except ApiError:
            return None
        if not points:
            # The alarm takes missing data for a breach: by how much, nobody knows.
            return 0.0
        return points[max(points)] - alarm.spec["Threshold"]
