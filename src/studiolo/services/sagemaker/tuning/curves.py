"""The values of trials' objectives so far, out of the series that their training jobs write while they run."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.tuning import trials
from studiolo.services.sagemaker.tuning.definitions import objective_of
from studiolo.services.sagemaker.tuning.stopping import Curve

FIRST_HOST = "algo-1"
MOST = 100_000


class Curves:
    """Of one tuning job. Those of ended trials are kept in memory: they don't change."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._ended: dict[int, Curve] = {}

    def of(self, record: Record, held: Mapping[int, Mapping[str, Any]]) -> dict[int, Curve]:
        """By number of the trial, the smaller the better."""
        found: dict[int, Curve] = {}
        for number, one in held.items():
            curve = self._ended.get(number)
            if curve is None:
                curve = self._read(record, one)
                if one["Status"] in trials.ENDED:
                    self._ended[number] = curve
            found[number] = curve
        return found

    def _read(self, record: Record, one: Mapping[str, Any]) -> Curve:
        sign, metric = trials.minimized(record), objective_of(record.spec, one.get("Definition", 0))["MetricName"]
        handle = Key(record.key.project, "TrainingJob", one["Name"]).handle()
        points = self._platform.series.read(handle, metric, host=FIRST_HOST, limit=MOST)
        return [sign * point.value for point in points]
