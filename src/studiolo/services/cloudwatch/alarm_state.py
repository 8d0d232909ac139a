"""In which state an alarm is, from its configuration and the datapoints there are: pure.

As AWS does it: of a stretch a little longer than EvaluationPeriods the newest datapoints count; where there are fewer
than EvaluationPeriods, TreatMissingData says what the missing ones are.
"""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
SPARE = 2
"""Periods that are looked at beyond EvaluationPeriods."""
TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")

OPERATORS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    state: State
    reason: str
    data: str
    """StateReasonData: JSON."""


def period_of(alarm: Mapping[str, Any]) -> float:
    """Of a metric-math alarm the longest of its metrics."""
    if "Period" in alarm:
        return float(alarm["Period"])
    periods = [one["MetricStat"]["Period"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    periods += [one["Period"] for one in alarm.get("Metrics", ()) if "Period" in one]
    return float(max(periods, default=60))


def window(alarm: Mapping[str, Any], now: float) -> Sequence[float]:
    """The starts of the periods looked at, oldest first; only periods that have ended."""
    period = period_of(alarm)
    last = int(now // period)
    return [number * period for number in range(last - alarm["EvaluationPeriods"] - SPARE, last)]


def evaluate(alarm: Mapping[str, Any], datapoints: Mapping[float, float], now: float, current: State) -> Judgement:
    """current: the state it is in, which some gaps in the data leave as it is."""
    times = window(alarm, now)
    wanted, needed = alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])
    breaches = OPERATORS[alarm["ComparisonOperator"]][0]
    newest = [(when, datapoints[when]) for when in reversed(times) if when in datapoints][:wanted]
    bad = [when for when, value in newest if breaches(value, alarm["Threshold"])]
    missing = wanted - len(newest)
    treated = alarm.get("TreatMissingData", "missing")
    assumed = missing if treated == "breaching" else 0
    if not newest and treated in ("missing", "ignore"):
        state: State = current if treated == "ignore" else "INSUFFICIENT_DATA"
    elif len(bad) + assumed >= needed or (treated == "missing" and _early(times, newest, bad, needed)):
        state = "ALARM"
    elif missing and len(bad) == len(newest) and treated in ("missing", "ignore"):
        state = current
    else:
        state = "OK"
    return Judgement(state, _reason(alarm, state, newest, bad, missing), _data(alarm, newest, now))


def _early(times: Sequence[float], newest: Sequence[tuple[float, float]], bad: Sequence[float], needed: int) -> bool:
    """All that is known breaches, and has done so for as long as it takes."""
    return bool(bad) and len(bad) == len(newest) and len(times) - times.index(bad[-1]) >= needed


def _moment(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%d/%m/%y %H:%M:%S")


def _reason(
    alarm: Mapping[str, Any], state: State, newest: Sequence[tuple[float, float]], bad: Sequence[float], missing: int
) -> str:
    wanted, needed = alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])
    if state == "INSUFFICIENT_DATA" or not newest:
        treated = alarm.get("TreatMissingData", "missing")
        if state == "INSUFFICIENT_DATA":
            return f"Insufficient Data: {wanted} datapoints were unknown."
        return (
            f"Threshold Crossed: no datapoints were received for {wanted} periods and they were treated as [{treated}]."
        )
    words = OPERATORS[alarm["ComparisonOperator"]][1]
    shown = [(when, value) for when, value in newest if (when in bad) == (state == "ALARM")] or list(newest)
    points = ", ".join(f"{value} ({_moment(when)})" for when, value in shown)
    verb = ("were" if len(shown) > 1 else "was") + ("" if state == "ALARM" else " not")
    if state == "ALARM":
        move = f"minimum {needed} datapoint{'s' if needed > 1 else ''} for OK -> ALARM transition"
    else:
        clear = wanted - needed + 1
        move = f"minimum {clear} datapoint{'s' if clear > 1 else ''} for ALARM -> OK transition"
    gap = f" {missing} datapoints were missing." if missing else ""
    text = (
        f"Threshold Crossed: {len(shown)} out of the last {wanted} datapoints [{points}] {verb} {words} the threshold "
        f"({float(alarm['Threshold'])}) ({move}).{gap}"
    )
    return text[:1023]


def _data(alarm: Mapping[str, Any], newest: Sequence[tuple[float, float]], now: float) -> str:
    held = {
        "version": "1.0",
        "queryDate": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
        "statistic": alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
        "period": int(period_of(alarm)),
        "recentDatapoints": [value for _, value in reversed(newest)][-100:],
        "threshold": alarm["Threshold"],
    }
    return json.dumps({name: value for name, value in held.items() if value is not None})[:4000]
