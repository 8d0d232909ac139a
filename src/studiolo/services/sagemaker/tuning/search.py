"""Which parameters the next trial has. Random and Grid follow from the trial's number alone; Bayesian asks Optuna's TPE, which
is told of the trials that have ended and of those that run. Nothing here is stored: what it knows is rebuilt from the trials.
"""

import functools
import hashlib
import itertools
import math
import random
import warnings
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


KEPT = 30
"""Of the best and of the newest trials, each, that a study which has grown to MOST begins again with."""
MOST = 4 * KEPT


@dataclass(slots=True)
class Bayesian:
    """Optuna works in shares from 0 to 1, so that every scale is ours and the same for all strategies.

    Its study lives as long as this object: what runs is in it as running (so that others look elsewhere meanwhile), what
    ends is told. Thinking takes longer the more a study holds, so it begins again with the best and the newest now and then;
    an estimate of where good values lie gains nothing from the thousandth bad one.
    """

    space: Sequence[Range]
    seed: int
    _study: Any = None
    _open: dict[int, int] = field(default_factory=dict[int, int])
    """Trials that had not ended when last looked at: their place in the list -> their number in the study."""
    _seen: int = 0

    def next(self, number: int, trials: Sequence[Trial]) -> Params:
        import optuna

        shares = self._shares(optuna)
        study = self._study
        if study is None or len(trials) < self._seen or len(study.get_trials(deepcopy=False)) >= MOST:
            study = self._begin(optuna, shares, trials)
        else:
            self._tell(optuna, shares, trials)
        # Of the trial's number alone, so that it is the same after a restart.
        seed = int.from_bytes(hashlib.sha256(f"{self.seed}/{number}".encode()).digest()[:4])
        study.sampler = _sampler(shares, seed)
        asked = study.ask(fixed_distributions=shares)
        # The caller's next list holds it in this place.
        self._open[len(trials)] = asked.number
        self._seen = len(trials) + 1
        return {one.name: self._text(one, asked.params[one.name]) for one in self.space}

    def _text(self, one: Range, value: Any) -> str:
        return str(value) if one.kind == "categorical" else one.at(float(value))

    def _shares(self, optuna: Any) -> dict[str, Any]:
        return {
            one.name: optuna.distributions.CategoricalDistribution(one.values)
            if one.kind == "categorical"
            else optuna.distributions.FloatDistribution(0.0, 1.0)
            for one in self.space
        }

    def _begin(self, optuna: Any, shares: Mapping[str, Any], trials: Sequence[Trial]) -> Any:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        self._study, self._open, self._seen = optuna.create_study(), {}, len(trials)
        scored = [index for index, one in enumerate(trials) if one.value is not None]
        best = sorted(scored, key=lambda index: trials[index].value or 0.0)[:KEPT]
        running = [index for index, one in enumerate(trials) if not one.ended and one.value is None]
        for index in sorted({*best, *scored[-KEPT:], *running}):
            self._add(optuna, shares, index, trials[index])
        return self._study

    def _tell(self, optuna: Any, shares: Mapping[str, Any], trials: Sequence[Trial]) -> None:
        for index, number in list(self._open.items()):
            trial = trials[index] if index < len(trials) else Trial({}, ended=True)
            if trial.value is not None:
                self._study.tell(number, trial.value)
            elif trial.ended:
                self._study.tell(number, state=optuna.trial.TrialState.FAIL)
            else:
                continue
            del self._open[index]
        for index in range(self._seen, len(trials)):
            self._add(optuna, shares, index, trials[index])
        self._seen = len(trials)

    def _add(self, optuna: Any, shares: Mapping[str, Any], index: int, trial: Trial) -> None:
        if trial.ended and trial.value is None:
            return
        inside = {one.name: _share(one, trial.params.get(one.name, "")) for one in self.space}
        if any(one is None for one in inside.values()):
            return
        number = len(self._study.get_trials(deepcopy=False))
        if trial.value is None:
            running = optuna.trial.TrialState.RUNNING
            self._study.add_trial(optuna.trial.create_trial(params=inside, distributions=dict(shares), state=running))
            self._open[index] = number
        else:
            self._study.add_trial(
                optuna.trial.create_trial(params=inside, distributions=dict(shares), value=trial.value)
            )


@functools.cache
def _fixed() -> Any:
    """Optuna's TPE, which is told the space and need not look through all trials for what they have in common."""
    import optuna

    class Fixed(optuna.samplers.TPESampler):
        space: Mapping[str, Any]

        def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
            return self.space

    return Fixed


def _sampler(shares: Mapping[str, Any], seed: int) -> Any:
    sampler = _fixed()(seed=seed, n_startup_trials=10, multivariate=True, constant_liar=True)
    sampler.space = {name: shares[name] for name in sorted(shares) if not shares[name].single()}
    return sampler


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
