"""The server is killed before and after each deed of a component's controller: it comes into service all the same, each
copy started once; one that can't load is Failed; a deletion leaves nothing."""

import pytest
from killing import ACCOUNT, Counter, step
from test_endpoint_crash import KEY as ENDPOINT
from test_endpoint_crash import prepare as endpoint_world
from test_endpoint_crash import ready

from studiolo.base.record import Key
from studiolo.services.sagemaker.kinds import inference_component

KEY = Key(ACCOUNT, "InferenceComponent", "ic")
NEEDS = {"NumberOfCpuCoresRequired": 1, "MinMemoryRequiredInMb": 1024}
SPECIFICATION = {"ModelName": "m", "ComputeResourceRequirements": NEEDS}


def prepare(tmp_path, copies=2):
    world = endpoint_world(tmp_path)
    place = {
        "VariantName": "A",
        "Containers": [],
        "InstanceType": "ml.m5.large",
        "Count": 1,
        "Shadow": False,
        "Weight": 1,
    }
    seen = world.store.get(ENDPOINT)
    live = {"Generation": 1, "Config": "one", "Variants": [place]}
    world.store.write(seen, now=1, status={"EndpointStatus": "InService", "_live": live, "_settled": 1})
    spec = {
        "EndpointName": "ep", "VariantName": "A", "Specification": SPECIFICATION,
        "_copies": copies, "_generation": 1, "_desired": {},
    }  # fmt: skip
    world.store.create(KEY, spec, {"InferenceComponentStatus": "Creating"}, now=1)
    return world


def drive(world, counter, steps=40, fails=False):
    for _ in range(steps):
        step(world, inference_component.KIND.controller, KEY, counter)
        for handle in world.runner.handles():
            if world.runner.poll(handle).phase == "running":
                if fails:
                    world.runner.finish(handle, 1)
                else:
                    ready(world, handle)


def life(tmp_path, kill_at):
    world, counter = prepare(tmp_path), Counter(kill_at)
    drive(world, counter)
    return world, counter


def test_killed_at_any_moment_it_comes_into_service(tmp_path_factory):
    total = life(tmp_path_factory.mktemp("count"), None)[1].seen
    assert total >= 6
    for at in range(total):
        world, _ = life(tmp_path_factory.mktemp(f"kill{at}"), at)
        record = world.store.get(KEY)
        assert record.status["InferenceComponentStatus"] == "InService", at
        assert sorted(world.runner.started) == [f"{KEY.handle()}/1-A-{n}" for n in range(2)], at


def test_one_that_does_not_load_is_failed_with_its_reason(tmp_path):
    world = prepare(tmp_path)
    drive(world, Counter(None), 10, fails=True)
    record = world.store.get(KEY)
    assert record.status["InferenceComponentStatus"] == "Failed"
    assert "for inference component ic could not be started" in record.status["FailureReason"]
    assert world.runner.handles() == []


def test_more_copies_than_fit_are_refused_with_a_sentence(tmp_path):
    world = prepare(tmp_path, copies=3)
    drive(world, Counter(None), 5)
    record = world.store.get(KEY)
    assert record.status["InferenceComponentStatus"] == "Failed"
    assert "2 instances ml.m5.large are needed" in record.status["FailureReason"]


@pytest.mark.parametrize("at", [0, 1, 2, None])
def test_a_deletion_leaves_nothing(tmp_path, at):
    world = prepare(tmp_path)
    drive(world, Counter(None), 10)
    world.store.write(world.store.get(KEY), now=3, deleting=True)
    drive(world, Counter(at), 10)
    assert world.runner.handles() == []
    with pytest.raises(Exception, match="ic"):
        world.store.get(KEY)
