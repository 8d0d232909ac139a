"""The server is killed before and after each deed of the endpoint's controller: it comes into service all the same, each
instance started once; an update that fails leaves the old version serving; a deletion leaves nothing."""

import itertools
import tarfile
import time

import pytest
from killing import ACCOUNT, Counter, World, step

from studiolo.base.record import Key
from studiolo.run.protocol import GroupState
from studiolo.services.sagemaker.hosting import status as statuses
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
    drive(world, counter, 20)
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


def test_for_what_an_instance_waits_is_told_until_it_runs(tmp_path):
    world = prepare(tmp_path)
    drive(world, Counter(None), 4, serve=False)
    waits = GroupState("waiting", "Waiting for this machine: 1 of 2 cores are needed and 0.5 are free.", ())
    polled, world.runner.poll = world.runner.poll, lambda handle: waits
    drive(world, Counter(None), 2, serve=False)
    record = world.store.get(KEY)
    shown = statuses.variants(record, record.status["_next"], shadow=False)[0]["VariantStatus"][0]
    assert (shown["Status"], shown["StatusMessage"]) == ("Creating", waits.reason)
    world.runner.poll = polled
    drive(world, Counter(None), 10)
    record = world.store.get(KEY)
    assert "_waits" not in record.status
    assert "VariantStatus" not in statuses.variants(record, record.status["_live"], shadow=False)[0]


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


RINGS = {"StateValue": "ALARM"}


def rolling(tmp_path, kill_at, ring_at=None, steps=45, fails="", back=None, alarm=RINGS):
    """An update of three instances, one at a time, killed at a deed; (world, what ran after each step)."""
    world = prepare(tmp_path)
    for name in ("one", "two"):
        seen = world.store.get(Key(ACCOUNT, "EndpointConfig", name))
        variant = {**seen.spec["ProductionVariants"][0], "InitialInstanceCount": 3}
        world.store.write(seen, now=1, spec={"ProductionVariants": [variant]})
    drive(world, Counter(None), 12)
    policy = {
        "RollingUpdatePolicy": {
            "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
            "WaitIntervalInSeconds": 0 if ring_at is None else 3600,
            **({"RollbackMaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": back}} if back else {}),
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "bad"}]},
    }
    seen = world.store.get(KEY)
    spec = {**seen.spec, "EndpointConfigName": "two", "_generation": 2, "_deployment": policy}
    world.store.write(seen, now=2, spec=spec)
    counter, ran = Counter(kill_at), []
    for at in range(steps):
        step(world, EndpointController, KEY, counter)
        for handle in world.runner.handles():
            if fails and handle.endswith(fails):
                if world.runner.poll(handle).phase == "running":
                    world.runner.finish(handle, 1)
            elif world.runner.poll(handle).phase == "running":
                ready(world, handle)
        seen = world.store.get(KEY)
        if ring_at is not None and "_shift" in seen.status:
            if seen.status["_shift"]["Step"] == ring_at:
                world.store.create(Key(ACCOUNT, "CloudWatchAlarm", "bad"), {}, alarm, now=3)
                ring_at = -1
            elif ring_at >= 0:
                shift = {**seen.status["_shift"], "Since": 0}
                world.store.write(seen, now=3, status={**seen.status, "_shift": shift})
        prefix = f"{KEY.handle()}/"
        ran.append(tuple(sum(one.startswith(f"{prefix}{g}-") for one in world.runner.handles()) for g in (1, 2)))
        if seen.status.get("_settled") == 2 and ran[-4:] in ([(0, 3)] * 4, [(3, 0)] * 4):
            break
    return world, ran, counter


@pytest.fixture
def no_grace(monkeypatch):
    from studiolo.services.sagemaker.hosting import controller

    monkeypatch.setattr(controller, "SWITCH_GRACE", 0.0)


def test_a_rolling_update_goes_on_where_it_was_killed(tmp_path_factory, no_grace):
    _, ran, counter = rolling(tmp_path_factory.mktemp("count"), None)
    stages = list(dict.fromkeys(ran))
    assert stages == [(3, 0), (3, 1), (2, 1), (2, 2), (1, 2), (1, 3), (0, 3)]
    for at in range(counter.seen):
        world, ran, _ = rolling(tmp_path_factory.mktemp(f"kill{at}"), at)
        assert all(old + new <= 4 and old + new >= 3 for old, new in ran), (at, ran)
        record = world.store.get(KEY)
        assert record.status["EndpointStatus"] == "InService" and "_shift" not in record.status, at
        assert record.status["_live"]["Generation"] == 2 and ran[-1] == (0, 3), at
        new = [f"{KEY.handle()}/2-A-{n}" for n in range(3)]
        assert sorted(one for one in world.runner.started if "/2-A" in one) == new, at
        assert sorted(record.status["_ready"]) == new, at


