"""Metrics out of a job's log, by the regular expressions of its MetricDefinitions or of the built-in algorithm.

The log is read on from where it was read last, and that place is stored with the points in one transaction: a crash
neither loses a point nor counts one twice.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studiolo.base.record import Record
from studiolo.series import logs
from studiolo.series.protocol import Point, Series

BUILT_IN = {
    "xgboost": [
        {"Name": f"{name}:{metric}", "Regex": rf".*\[[0-9]+\].*#011{name}-{metric}:(\S+)"}
        for name in ("train", "validation")
        for metric in (
            "rmse",
            "rmsle",
            "mae",
            "mape",
            "logloss",
            "mlogloss",
            "error",
            "merror",
            "auc",
            "aucpr",
            "f1",
            "ndcg",
            "map",
        )
    ]
}
BUILT_IN["lightgbm"] = [
    {"Name": f"{name}:{metric}", "Regex": rf".*\[[0-9]+\].*#011{name}-{metric}:(\S+)"}
    for name in ("train", "validation")
    for metric in ("rmse", "l1", "l2", "mape", "binary_logloss", "multi_logloss", "auc", "binary_error", "multi_error")
]
MAX_LINE = 10_000
"""Longer lines are not searched: a user's expression could take for ever on them."""
_STEP = re.compile(r"(?:^\[(\d+)\])|(?:\b[Ee]poch[ =:#]*(\d+))")


def definitions(record: Record, framework: str) -> list[tuple[str, re.Pattern[str]]]:
    algorithm = record.spec["AlgorithmSpecification"]
    own = algorithm.get("MetricDefinitions")
    script = "sagemaker_program" in record.spec.get("HyperParameters", {})
    wanted: Sequence[Mapping[str, str]] = own or ([] if script else BUILT_IN.get(framework, []))
    found: list[tuple[str, re.Pattern[str]]] = []
    for one in wanted:
        try:
            found.append((one["Name"], re.compile(one["Regex"])))
        except re.error:
            # AWS takes any expression and never matches a bad one.
            continue
    return found


def values(line: str, known: Sequence[tuple[str, re.Pattern[str]]]) -> list[tuple[str, float]]:
    """AWS shows a tab as #011, and its algorithms' expressions look for that."""
    found: list[tuple[str, float]] = []
    text = line.replace("\t", "#011")
    for name, pattern in known:
        match = pattern.search(text)
        if match and match.groups():
            try:
                found.append((name, float(match.group(1).rstrip(",;"))))
            except (ValueError, TypeError):
                continue
    return found


def ingest(
    series: Series, record: Record, log: Path, host: str, known: Sequence[tuple[str, re.Pattern[str]]]
) -> int | None:
    """Reads what is new of one host's log; the newest step it names, if any."""
    resource = record.key.handle()
    cursor = f"{resource}/{host}"
    offset, step = series.cursor(cursor), None
    while batch := logs.forward(log, offset):
        points: list[Point] = []
        for line in batch:
            text = line.text[:MAX_LINE]
            points += [Point(resource, name, line.time / 1000, value, host) for name, value in values(text, known)]
            match = _STEP.search(text)
            if match:
                step = int(match.group(1) or match.group(2))
        offset = batch[-1].next
        series.append(points, cursor=(cursor, offset))
    return step


def final(series: Series, record: Record) -> list[dict[str, Any]]:
    """The last value of each metric, of the first host that has it."""
    found: dict[str, dict[str, Any]] = {}
    for one in series.metrics(record.key.handle()):
        if "/" not in one.metric and one.metric not in found and one.last == one.last and abs(one.last) != float("inf"):
            found[one.metric] = {"MetricName": one.metric, "Value": one.last, "Timestamp": one.last_time}
    return list(found.values())
