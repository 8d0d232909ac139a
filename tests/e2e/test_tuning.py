"""Hyperparameter tuning by real boto3, the SDK, and as a step of a pipeline."""

import json
import subprocess
import time
from pathlib import Path

import jobs
import pytest
from botocore.exceptions import ClientError
from test_pipelines import create, start, steps_of
from test_pipelines import wait as wait_for_execution
from test_usage import studio_client

pytestmark = pytest.mark.e2e
VENVS = Path(__file__).parents[2] / ".venvs"
SCRIPT = """
import argparse, os
given = argparse.ArgumentParser()
given.add_argument("--depth", type=int)
given.add_argument("--word")
given = given.parse_args()
print(f"score={given.depth * (2 if given.word == 'twice' else 1)};")
open(os.path.join(os.environ["SM_MODEL_DIR"], "depth"), "w").write(str(given.depth))
"""


def request(studio, name, script=SCRIPT, ranges=None, **config):
    job = jobs.script_job(studio, name, script)
    ranges = ranges or {
        "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "8"}],
        "CategoricalParameterRanges": [{"Name": "word", "Values": ["once", "twice"]}],
    }
    kept = ("RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    specification = {
        **job["AlgorithmSpecification"],
        "MetricDefinitions": [{"Name": "score", "Regex": "score=([0-9.]+);"}],
    }
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "RandomSeed": 5,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": ranges,
            **config,
        },
        "TrainingJobDefinition": {
            **{one: job[one] for one in kept},
            "AlgorithmSpecification": specification,
            "StaticHyperParameters": job["HyperParameters"],
        },
    }


def wait(studio, name, seconds=180, until=("Completed", "Failed", "Stopped")):
    deadline = time.monotonic() + seconds
    while True:
        found = studio.client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        if found["HyperParameterTuningJobStatus"] in until:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_a_grid_is_tried_whole_and_the_best_is_found(studio):
    client, name = studio.client("sagemaker"), jobs.name("grid")
    ranges = {
        "CategoricalParameterRanges": [
            {"Name": "depth", "Values": ["1", "2"]},
            {"Name": "word", "Values": ["once", "twice"]},
        ]
    }
    limits = {"MaxParallelTrainingJobs": 2}
    client.create_hyper_parameter_tuning_job(
        **request(studio, name, ranges=ranges, Strategy="Grid", ResourceLimits=limits)
    )
    found = wait(studio, name)
    assert found["HyperParameterTuningJobStatus"] == "Completed", found
    best = found["BestTrainingJob"]
    assert best["TunedHyperParameters"] == {"depth": "2", "word": "twice"}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 4.0
    job = client.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert job["TuningJobArn"] == found["HyperParameterTuningJobArn"]
    assert job["HyperParameters"]["word"] == "twice"
    listed = client.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending", MaxResults=3
    )
    values = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in listed["TrainingJobSummaries"]]
    assert values == [4.0, 2.0, 2.0]
    assert "NextToken" in listed
    assert [one["HyperParameterTuningJobName"] for one in client.list_hyper_parameter_tuning_jobs(NameContains=name)[
        "HyperParameterTuningJobSummaries"]] == [name]  # fmt: skip


def test_a_stopped_tuning_job_stops_its_jobs(studio):
    client, name = studio.client("sagemaker"), jobs.name("stop")
    client.create_hyper_parameter_tuning_job(**request(studio, name, "import time\ntime.sleep(100)"))
    deadline = time.monotonic() + 60
    while wait(studio, name, until=("InProgress",))["TrainingJobStatusCounters"]["InProgress"] < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    found = wait(studio, name)
    assert found["HyperParameterTuningJobStatus"] == "Stopped"
    assert found["TrainingJobStatusCounters"]["Stopped"] == 2


def test_a_tuning_job_whose_jobs_all_fail_says_why(studio):
    name = jobs.name("bad")
    studio.client("sagemaker").create_hyper_parameter_tuning_job(**request(studio, name, "raise ValueError('no luck')"))
    found = wait(studio, name)
    assert found["HyperParameterTuningJobStatus"] == "Failed"
    assert "no luck" in found["FailureReason"]


