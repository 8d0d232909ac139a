"""The server is killed before and after each deed of an execution's controller: each step's job is made once, and the
execution ends as if nothing had happened."""

import asyncio
import json

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.controller import PipelineExecutionController
from studiolo.services.sagemaker.service import SageMakerService


def processing(name, *after):
    return {
        "Name": name,
        "Type": "Processing",
        "DependsOn": list(after),
        "CacheConfig": {"Enabled": True},
        "Arguments": {
            "AppSpecification": {"ImageUri": "sklearn", "ContainerEntrypoint": ["x"]},
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
            },
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
            "Environment": {"WHAT": name},
        },
    }


def choice(value):
    same = [{"Type": "Equals", "LeftValue": {"Get": "Parameters.P"}, "RightValue": value}]
    register = {"Name": "Register", "Type": "RegisterModel", "Arguments": {"ModelPackageGroupName": "g"}}
    return {
        "Name": "If",
        "Type": "Condition",
        "DependsOn": ["B", "C"],
        "Arguments": {"Conditions": same, "IfSteps": [register], "ElseSteps": [processing("No")]},
    }


STEPS = [processing("A"), processing("B", "A"), processing("C", "A"), choice("p")]


def ask(platform, operation, **params):
    service = SageMakerService(platform)
    call = Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", operation, params, "id")
    return asyncio.run(service.handler(operation)(call))


def run(tmp_path, kill_at, bad=()):
    world = World(tmp_path)
    whole = world.platform(Counter(None))
    definition = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "P", "Type": "String", "DefaultValue": "p"}],
        "Steps": STEPS,
    }
    ask(whole, "CreatePipeline", PipelineName="p", PipelineDefinition=json.dumps(definition), ClientRequestToken="t")
    arn = ask(whole, "StartPipelineExecution", PipelineName="p", ClientRequestToken="t")["PipelineExecutionArn"]
    key = names.execution_key(ACCOUNT, arn)
    counter = Counter(kill_at)

    def controller(platform):
        return PipelineExecutionController(platform, SageMakerService(platform).handler)

    for _ in range(40):
        step(world, controller, key, counter)
        for job in world.store.query(names_of("ProcessingJob")).records:
            if job.status["ProcessingJobStatus"] == "InProgress":
                word = "Failed" if job.spec["Environment"]["WHAT"] in bad else "Completed"
                world.store.write(job, now=2.0, status={**job.status, "ProcessingJobStatus": word})
    return world, key, counter


def names_of(kind):
    from studiolo.store.protocol import Query

    return Query(kind, ACCOUNT)


@pytest.mark.parametrize(
    ("bad", "ending", "made", "versions"),
    [((), "Succeeded", ["A", "B", "C"], 1), (("B",), "Failed", ["A", "B", "C"], 0), (("A",), "Failed", ["A"], 0)],
)
def test_killed_at_any_moment_it_ends_as_if_nothing_had_happened(tmp_path_factory, bad, ending, made, versions):
    total = run(tmp_path_factory.mktemp("count"), None, bad)[2].seen
    assert total > 1
    for at in range(total):
        world, key, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at, bad)
        record = world.store.get(key)
        assert record.status["PipelineExecutionStatus"] == ending, (at, record.status)
        jobs = world.store.query(names_of("ProcessingJob")).records
        assert sorted(job.spec["Environment"]["WHAT"] for job in jobs) == made, at
        assert len(world.store.query(names_of("ModelPackage")).records) == versions, at
        again = world.platform(Counter(None))
        ask(again, "StartPipelineExecution", PipelineName="p", ClientRequestToken="t")
        assert world.store.get(Key(ACCOUNT, names.EXECUTION, key.name)).version == record.version


def test_what_ran_before_is_found_again(tmp_path):
    world, first, _ = run(tmp_path, None)
    arn = ask(world.platform(Counter(None)), "StartPipelineExecution", PipelineName="p", ClientRequestToken="second")[
        "PipelineExecutionArn"
    ]
    key = names.execution_key(ACCOUNT, arn)
    step(
        world,
        lambda platform: PipelineExecutionController(platform, SageMakerService(platform).handler),
        key,
        Counter(None),
    )
    states = world.store.get(key).status["Steps"]
    assert {name for name, one in states.items() if "CacheHitResult" in one} == {"A", "B", "C"}
    assert len(world.store.query(names_of("ProcessingJob")).records) == 3
    assert first != key
