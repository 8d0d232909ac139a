"""What the studio can't bring on: its owner learns why from Describe, whatever is killed on the way."""

import asyncio

import pytest
from killing import ACCOUNT, Counter, World, step
from test_endpoint_crash import KEY as ENDPOINT
from test_endpoint_crash import drive, prepare
from test_training_job_crash import KEY as JOB
from test_training_job_crash import SPEC

from studiolo.base.record import Key
from studiolo.control.loop import ControlLoop
from studiolo.services.sagemaker.kinds.endpoint.controller import EndpointController
from studiolo.services.sagemaker.kinds.training_job.controller import TrainingJobController
from studiolo.services.sagemaker.kinds.training_job.status import born
from studiolo.services.sagemaker.kinds.transform_job.controller import TransformJobController
from studiolo.store.protocol import Query


@pytest.fixture(autouse=True)
def no_grace(monkeypatch):
    monkeypatch.setattr("studiolo.services.sagemaker.hosting.controller.SWITCH_GRACE", 0.0)


BROKEN = RuntimeError("the disk is gone")


def job(tmp_path, **status):
    world = World(tmp_path)
    source = tmp_path / "rows.csv"
    source.write_text("1\n")
    world.blobs.upload(source, "bucket", "data/rows.csv", now=1)
    world.store.create(JOB, SPEC, {**born(SPEC, 1.0), **status}, now=1.0)
    return world


def tell(world, controller_of, key, counter=None, error=BROKEN):
    controller = controller_of(world.platform(counter or Counter(None)))
    asyncio.run(controller.failing(key, error, 10))


async def test_a_job_that_can_not_be_brought_on_ends_failed(tmp_path, monkeypatch):
    monkeypatch.setattr("studiolo.control.loop.FIRST_RETRY", 0.001)
    monkeypatch.setattr("studiolo.control.loop.PATIENCE_TRIES", 3)
    monkeypatch.setattr("studiolo.control.loop.PATIENCE_SECONDS", 0.0)
    world = job(tmp_path)
    platform = world.platform(Counter(None))

    def broken(*args, **more):
        raise BROKEN

    platform.environments.ensure = broken
    loop = ControlLoop(world.store, world.runner, [TrainingJobController(platform)])
    await loop.start()
    async with asyncio.timeout(20):
        while world.store.get(JOB).status["TrainingJobStatus"] != "Failed" or world.runner.has_folder(JOB.handle()):
            await asyncio.sleep(0.01)
    await loop.stop()
    status = world.store.get(JOB).status
    assert status["FailureReason"].startswith("InternalServerError: ") and "the disk is gone" in status["FailureReason"]
    assert status["SecondaryStatusTransitions"][-1]["Status"] == "Failed" and status["TrainingEndTime"]


@pytest.mark.parametrize("at", [0, 1])
def test_killed_while_it_is_told_a_job_is_told_again_or_has_ended(tmp_path, at):
    world = job(tmp_path)
    for _ in range(3):
        step(world, TrainingJobController, JOB, Counter(None))
    assert world.runner.handles() == [JOB.handle()]
    counter = Counter(at)
    try:
        tell(world, TrainingJobController, JOB, counter)
    except BaseException as killed:
        assert type(killed).__name__ == "Killed"
    assert world.store.get(JOB).status["TrainingJobStatus"] == ("InProgress", "Failed")[at]
    tell(world, TrainingJobController, JOB)
    for _ in range(3):
        step(world, TrainingJobController, JOB, Counter(None))
    status = world.store.get(JOB).status
    assert status["TrainingJobStatus"] == "Failed" and "the disk is gone" in status["FailureReason"]
    assert [one["Status"] for one in status["SecondaryStatusTransitions"]].count("Failed") == 1
    assert world.runner.handles() == [] and not world.runner.has_folder(JOB.handle())


@pytest.mark.parametrize("word", ["Completed", "Stopped"])
def test_what_has_ended_well_does_not_fail_afterwards(tmp_path, word):
    world = job(tmp_path, TrainingJobStatus=word)
    before = world.store.get(JOB)
    tell(world, TrainingJobController, JOB)
    assert world.store.get(JOB) == before


@pytest.mark.parametrize(("controller_of", "key"), [(TrainingJobController, JOB), (EndpointController, ENDPOINT)])
def test_what_is_gone_has_nobody_to_tell(tmp_path, controller_of, key):
    tell(World(tmp_path), controller_of, key)


def test_an_endpoint_that_can_not_be_created_fails_and_says_why(tmp_path):
    world = prepare(tmp_path)
    drive(world, Counter(None), 3, serve=False)
    tell(world, EndpointController, ENDPOINT, error=RuntimeError("x" * 3000))
    drive(world, Counter(None), 5)
    status = world.store.get(ENDPOINT).status
    assert status["EndpointStatus"] == "Failed" and status["FailureReason"].startswith("InternalServerError: ")
    assert len(status["FailureReason"]) == 1024 and world.runner.handles() == []


def test_an_endpoint_that_serves_says_what_is_wrong_until_it_is_right_again(tmp_path):
    world = prepare(tmp_path)
    drive(world, Counter(None), 10)
    tell(world, EndpointController, ENDPOINT)
    told = world.store.get(ENDPOINT)
    assert told.status["EndpointStatus"] == "InService" and "the disk is gone" in told.status["FailureReason"]
    tell(world, EndpointController, ENDPOINT, error=RuntimeError("another word for it"))
    assert world.store.get(ENDPOINT).version == told.version, "said once, or it would wake itself without end"
    drive(world, Counter(None), 3)
    status = world.store.get(ENDPOINT).status
    assert status["EndpointStatus"] == "InService" and "FailureReason" not in status and "_stuck" not in status


def test_an_update_that_can_not_be_made_leaves_the_old_version(tmp_path):
    world = prepare(tmp_path)
    drive(world, Counter(None), 10)
    seen = world.store.get(ENDPOINT)
    world.store.write(seen, now=2, spec={**seen.spec, "EndpointConfigName": "two", "_generation": 2})
    drive(world, Counter(None), 2, serve=False)
    tell(world, EndpointController, ENDPOINT)
    drive(world, Counter(None), 12)
    status = world.store.get(ENDPOINT).status
    assert (status["EndpointStatus"], status["_live"]["Generation"]) == ("InService", 1)
    assert "the disk is gone" in status["FailureReason"]
    assert sorted(world.runner.handles()) == [f"Endpoint/{ACCOUNT}/ep/1-A-{n}" for n in range(2)]


def test_an_endpoint_that_is_being_deleted_goes_on_being_deleted(tmp_path):
    world = prepare(tmp_path)
    drive(world, Counter(None), 10)
    world.store.write(world.store.get(ENDPOINT), now=3, deleting=True)
    tell(world, EndpointController, ENDPOINT)
    assert "the disk is gone" in world.store.get(ENDPOINT).status["FailureReason"]
    drive(world, Counter(None), 10)
    assert world.store.count(Query("Endpoint", None)) == 0


def test_a_transform_job_that_can_not_be_brought_on_ends_failed_once(tmp_path):
    world = World(tmp_path)
    key = Key(ACCOUNT, "TransformJob", "t")
    world.store.create(key, {}, {"TransformJobStatus": "InProgress"}, now=1.0)
    for _ in range(2):
        tell(world, TransformJobController, key)
    status = world.store.get(key).status
    assert status["TransformJobStatus"] == "Failed" and status["FailureReason"].startswith("InternalServerError: ")
    assert world.store.get(key).version == 2