def test_what_can_not_be_is_refused(studio):
    client = studio.client("sagemaker")
    for change in (
        {"Strategy": "Grid"},
        {"Strategy": "Hyperband"},
        {"Strategy": "Hyperband", "StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 2}}},
        {"ResourceLimits": {"MaxParallelTrainingJobs": 1}},
        {"ParameterRanges": {}},
    ):
        with pytest.raises(ClientError) as refused:
            client.create_hyper_parameter_tuning_job(**request(studio, jobs.name("no"), **change))
        assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError) as unknown:
        client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="nobody")
    assert unknown.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_pipeline_tunes_and_goes_on_with_the_best(studio):
    made = request(studio, jobs.name("p"))
    del made["HyperParameterTuningJobName"]
    best = {"Get": "Steps.Tune.BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value"}
    model = {
        "PrimaryContainer": {
            "Image": jobs.SKLEARN,
            "ModelDataUrl": {
                "Std:Join": {
                    "On": "/",
                    "Values": [
                        made["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"],
                        {"Get": "Steps.Tune.BestTrainingJob.TrainingJobName"},
                        "output/model.tar.gz",
                    ],
                }
            },
        },
        "ExecutionRoleArn": studio.role,
    }
    steps = [
        {"Name": "Tune", "Type": "Tuning", "Arguments": made},
        {
            "Name": "Good", "Type": "Condition",
            "Arguments": {
                "Conditions": [{"Type": "GreaterThan", "LeftValue": best, "RightValue": 1}],
                "IfSteps": [{"Name": "Make", "Type": "Model", "Arguments": model}], "ElseSteps": [],
            },
        },
    ]  # fmt: skip
    arn = start(studio, create(studio, steps))
    assert wait_for_execution(studio, arn, seconds=180)["PipelineExecutionStatus"] == "Succeeded", json.dumps(
        steps_of(studio, arn), default=str
    )
    found = steps_of(studio, arn)
    tuned = found["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    used, whole = (
        studio_client(studio).get_resource_usage(ResourceArn=one)
        for one in (found["Tune"]["Metadata"]["TuningJob"]["Arn"], arn)
    )
    assert [one["StepName"] for one in whole["Steps"]] == ["Tune"]
    assert whole["Seconds"] == used["Seconds"] > 0 and whole["Cost"] == used["Cost"] > 0
    best_job = wait(studio, tuned)["BestTrainingJob"]["TrainingJobName"]
    name = found["Make"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    assert (
        f"/{best_job}/" in studio.client("sagemaker").describe_model(ModelName=name)["PrimaryContainer"]["ModelDataUrl"]
    )


CURVES = """
import argparse, time
given = argparse.ArgumentParser()
given.add_argument("--level", type=float)
given, _ = given.parse_known_args()
for epoch in range(9):
    print(f"score={given.level};", flush=True)
    time.sleep(1.2 if epoch == 0 or given.level < 90 else 0.05)
"""


@pytest.mark.parametrize(
    "how",
    [
        {"Strategy": "Hyperband", "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}}},
        {"Strategy": "Random", "TrainingJobEarlyStoppingType": "Auto"},
    ],
    ids=["hyperband", "median"],
)
def test_trials_that_lag_behind_are_stopped_early(studio, how):
    """One that starts after good ones and is worse than they were is not run to its end."""
    client, name = studio.client("sagemaker"), jobs.name("early")
    levels = {"CategoricalParameterRanges": [{"Name": "level", "Values": ["99"] * 3 + ["1"]}]}
    limits = {"MaxNumberOfTrainingJobs": 8, "MaxParallelTrainingJobs": 1}
    made = request(studio, name, CURVES, levels, ResourceLimits=limits, **how)
    client.create_hyper_parameter_tuning_job(**made)
    found = wait(studio, name)
    assert found["HyperParameterTuningJobStatus"] == "Completed", found
    trials = client.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, MaxResults=100)[
        "TrainingJobSummaries"
    ]
    bad = [one for one in trials[4:] if one["TunedHyperParameters"]["level"] == "1"]
    good = [one for one in trials if one["TunedHyperParameters"]["level"] == "99"]
    assert bad, "the seed gives a bad one among the last"
    assert {one["TrainingJobStatus"] for one in bad} == {"Stopped"}
    assert {one["TrainingJobStatus"] for one in good} == {"Completed"}
    assert found["BestTrainingJob"]["TunedHyperParameters"]["level"] == "99"


def test_several_definitions_are_tried_in_turn(studio):
    client, name = studio.client("sagemaker"), jobs.name("several")
    made = request(studio, name)
    config, definition = made["HyperParameterTuningJobConfig"], made.pop("TrainingJobDefinition")
    objective, ranges = config.pop("HyperParameterTuningJobObjective"), config.pop("ParameterRanges")
    made["TrainingJobDefinitions"] = [
        {**definition, "DefinitionName": one, "TuningObjective": objective, "HyperParameterRanges": ranges}
        for one in ("first", "second")
    ]
    client.create_hyper_parameter_tuning_job(**made)
    found = wait(studio, name)
    assert found["HyperParameterTuningJobStatus"] == "Completed", found
    trials = client.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    names = [one["TrainingJobDefinitionName"] for one in trials["TrainingJobSummaries"]]
    assert names == ["first", "second", "first", "second"]
    assert found["BestTrainingJob"]["TrainingJobDefinitionName"] in ("first", "second")


def test_the_sdk_tunes(studio, tmp_path):
    command = [VENVS / "sdk2" / "bin" / "python", Path(__file__).parent / "sdk" / "v2_tuning.py"]
    done = subprocess.run(
        command, env=studio.env(), capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "OK" in done.stdout
