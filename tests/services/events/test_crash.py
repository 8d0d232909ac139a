"""The server is killed before and after each deed on the way from a change of state to the pipeline it starts: the pipeline
is started once for each state."""

import asyncio
import json

from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.series.events import Events
from studiolo.services.events import names
from studiolo.services.events.deliveries import DeliveryController
from studiolo.services.events.follower import MARK, Follower
from studiolo.services.events.service import EventsService
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.pipelines.names import EXECUTION
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.store.protocol import Query

STEPS = [{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.What"}}}]
TARGET = {
    "Id": "one", "Arn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:pipeline/p", "RoleArn": "r",
    "SageMakerPipelineParameters": {"PipelineParameterList": [{"Name": "What", "Value": "$.detail.ModelApprovalStatus"}]},
}  # fmt: skip
PATTERN = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Model Package State Change"]}


def ask(service, operation, **params):
    call = Call(Caller("ann", ACCOUNT, "admin"), service.name, operation, params, "id")
    return asyncio.run(service.handler(operation)(call))


def run(tmp_path, kill_at):
    world = World(tmp_path)
    whole = world.platform(Counter(None))
    sagemaker, events = SageMakerService(whole), EventsService(whole)
    definition = {"Version": "2020-12-01", "Parameters": [{"Name": "What", "Type": "String"}], "Steps": STEPS}
    ask(
        sagemaker, "CreatePipeline", PipelineName="p", PipelineDefinition=json.dumps(definition), ClientRequestToken="t"
    )
    ask(sagemaker, "CreateModelPackageGroup", ModelPackageGroupName="g")
    old = ask(sagemaker, "CreateModelPackage", ModelPackageGroupName="g")["ModelPackageArn"]
    ask(events, "PutRule", Name="r", EventPattern=json.dumps(PATTERN))
    ask(events, "PutTargets", Rule="r", Targets=[TARGET])
    counter, states = Counter(kill_at), ["Approved", "Rejected", "Approved"]

    def follower(platform):
        return Follower(platform, SageMakerService(platform).handler)

    def delivery(platform):
        return DeliveryController(platform, SageMakerService(platform).handler)

    def settle():
        for _ in range(8):
            step(world, follower, MARK, counter)
            for one in world.store.query(Query(names.DELIVERY, ACCOUNT)).records:
                step(world, delivery, one.key, counter)

    settle()
    # A version there was before tells of nothing until it changes.
    assert not world.store.query(Query(EXECUTION, ACCOUNT)).records
    for state in states:
        ask(sagemaker, "UpdateModelPackage", ModelPackageArn=old, ModelApprovalStatus=state)
        settle()
    ask(sagemaker, "CreateModelPackage", ModelPackageGroupName="g")
    settle()
    return world, counter


def test_killed_at_any_moment_each_change_starts_the_pipeline_once(tmp_path_factory):
    total = run(tmp_path_factory.mktemp("count"), None)[1].seen
    assert total > 10
    for at in range(total):
        world, _ = run(tmp_path_factory.mktemp(f"kill{at}"), at)
        found = [one.spec["_values"]["What"] for one in world.store.query(Query(EXECUTION, ACCOUNT)).records]
        assert sorted(found) == ["Approved", "Approved", "PendingManualApproval", "Rejected"]
        assert not world.store.query(Query(names.DELIVERY, ACCOUNT, state=names.OPEN)).records


def test_a_target_that_is_gone_is_given_up(tmp_path):
    world = World(tmp_path)
    platform = world.platform(Counter(None))
    key = Key(ACCOUNT, names.DELIVERY, "d")
    spec = {"Rule": "r", "Target": TARGET, "Event": {"detail": {"ModelApprovalStatus": "x"}}, "_user": "ann"}
    world.store.create(key, spec, {"Attempts": 3}, now=1.0)
    step(world, lambda it: DeliveryController(it, SageMakerService(it).handler), key, Counter(None))
    assert world.store.count(Query(names.DELIVERY, ACCOUNT, state=names.OPEN)) == 0
    assert platform.store.count(Query(EXECUTION, ACCOUNT)) == 0
    events = Events(platform.config.events)
    (stream,) = events.streams(events.group(ACCOUNT, "/aws/events/r"))
    (line,) = events.forward(stream.id, 0, 10)
    assert "pipeline/p could not be started: Pipeline" in line.text
