"""The server is killed before and after each deed of the tuning job's controller: each trial's job is started once, all are
counted, and the best is the best."""

import asyncio

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.services.sagemaker.tuning import trials
from studiolo.services.sagemaker.tuning.controller import TuningJobController
from studiolo.store.protocol import Query

KEY = Key(ACCOUNT, "HyperParameterTuningJob", "tune")
REQUEST = {
    "HyperParameterTuningJobName": "tune",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Random",
        "RandomSeed": 1,
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0", "MaxValue": "1"}]},
    },
    "TrainingJobDefinition": {
        "AlgorithmSpecification": {"TrainingImage": "sklearn", "TrainingInputMode": "File"},
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "StaticHyperParameters": {"fixed": "1"},
    },
}


def run(tmp_path, kill_at, bad=()):
    world = World(tmp_path)
    call = Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", "CreateHyperParameterTuningJob", REQUEST, "id")
    asyncio.run(SageMakerService(world.platform(Counter(None))).handler("CreateHyperParameterTuningJob")(call))
    counter = Counter(kill_at)

    def controller(platform):
        return TuningJobController(platform, SageMakerService(platform).handler)

    for _ in range(30):
        step(world, controller, KEY, counter)
        for job in world.store.query(Query("TrainingJob", ACCOUNT)).records:
            if job.status["TrainingJobStatus"] == "InProgress":
                number = int(job.key.name.split("-")[1])
                word = "Failed" if number in bad else "Completed"
                metric = [
                    {"MetricName": "score", "Value": float(job.spec["HyperParameters"]["rate"]), "Timestamp": 1.0}
                ]
                status = {
                    **job.status,
                    "TrainingJobStatus": word,
                    "FinalMetricDataList": metric,
                    "TrainingEndTime": 2.0,
                }
                world.store.write(job, now=2.0, status=status)
    return world, counter


@pytest.mark.parametrize(("bad", "word"), [((), "Completed"), ((2,), "Completed"), ((1, 2, 3, 4), "Failed")])
def test_killed_at_any_moment_every_trial_runs_once(tmp_path_factory, bad, word):
    total = run(tmp_path_factory.mktemp("count"), None, bad)[1].seen
    assert total > 2
    for at in range(total):
        world, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at, bad)
        record = world.store.get(KEY)
        assert record.status["HyperParameterTuningJobStatus"] == word, (at, record.status)
        jobs = world.store.query(Query("TrainingJob", ACCOUNT)).records
        assert len(jobs) == 4, at
        held = trials.of(record)
        assert sorted(one["Name"] for one in held.values()) == sorted(job.key.name for job in jobs)
        good = {n: float(one["Params"]["rate"]) for n, one in held.items() if n not in bad}
        assert trials.best(record, held) == (max(good, key=good.__getitem__) if good else None)
        assert all(job.spec["HyperParameters"]["fixed"] == "1" for job in jobs)
