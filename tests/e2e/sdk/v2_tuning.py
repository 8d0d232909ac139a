"""An ordinary script of the SDK's second generation: a tuner over a script's hyperparameters."""

import os
from pathlib import Path

import sagemaker
from sagemaker.sklearn import SKLearn
from sagemaker.tuner import CategoricalParameter, ContinuousParameter, HyperparameterTuner, IntegerParameter

Path("train.py").write_text(
    "import argparse\n"
    "given = argparse.ArgumentParser()\n"
    "given.add_argument('--rate', type=float)\n"
    "given.add_argument('--depth', type=int)\n"
    "given.add_argument('--kind', type=str)\n"
    "given.add_argument('--fixed', type=int)\n"
    "given = given.parse_args()\n"
    "assert given.fixed == 7 and 1 <= given.depth <= 4 and 0 <= given.rate <= 1, given\n"
    "print(f'error={(given.rate - 0.3) ** 2 + (given.kind == \"bad\"):.6f};')\n"
)
session, role = sagemaker.Session(), os.environ["SAGEMAKER_ROLE"]
estimator = SKLearn(
    entry_point="train.py",
    framework_version="1.2-1",
    py_version="py3",
    instance_type="ml.m5.large",
    role=role,
    hyperparameters={"fixed": 7},
    sagemaker_session=session,
)
tuner = HyperparameterTuner(
    estimator,
    objective_metric_name="error",
    objective_type="Minimize",
    metric_definitions=[{"Name": "error", "Regex": "error=([0-9.]+);"}],
    hyperparameter_ranges={
        "rate": ContinuousParameter(0, 1),
        "depth": IntegerParameter(1, 4),
        "kind": CategoricalParameter(["good", "bad"]),
    },
    max_jobs=14,
    max_parallel_jobs=2,
    strategy="Bayesian",
    random_seed=1,
)
tuner.fit(wait=True)
described = tuner.describe()
assert described["HyperParameterTuningJobStatus"] == "Completed", described
assert described["TrainingJobStatusCounters"]["Completed"] == 14, described
table = tuner.analytics().dataframe()
assert (
    len(table) == 14
    and abs(
        table["FinalObjectiveValue"].min()
        - described["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    )
    < 1e-6
)
assert table["FinalObjectiveValue"].min() < 0.1, table
assert tuner.best_training_job() == described["BestTrainingJob"]["TrainingJobName"]
print("OK")
