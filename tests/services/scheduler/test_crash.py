"""The server is killed before and after each deed of a schedule's controller, and was down when a time came: the pipeline is
started once."""

import asyncio
import json
import time

from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.pipelines.names import EXECUTION
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.services.scheduler.controller import ScheduleController
from studiolo.services.scheduler.names import SCHEDULE
from studiolo.services.targets import CREATE_TRAINING
from studiolo.store.protocol import Query

STEPS = [{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.At"}}}]
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:pipeline/p"


def run(tmp_path, kill_at, times=12):
    world = World(tmp_path)
    whole = world.platform(Counter(None))
    definition = {"Version": "2020-12-01", "Parameters": [{"Name": "At", "Type": "String"}], "Steps": STEPS}
    service = SageMakerService(whole)
    params = {"PipelineName": "p", "PipelineDefinition": json.dumps(definition), "ClientRequestToken": "t"}
    call = Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", "CreatePipeline", params, "id")
    asyncio.run(service.handler("CreatePipeline")(call))
    now = time.time()
    target = {
        "Arn": ARN, "RoleArn": "r",
        "SageMakerPipelineParameters": {"PipelineParameterList": [{"Name": "At", "Value": "<aws.scheduler.scheduled-time>"}]},
    }  # fmt: skip
    # Three times have passed meanwhile.
    spec = {
        "ScheduleExpression": "rate(1 hour)",
        "State": "ENABLED",
        "Target": target,
        "_since": now - 9000,
        "_user": "ann",
    }
    key = Key(ACCOUNT, SCHEDULE, "s")
    world.store.create(key, spec, {}, now=now - 9000)
    counter = Counter(kill_at)
    for _ in range(times):
        step(world, lambda platform: ScheduleController(platform, SageMakerService(platform).handler), key, counter)
    return world, counter, now


def test_killed_at_any_moment_it_starts_once_for_what_was_missed(tmp_path_factory):
    total = run(tmp_path_factory.mktemp("count"), None)[1].seen
    assert total >= 2
    for at in range(total):
        world, _, now = run(tmp_path_factory.mktemp(f"kill{at}"), at)
        (execution,) = world.store.query(Query(EXECUTION, ACCOUNT)).records
        due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 9000))
        assert execution.spec["_values"] == {"At": due}
        assert execution.spec["PipelineExecutionDescription"] == "Started by the schedule s."
        assert world.store.get(Key(ACCOUNT, SCHEDULE, "s")).status["Handled"] >= now


def train(tmp_path, kill_at):
    world = World(tmp_path)
    now = time.time()
    request = {
        "TrainingJobName": "nightly-<aws.scheduler.execution-id>",
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
        "AlgorithmSpecification": {"TrainingImage": "sagemaker-scikit-learn:1.2-1", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    target = {"Arn": CREATE_TRAINING, "RoleArn": "r", "Input": json.dumps(request)}
    spec = {
        "ScheduleExpression": "rate(1 hour)",
        "State": "ENABLED",
        "Target": target,
        "_since": now - 9000,
        "_user": "ann",
    }
    key = Key(ACCOUNT, SCHEDULE, "s")
    world.store.create(key, spec, {}, now=now - 9000)
    counter = Counter(kill_at)
    for _ in range(12):
        step(world, lambda platform: ScheduleController(platform, SageMakerService(platform).handler), key, counter)
    return world, counter


def test_a_training_job_too_is_started_once(tmp_path_factory):
    total = train(tmp_path_factory.mktemp("count"), None)[1].seen
    assert total >= 1
    for at in range(total):
        world, _ = train(tmp_path_factory.mktemp(f"kill{at}"), at)
        (job,) = world.store.query(Query("TrainingJob", ACCOUNT)).records
        status = world.store.get(Key(ACCOUNT, SCHEDULE, "s")).status
        assert status["Started"].endswith(f"training-job/{job.key.name}") and "Error" not in status, (at, status)
