"""Batches of a rolling update: how many, how large, and what of the old version stays."""

import math

import pytest

from studiolo.base.record import Key, Record
from studiolo.services.sagemaker.hosting import rolling, traffic


def policy(kind, value, wait=5):
    return {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": kind, "Value": value}, "WaitIntervalInSeconds": wait}}


@pytest.mark.parametrize(
    ("size", "counts", "batches", "shares"),
    [
        (("INSTANCE_COUNT", 1), {"A": 3}, [{"A": 1}, {"A": 2}, {"A": 3}], [1 / 3, 2 / 3, 1]),
        (("INSTANCE_COUNT", 2), {"A": 3}, [{"A": 2}, {"A": 3}], [2 / 3, 1]),
        (("INSTANCE_COUNT", 9), {"A": 3}, [{"A": 3}], [1]),
        (("COPY_COUNT", 1), {"A": 2}, [{"A": 1}, {"A": 2}], [0.5, 1]),
        (("CAPACITY_PERCENT", 50), {"A": 4, "B": 1}, [{"A": 2, "B": 1}, {"A": 4, "B": 1}], [0.6, 1]),
        (("CAPACITY_PERCENT", 5), {"A": 2}, [{"A": 1}, {"A": 2}], [0.5, 1]),
        (("CAPACITY_PERCENT", 30), {"A": 10}, [{"A": 3}, {"A": 6}, {"A": 9}, {"A": 10}], [0.3, 0.6, 0.9, 1]),
    ],
)
def test_batches(size, counts, batches, shares):
    steps = traffic.steps(policy(*size), counts)
    assert [one.new for one in steps] == batches
    assert [one.share for one in steps] == pytest.approx(shares)
    assert {one.wait for one in steps} == {5}


def test_what_of_the_old_version_stays():
    assert [traffic.kept(3, share) for share in (0, 1 / 3, 2 / 3, 0.99, 1)] == [3, 2, 1, 1, 1]
    assert traffic.kept(1, 0.5) == 1 and traffic.kept(0, 0.5) == 0


@pytest.mark.parametrize(
    ("size", "serving", "counts", "new", "olds", "shares", "news"),
    [
        (None, {"A": 1}, {"A": 4}, {"A": 4}, [4], [0], [0]),
        (("INSTANCE_COUNT", 1), {"A": 1}, {"A": 4}, {"A": 4}, [2, 3, 4], [0.5, 0.25, 0], [2, 1, 0]),
        (("CAPACITY_PERCENT", 50), {"A": 1}, {"A": 4}, {"A": 8}, [3, 4], [0.25, 0], [2, 0]),
        (("CAPACITY_PERCENT", 100), {"A": 1}, {"A": 4}, {"A": 4}, [4], [0], [0]),
        (("INSTANCE_COUNT", 1), {"A": 2}, {"A": 2}, {"A": 1}, [2], [0], [0]),
    ],
)
def test_the_way_back(size, serving, counts, new, olds, shares, news):
    given = {"Type": size[0], "Value": size[1]} if size else None
    steps = traffic.back(given, serving, counts, new)
    assert [one.old["A"] for one in steps] == olds
    assert [one.share for one in steps] == pytest.approx(shares)
    assert [one.new["A"] for one in steps] == news


def test_each_stage_of_an_update():
    config, key = policy("INSTANCE_COUNT", 2), Key("1", "Endpoint", "e")
    steps = traffic.steps(config, {"A": 5})

    def held(shift):
        status = {"_live": {"x": 1}, "_next": {}, **({"_shift": shift} if shift else {})}
        record = Record(key, {"_deployment": config}, status, 1, 0.0, 0.0)
        new, old = rolling.held_new(record, steps), rolling.held_old(record, steps)
        return (new("A", 5) if new else 5), (old("A", 4) if old else 4)

    stages = [
        None,
        {"Step": 0},
        {"Step": 0, "Baked": True},
        {"Step": 1},
        {"Step": 1, "Baked": True},
        {"Step": 2},
    ]
    assert [held(one) for one in stages] == [(2, 4), (2, 4), (4, 3), (4, 3), (5, 1), (5, 1)]


def test_a_first_deployment_and_other_policies_start_all_at_once():
    for config, live in ((policy("INSTANCE_COUNT", 1), None), ({}, {"x": 1})):
        record = Record(Key("1", "Endpoint", "e"), {"_deployment": config}, {"_live": live, "_next": {}}, 1, 0.0, 0.0)
        assert not rolling.rolls(record) and rolling.held_new(record, ()) is None
    linear = {
        "TrafficRoutingConfiguration": {"Type": "LINEAR", "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50}}
    }
    assert all(one.new is None for one in traffic.steps({"BlueGreenUpdatePolicy": linear}, {"A": 2}))


def test_how_long_it_may_take():
    assert traffic.limit({}) == math.inf
    assert traffic.limit({"BlueGreenUpdatePolicy": {"MaximumExecutionTimeoutInSeconds": 600}}) == 600
    assert traffic.limit({"RollingUpdatePolicy": {"MaximumExecutionTimeoutInSeconds": 900}}) == 900
