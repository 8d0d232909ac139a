"""From bins of points to the statistics CloudWatch gives: pure."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from studiolo.series.protocol import Bin

SIMPLE = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(frozen=True, slots=True)
class Stat:
    """One statistic by its name; `percentile` between 0 and 100 where it is one."""

    name: str
    percentile: float | None = None


def stat(name: str) -> Stat | None:
    """None where it is no statistic this version gives."""
    if name in SIMPLE:
        return Stat(name)
    match = _PERCENTILE.fullmatch(name)
    return Stat(name, float(match.group(1))) if match else None


def known_stats() -> str:
    return f"{', '.join(SIMPLE)} and percentiles from p0 to p100"


def of_bin(bin: Bin, name: str) -> float:
    if name == "SampleCount":
        return float(bin.count)
    if name == "Sum":
        return bin.total
    if name == "Minimum":
        return bin.minimum
    return bin.maximum if name == "Maximum" else bin.total / bin.count if bin.count else 0.0


def _at(spread: Sequence[tuple[float, float]], place: float) -> float:
    """The value at a rank, counted from 0."""
    for value, count in spread:
        if place < count:
            return value
        place -= count
    return spread[-1][0]


def percentile(spread: Sequence[tuple[float, float]], share: float) -> float:
    """Of (value, count) pairs with rising values; between two ranks it goes straight."""
    place = share / 100 * max(sum(count for _, count in spread) - 1, 0)
    low, high = _at(spread, math.floor(place)), _at(spread, math.ceil(place))
    return low + (high - low) * (place - math.floor(place))