def test_an_alarm_in_the_midst_of_a_rolling_update_brings_all_of_the_old_version_back(tmp_path, no_grace):
    world, ran, _ = rolling(tmp_path, None, ring_at=1)
    assert (2, 2) in ran and ran[-1] == (3, 0)
    record = world.store.get(KEY)
    assert record.status["EndpointStatus"] == "InService" and "the alarm bad" in record.status["FailureReason"]
    assert record.status["_live"]["Generation"] == 1 and len(record.status["_ready"]) == 3


@pytest.mark.parametrize(("ago", "generation"), [(-3600, 1), (3600, 2)])
def test_an_alarm_that_rang_and_stopped_counts_if_it_was_during_the_deployment(tmp_path, no_grace, ago, generation):
    rang = {"StateValue": "OK", "_rang": time.time() - ago}
    world, ran, _ = rolling(tmp_path, None, ring_at=1, alarm=rang, steps=30)
    if generation == 2:
        # Its last batches are watched for an hour.
        assert world.store.get(KEY).status["_next"]["Generation"] == 2 and ran[-1] == (2, 2)
    else:
        assert world.store.get(KEY).status["_live"]["Generation"] == 1 and ran[-1] == (3, 0)


@pytest.mark.parametrize(
    ("back", "stages"),
    [(None, [(1, 3), (3, 3), (3, 0)]), (1, [(1, 3), (2, 3), (2, 1), (3, 1), (3, 0)]), (2, [(1, 3), (3, 3), (3, 0)])],
)
def test_the_old_version_comes_back_batch_by_batch_and_the_new_one_goes_only_then(
    tmp_path_factory, no_grace, back, stages
):
    _, ran, counter = rolling(tmp_path_factory.mktemp("count"), None, ring_at=2, back=back)
    seen = [stage for stage, _ in itertools.groupby(ran)]
    assert seen[seen.index((1, 3)) :] == stages
    for at in range(counter.seen if back == 1 else 0):
        world, ran, _ = rolling(tmp_path_factory.mktemp(f"kill{at}"), at, ring_at=2, back=back)
        assert ran[-1] == (3, 0) and all(old + new >= 3 for old, new in ran), (at, ran)
        record = world.store.get(KEY)
        assert record.status["EndpointStatus"] == "InService" and "the alarm bad" in record.status["FailureReason"], at
        assert not {"_back", "_shift", "_next"} & set(record.status) and len(record.status["_ready"]) == 3, at


def test_an_old_version_that_cannot_come_back_does_not_roll_back_for_ever(tmp_path, no_grace, monkeypatch):
    from studiolo.services.sagemaker.hosting import decide

    monkeypatch.setattr(decide, "RETURN", -1.0)
    world, _, _ = rolling(tmp_path, None, ring_at=2, back=1)
    record = world.store.get(KEY)
    assert record.status["EndpointStatus"] == "InService" and "the alarm bad" in record.status["FailureReason"]


def test_a_batch_that_does_not_come_up_brings_all_of_the_old_version_back(tmp_path_factory, no_grace):
    _, ran, counter = rolling(tmp_path_factory.mktemp("count"), None, fails="/2-A-1")
    assert (2, 2) in ran and ran[-1] == (3, 0)
    for at in range(0, counter.seen, 3):
        world, ran, _ = rolling(tmp_path_factory.mktemp(f"kill{at}"), at, fails="/2-A-1")
        record = world.store.get(KEY)
        assert ran[-1] == (3, 0) and record.status["_live"]["Generation"] == 1, at
        assert record.status["EndpointStatus"] == "InService" and record.status["FailureReason"], at
        assert len(record.status["_ready"]) == 3, at


def test_a_deployment_that_takes_too_long_is_given_up(tmp_path, no_grace):
    world = prepare(tmp_path)
    drive(world, Counter(None), 10)
    seen = world.store.get(KEY)
    deployment = {"BlueGreenUpdatePolicy": {"MaximumExecutionTimeoutInSeconds": 600}}
    spec = {**seen.spec, "EndpointConfigName": "two", "_generation": 2, "_deployment": deployment}
    world.store.write(seen, now=2, spec=spec)
    for _ in range(4):
        step(world, EndpointController, KEY, Counter(None))
    seen = world.store.get(KEY)
    late = {**seen.status["_next"], "Since": seen.status["_next"]["Since"] - 601}
    world.store.write(seen, now=3, status={**seen.status, "_next": late})
    drive(world, Counter(None), 10)
    record = world.store.get(KEY)
    assert "longer than its 600 seconds" in record.status["FailureReason"]
    assert sorted(world.runner.handles()) == [f"{KEY.handle()}/1-A-{n}" for n in range(2)]
