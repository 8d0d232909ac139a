"""Which running trials are not worth going on with: a pure function of the objective's values so far.

A curve is the values of a trial's objective in the order in which it printed them, the smaller the better; its length counts
epochs (the *resource* of Hyperband). Both rules look at a trial against others that came as far, so they need no state of
their own and say the same after a restart.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ETA = 3
"""Hyperband: one of so many goes on from a rung."""
FEWEST = 4
"""Ended trials that the median rule wants to have seen."""
Curve = Sequence[float]


@dataclass(frozen=True, slots=True)
class Hyperband:
    low: int
    high: int
    """Resource: the least that a trial gets, and the most."""

    def brackets(self) -> int:
        found, resource = 1, self.low
        while resource * ETA <= self.high:
            found, resource = found + 1, resource * ETA
        return found

    def bracket(self, number: int) -> int:
        """Of a trial, from 0 (stops earliest) on. Brackets that stop earlier have more trials, as all of them are to use
        about as much."""
        count = self.brackets()
        sizes = [ETA ** (count - 1 - one) for one in range(count)]
        place = (number - 1) % sum(sizes)
        for one, size in enumerate(sizes):
            if place < size:
                return one
            place -= size
        raise AssertionError

    def rungs(self, bracket: int) -> list[int]:
        found, resource = list[int](), self.low * ETA**bracket
        while resource < self.high:
            found.append(resource)
            resource *= ETA
        return found

    def stops(self, number: int, curves: Mapping[int, Curve]) -> bool:
        """curves: of all trials, ended ones too, by number."""
        bracket, mine = self.bracket(number), curves[number]
        peers = [curve for other, curve in curves.items() if self.bracket(other) == bracket]
        for rung in self.rungs(bracket):
            if len(mine) < rung:
                return False
            there = sorted(curve[rung - 1] for curve in peers if len(curve) >= rung)
            best = there[: max(1, len(there) // ETA)]
            if len(there) >= ETA and mine[rung - 1] > best[-1]:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Median:
    """AWS's TrainingJobEarlyStoppingType Auto: worse than the median of what others had on average up to the same epoch."""

    def stops(self, number: int, curves: Mapping[int, Curve], ended: Sequence[int]) -> bool:
        mine = curves[number]
        averages = [
            statistics.fmean(curves[one][: len(mine)]) for one in ended if len(curves.get(one, ())) >= len(mine) > 0
        ]
        return len(averages) >= FEWEST and mine[-1] > statistics.median(averages)
