"""What is old goes, what is not stays."""

import pytest
from killing import ACCOUNT, Counter, World

from studiolo.base.record import Key
from studiolo.series.protocol import Point
from studiolo.services import housekeeping
from studiolo.services.sagemaker_runtime.asynchronous import invocation
from studiolo.store.protocol import Query


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_only_what_is_old_and_nobodys_goes(world):
    series, day = world.series, 86400.0
    now = 100 * day
    for resource, age in (("Endpoint/1/e", 20), ("Endpoint/1/e", 10), ("TrainingJob/1/t", 90)):
        series.append([Point(resource, "m", now - age * day, 1.0)])
    assert series.prune("Endpoint/", now - 15 * day) == 1
    assert len(series.read("Endpoint/1/e", "m")) == 1
    assert len(series.read("TrainingJob/1/t", "m")) == 1


def test_invocations_that_wait_are_never_old(world):
    store = world.store
    for name, word, age in (("a", "Completed", 9), ("b", "Queued", 9), ("c", "Failed", 1)):
        key = Key(ACCOUNT, invocation.KIND, name)
        store.create(key, {"EndpointName": "e"}, {"Status": word}, now=100 - age)
    assert housekeeping.remove_invocations(world.platform(Counter(None)), 95) == 1
    left = [one.key.name for one in store.query(Query(invocation.KIND, ACCOUNT, sort="name")).records]
    assert left == ["b", "c"]
