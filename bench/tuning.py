"""Tuning: whole jobs of many short trials against the ideal for as many as may run at once, and asking for the next trial when
many have ended. Prints two tables.

    PATH=.venv/bin:$PATH python bench/tuning.py [questions | few | many]

few: trials on this machine as it is. many: more at once than it has cores, since trials that sleep need none; the studio is
told of a wider machine. The ideal is the trials' own sleep, one after another in as many rows, and nothing else.
questions: milliseconds of this process's processor, beside Optuna as it is used by itself (ask and tell, its storage in
memory).
"""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e"))
import conftest
import jobs
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


# Whole tuning jobs.

WIDER = """#!{python}
import sys
from studiolo.run.local import machine
from studiolo.run.protocol import Resources
machine.total = lambda: Resources({cores}.0, {cores} * 2 * 2**30 + 2**33, 0)
from studiolo.cli.main import main
sys.argv[0] = "studiolo"
sys.exit(main())
"""


def request(studio, name, count, at_once, seconds):
    job = jobs.script_job(studio, name, f"import time; time.sleep({seconds}); print('score=0.5;')")
    metrics = [{"Name": "score", "Regex": "score=([0-9.]+);"}]
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": count, "MaxParallelTrainingJobs": at_once},
            "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}]},
        },
        "TrainingJobDefinition": {
            **{one: job[one] for one in ("RoleArn", "OutputDataConfig", "StoppingCondition")},
            "ResourceConfig": {"InstanceType": "ml.t3.medium", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "AlgorithmSpecification": {**job["AlgorithmSpecification"], "MetricDefinitions": metrics},
            "StaticHyperParameters": job["HyperParameters"],
        },
    }


def tuned(studio, count, at_once, seconds):
    """Seconds from the request to the end."""
    client, name = studio.client("sagemaker"), jobs.name("tune")
    wanted = request(studio, name, count, at_once, seconds)
    began = time.time()
    client.create_hyper_parameter_tuning_job(**wanted)
    while True:
        found = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        if found["HyperParameterTuningJobStatus"] != "InProgress":
            break
        time.sleep(1)
    assert found["ObjectiveStatusCounters"]["Succeeded"] == count, found
    return found["HyperParameterTuningEndTime"].timestamp() - began


def whole(count, at_once, seconds, wider):
    plain = conftest.STUDIOLO
    with tempfile.TemporaryDirectory() as folder:
        if wider:
            conftest.STUDIOLO = Path(folder) / "studiolo"
            conftest.STUDIOLO.write_text(WIDER.format(python=sys.executable, cores=2 * at_once))
            conftest.STUDIOLO.chmod(0o755)
        studio = conftest.Studio(Path(folder) / "home")
        studio.start()
        try:
            # The environment is built, Optuna is imported and the fork server waits.
            for _ in range(2):
                tuned(studio, 2, 1, 0.1)
            took, ideal = tuned(studio, count, at_once, seconds), count * seconds / at_once
        finally:
            conftest.end(studio)
            conftest.STUDIOLO = plain
    over = 100 * (took / ideal - 1)
    print(f"| {count:,} | {at_once} | {seconds:g} s | {ideal:.0f} s | {took:.1f} s | {over:.1f} % |", flush=True)


def questions():
    print("| trials | studiolo | Optuna in memory | ratio |\n|---|---|---|---|")
    for count in (200, 1000, 10_000):
        one, other = ours(count), optuna_alone(count)
        print(f"| {count:,} | {one:.1f} ms | {other:.1f} ms | {other / one:.1f}x |")


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what in ("", "few", "many"):
        print("| trials | at once | each sleeps | ideal | took | over |\n|---|---|---|---|---|---|")
    if what in ("", "few"):
        whole(60, 1, 1.0, wider=False)
    if what in ("", "many"):
        whole(2000, 60, 5.0, wider=True)
    if what in ("", "questions"):
        questions()


if __name__ == "__main__":
    main()
