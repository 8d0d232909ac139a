"""The trials of a tuning job as its status holds them, and what is told of them. Pure.

status["_trials"] = {"1": {"Name", "Params", "Status", "Value", "Created", "Started", "Ended", "Reason", "Definition",
"Early"}, …}
"""

from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.arn import sagemaker_arn
from studiolo.base.record import Record
from studiolo.services.sagemaker.tuning.definitions import objective_of
from studiolo.services.sagemaker.tuning.search import Trial

ENDED = ("Completed", "Failed", "Stopped")


def of(record: Record) -> dict[int, dict[str, Any]]:
    return {int(number): dict(one) for number, one in record.status.get("_trials", {}).items()}


def minimized(record: Record) -> float:
    """The sign by which the smaller is the better."""
    return 1.0 if objective_of(record.spec)["Type"] == "Minimize" else -1.0


def as_search(record: Record, trials: Mapping[int, Mapping[str, Any]]) -> list[Trial]:
    """In order of their numbers."""
    sign = minimized(record)
    return [
        Trial(one["Params"], sign * one["Value"] if one.get("Value") is not None else None, one["Status"] in ENDED)
        for _, one in sorted(trials.items())
    ]


def best(record: Record, trials: Mapping[int, Mapping[str, Any]]) -> int | None:
    sign = minimized(record)
    scored = [(sign * one["Value"], number) for number, one in trials.items() if one.get("Value") is not None]
    return min(scored)[1] if scored else None


def counters(record: Record) -> dict[str, Any]:
    trials = of(record).values()
    count = {
        word: sum(one["Status"] == word for one in trials) for word in ("Completed", "InProgress", "Failed", "Stopped")
    }
    scored = sum(one.get("Value") is not None for one in trials)
    ended = sum(one["Status"] in ENDED for one in trials)
    return {
        "TrainingJobStatusCounters": {
            "Completed": count["Completed"],
            "InProgress": count["InProgress"],
            "RetryableError": 0,
            "NonRetryableError": count["Failed"],
            "Stopped": count["Stopped"],
        },
        "ObjectiveStatusCounters": {"Succeeded": scored, "Pending": len(trials) - ended, "Failed": ended - scored},
    }


def summary(record: Record, one: Mapping[str, Any]) -> dict[str, Any]:
    index = one.get("Definition", 0)
    objective, scored = objective_of(record.spec, index), one.get("Value") is not None
    known = {
        "TrainingJobDefinitionName": record.spec["_definitions"][index]["Name"],
        "TrainingJobName": one["Name"],
        "TrainingJobArn": sagemaker_arn(record.key.project, "training-job", one["Name"]),
        "TuningJobName": record.key.name,
        "CreationTime": one["Created"],
        "TrainingStartTime": one.get("Started"),
        "TrainingEndTime": one.get("Ended"),
        "TrainingJobStatus": one["Status"],
        "TunedHyperParameters": one["Params"],
        "FailureReason": one.get("Reason"),
        "ObjectiveStatus": "Succeeded" if scored else "Failed" if one["Status"] in ENDED else "Pending",
    }
    if scored:
        metric = {"Type": objective["Type"], "MetricName": objective["MetricName"], "Value": one["Value"]}
        known["FinalHyperParameterTuningJobObjectiveMetric"] = metric
    return {name: value for name, value in known.items() if value is not None}


def not_improving(record: Record, trials: Mapping[int, Mapping[str, Any]]) -> int:
    """How many trials have ended since the best one did."""
    chosen = best(record, trials)
    if chosen is None:
        return 0
    since = trials[chosen].get("Ended") or 0.0
    return sum(1 for one in trials.values() if one["Status"] in ENDED and (one.get("Ended") or 0.0) > since)


PATIENCE = 20
NOTICEABLE = 0.001


def converged(record: Record, trials: Mapping[int, Mapping[str, Any]]) -> bool:
    """Where it is asked for: the last third of the trials, and at least PATIENCE of them, made the best no better by a
    thousandth. AWS does not say by what it detects convergence."""
    criteria = record.spec["HyperParameterTuningJobConfig"].get("TuningJobCompletionCriteria", {})
    if criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") != "Enabled":
        return False
    sign = minimized(record)
    scored = sorted((one.get("Ended") or 0.0, sign * one["Value"]) for one in trials.values() if _scored(one))
    last = max(PATIENCE, len(scored) // 3)
    if len(scored) <= last:
        return False
    before, after = min(value for _, value in scored[:-last]), min(value for _, value in scored[-last:])
    return before - after <= NOTICEABLE * max(abs(before), 1e-12)


def _scored(one: Mapping[str, Any]) -> bool:
    return one["Status"] in ENDED and one.get("Value") is not None


def reached(record: Record, trials: Mapping[int, Mapping[str, Any]], now: float) -> bool:
    """Whether a completion criterion is met."""
    config = record.spec["HyperParameterTuningJobConfig"]
    criteria, chosen = config.get("TuningJobCompletionCriteria", {}), best(record, trials)
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and chosen is not None and minimized(record) * (trials[chosen]["Value"] - target) <= 0:
        return True
    patience = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    if patience is not None and not_improving(record, trials) >= patience:
        return True
    seconds = config["ResourceLimits"].get("MaxRuntimeInSeconds")
    return seconds is not None and now - record.created > seconds


def sorted_by(found: Sequence[dict[str, Any]], by: str, descending: bool) -> list[dict[str, Any]]:
    """Trials without a value come last, whichever way they are sorted by it."""

    def rank(one: dict[str, Any]) -> Any:
        if by == "FinalObjectiveMetricValue":
            worst = float("-inf") if descending else float("inf")
            return one.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value", worst)
        return one.get({"Name": "TrainingJobName", "Status": "TrainingJobStatus"}.get(by, "CreationTime"), 0)

    return sorted(found, key=rank, reverse=descending)
