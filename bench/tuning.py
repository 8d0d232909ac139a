"""Asking for the next trial when many have ended, in milliseconds of this process's processor: our search, and Optuna as it is
used by itself (ask and tell, its storage in memory). Prints a table.

    PATH=.venv/bin:$PATH python bench/tuning.py
"""

import random
import statistics
import time

import optuna

from studiolo.services.sagemaker.tuning.search import Bayesian, Trial
from studiolo.services.sagemaker.tuning.space import ranges

SPACE = ranges(
    {
        "ContinuousParameterRanges": [{"Name": f"x{n}", "MinValue": "0.01", "MaxValue": "10"} for n in range(4)],
        "IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "40"}],
    }
)
ROUNDS = 100


def drawn(dice, count):
    found = []
    for _ in range(count):
        params = {one.name: one.at(dice.random()) for one in SPACE}
        found.append(Trial(params, sum(map(float, params.values())), ended=True))
    return found


def ours(count):
    seen, search, times = drawn(random.Random(1), count - ROUNDS), Bayesian(SPACE, 1), []
    params = search.next(len(seen) + 1, seen)
    while len(times) < ROUNDS:
        seen.append(Trial(params, sum(map(float, params.values())), ended=True))
        began = time.process_time()
        params = search.next(len(seen) + 1, seen)
        times.append(1000 * (time.process_time() - began))
    return statistics.fmean(times)


def optuna_alone(count):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    shares = {one.name: optuna.distributions.FloatDistribution(0.01, 40.0) for one in SPACE}
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1, multivariate=True, constant_liar=True))
    dice, times = random.Random(1), []
    for _ in range(count - ROUNDS):
        params = {name: dice.uniform(0.01, 10) for name in shares}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=shares, value=sum(params.values())))
    while len(times) < ROUNDS:
        began = time.process_time()
        asked = study.ask(fixed_distributions=shares)
        times.append(1000 * (time.process_time() - began))
        study.tell(asked, sum(asked.params.values()))
    return statistics.fmean(times)


def main():
    print("| trials | studiolo | Optuna in memory | ratio |\n|---|---|---|---|")
    for count in (200, 1000, 10_000):
        one, other = ours(count), optuna_alone(count)
        print(f"| {count:,} | {one:.1f} ms | {other:.1f} ms | {other / one:.1f}x |")


if __name__ == "__main__":
    main()
