"""The server is killed before and after each deed of the endpoint's controller: it comes into service all the same, each
instance started once; an update that fails leaves the old version serving; a deletion leaves nothing."""

import tarfile

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.services.sagemaker.kinds.endpoint.controller import EndpointController

KEY = Key(ACCOUNT, "Endpoint", "ep")


def prepare(tmp_path):
    world = World(tmp_path)
    model = tmp_path / "model.tar.gz"
    with tarfile.open(model, "w:gz") as tar:
        tar.add(__file__, "inference.py")
    world.blobs.upload(model, "bucket", "model.tar.gz", now=1)
    container = {"Image": "sagemaker-scikit-learn:1.2-1", "ModelDataUrl": "s3://bucket/model.tar.gz"}
    world.store.create(Key(ACCOUNT, "Model", "m"), {"PrimaryContainer": container}, {}, now=1)
    variant = {"VariantName": "A", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
    for name in ("one", "two"):
        world.store.create(Key(ACCOUNT, "EndpointConfig", name), {"ProductionVariants": [variant]}, {}, now=1)
    world.store.create(KEY, {"EndpointConfigName": "one", "_generation": 1}, {"EndpointStatus": "Creating"}, now=1)
    return world


def ready(world, handle):
    run = world.runner.folder(handle) / "ml" / "run"
    run.mkdir(parents=True, exist_ok=True)
    (run / "ready").touch()


def drive(world, counter, steps=40, serve=True):
    for _ in range(steps):
        step(world, EndpointController, KEY, counter)
        for handle in world.runner.handles():
            if serve and world.runner.poll(handle).phase == "running":
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
        assert record.status["EndpointStatus"] == "InService", at
        assert sorted(world.runner.started) == [f"{KEY.handle()}/1-A-{n}" for n in range(2)], at
        assert sorted(record.status["_ready"]) == [f"{KEY.handle()}/1-A-{n}" for n in range(2)], at


@pytest.mark.parametrize("fails", [False, True])
def test_an_update_takes_over_or_leaves_the_old_one(tmp_path, monkeypatch, fails):
    from studiolo.services.sagemaker.hosting import controller

    monkeypatch.setattr(controller, "SWITCH_GRACE", 0.0)
    world = prepare(tmp_path)
    drive(world, Counter(None), 10)
    seen = world.store.get(KEY)
    world.store.write(seen, now=2, spec={**seen.spec, "EndpointConfigName": "two", "_generation": 2})
    for _ in range(30):
        step(world, EndpointController, KEY, Counter(None))
        for handle in world.runner.handles():
            if "/2-A" in handle and fails and world.runner.poll(handle).phase == "running":
                world.runner.finish(handle, 1)
            elif not fails:
                ready(world, handle)
    record = world.store.get(KEY)
    assert record.status["EndpointStatus"] == "InService"
    generation = 1 if fails else 2
    assert record.status["_live"]["Generation"] == generation
    assert sorted(world.runner.handles()) == [f"{KEY.handle()}/{generation}-A-{n}" for n in range(2)]
    assert ("FailureReason" in record.status) == fails


def test_an_instance_that_crashes_is_started_again(tmp_path):
    world = prepare(tmp_path)
    drive(world, Counter(None), 10)
    crashed = f"{KEY.handle()}/1-A-0"
    world.runner.finish(crashed, 1)
    step(world, EndpointController, KEY, Counter(None))
    assert world.store.get(KEY).status["EndpointStatus"] == "InService"
    drive(world, Counter(None), 10)
    assert world.runner.started.count(crashed) == 2
    assert crashed in world.store.get(KEY).status["_ready"]


def test_a_deletion_leaves_nothing(tmp_path):
    world = prepare(tmp_path)
    drive(world, Counter(None), 10)
    world.store.write(world.store.get(KEY), now=3, deleting=True)
    for at in (0, 1, 2, None):
        step(world, EndpointController, KEY, Counter(at))
    drive(world, Counter(None), 6)
    assert world.runner.handles() == []
    with pytest.raises(Exception, match="ep"):
        world.store.get(KEY)


def test_a_model_that_is_not_there_is_said(tmp_path):
    world = prepare(tmp_path)
    world.blobs.delete("bucket", "model.tar.gz")
    drive(world, Counter(None), 6)
    record = world.store.get(KEY)
    assert record.status["EndpointStatus"] == "Failed"
    assert "Could not find model data at s3://bucket/model.tar.gz" in record.status["FailureReason"]


def test_what_sleeps_is_kept_warm(tmp_path, monkeypatch):
    from studiolo.services.sagemaker.hosting import controller

    monkeypatch.setattr(controller, "SWITCH_GRACE", 0.0)
    world = prepare(tmp_path)
    variant = {"VariantName": "A", "ModelName": "m", "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}
    world.store.create(Key(ACCOUNT, "EndpointConfig", "sleeps"), {"ProductionVariants": [variant]}, {}, now=1)
    seen = world.store.get(KEY)
    world.store.write(seen, now=1, spec={**seen.spec, "EndpointConfigName": "sleeps"})
    drive(world, Counter(None), 10)
    assert world.store.get(KEY).status["EndpointStatus"] == "InService" and not world.runner.warmed
    seen = world.store.get(KEY)
    world.store.write(seen, now=2, status={**seen.status, "_since": 0})
    drive(world, Counter(None), 10)
    assert world.runner.handles() == []
    assert world.runner.warmed[-1] == (tmp_path / "env", ())
