"""Which parameters the next trial has. Random and Grid follow from the trial's number alone; Bayesian asks Optuna's TPE, which
is told of every trial that has ended and of those that run. Nothing here is stored: what it knows is rebuilt from the trials.
"""

import hashlib
import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from studiolo.services.sagemaker.tuning.space import Range

Params = dict[str, str]


@dataclass(frozen=True, slots=True)
class Trial:
    params: Mapping[str, str]
    value: float | None = None
    """Of the objective; None while it runs, and where it has none."""
    ended: bool = False


class Search(Protocol):
    def next(self, number: int, trials: Sequence[Trial]) -> Params | None:
        """number: from 1. None where there is nothing left to try."""
        ...


class Random:
    def __init__(self, space: Sequence[Range], seed: int) -> None:
        self._space, self._seed = space, seed

    def next(self, number: int, trials: Sequence[Trial]) -> Params:
        dice = random.Random(f"{self._seed}/{number}")
        return {one.name: one.at(dice.random()) for one in self._space}


class Grid:
    def __init__(self, space: Sequence[Range]) -> None:
        self._space = space

    def __len__(self) -> int:
        return math.prod(len(one.values) for one in self._space)

    def next(self, number: int, trials: Sequence[Trial]) -> Params | None:
        values = next(itertools.islice(itertools.product(*(one.values for one in self._space)), number - 1, None), None)
        return None if values is None else dict(zip((one.name for one in self._space), values, strict=True))


@dataclass(slots=True)
class Bayesian:
    """Optuna works in shares from 0 to 1, so that every scale is ours and the same for all strategies."""

    space: Sequence[Range]
    seed: int
    _study: Any = None
    _told: dict[int, Any] = field(default_factory=dict[int, Any])

    def next(self, number: int, trials: Sequence[Trial]) -> Params:
        import optuna

        shares: dict[str, Any] = {
            one.name: optuna.distributions.CategoricalDistribution(one.values)
            if one.kind == "categorical"
            else optuna.distributions.FloatDistribution(0.0, 1.0)
            for one in self.space
        }
        study = self._rebuilt(optuna, shares, trials)
        asked = study.ask(fixed_distributions=shares)
        params = {one.name: self._text(one, asked.params[one.name]) for one in self.space}
        # It is told again with its outcome, by a trial of its own.
        study.tell(asked, state=optuna.trial.TrialState.FAIL)
        return params

    def _text(self, one: Range, value: Any) -> str:
        return str(value) if one.kind == "categorical" else one.at(float(value))

    def _rebuilt(self, optuna: Any, shares: Mapping[str, Any], trials: Sequence[Trial]) -> Any:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        seed = int.from_bytes(hashlib.sha256(f"{self.seed}/{len(trials)}".encode()).digest()[:4])
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=10, multivariate=True, constant_liar=True)
        study = optuna.create_study(sampler=sampler)
        known = [trial for trial in trials if set(trial.params) >= set(shares)]
        # What runs counts as the worst so far, so that others look elsewhere meanwhile.
        worst = max((trial.value for trial in known if trial.value is not None), default=0.0)
        for trial in known:
            value = trial.value if trial.value is not None else worst
            if trial.ended and trial.value is None:
                continue
            inside = {one.name: _share(one, trial.params[one.name]) for one in self.space}
            if all(one is not None for one in inside.values()):
                study.add_trial(optuna.trial.create_trial(params=inside, distributions=dict(shares), value=value))
        return study


def _share(one: Range, text: str) -> Any:
    """Where in its range a value lies; None where it does not (a warm start from other ranges)."""
    if one.kind == "categorical":
        return text if text in one.values else None
    try:
        value = float(text)
    except ValueError:
        return None
    if not one.low <= value <= one.high:
        return None
    if one.scale == "Logarithmic":
        low, high, at = math.log(one.low), math.log(one.high), math.log(value)
    elif one.scale == "ReverseLogarithmic":
        low, high, at = math.log(1 - one.low), math.log(1 - one.high), math.log(1 - value)
    else:
        low, high, at = one.low, one.high, value
    return 0.5 if high == low else min(1.0, max(0.0, (at - low) / (high - low)))
