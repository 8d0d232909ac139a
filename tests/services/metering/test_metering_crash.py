"""The server is killed before and after each deed of metering: every second that a member ran is counted, and once."""

import time

import pytest
from killing import ACCOUNT, Counter, Killed, Mortal, World

from studiolo.base.record import Key
from studiolo.meter.protocol import Question
from studiolo.meter.sqlite import SqliteMeter
from studiolo.run.protocol import Group, Member, Resources
from studiolo.services.metering.metering import MeteredRunner, Metering

KEY = Key(ACCOUNT, "TrainingJob", "job")
HANDLE = KEY.handle()
SPEC = {"_user": "ann", "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2}}


def run(tmp_path, kill_at):
    """A group of two hosts starts, is looked at, ends, is removed, and starts and ends once more under the same handle."""
    world = World(tmp_path)
    world.store.create(KEY, SPEC, {"TrainingJobStatus": "InProgress"}, now=1.0)
    meter, counter = SqliteMeter(tmp_path / "meter.db"), Counter(kill_at)
    members = [Member(name, ["x"], Resources(1, 1)) for name in ("algo-1", "algo-2")]
    ran = 0.0

    def server():
        runner = Mortal(world.runner, ("start", "remove", "stop"), counter)
        metering = Metering(world.store, runner, Mortal(meter, ("record",), counter), time.time)
        return metering, MeteredRunner(runner, metering)

    def until_done(deed):
        """As a level-triggered controller: again with a new server until it is as it should be."""
        for _ in range(4):
            try:
                deed(*server())
                return
            except Killed:
                continue

    def start(metering, runner):
        runner.start(Group(HANDLE, members))

    def remove(metering, runner):
        runner.remove(HANDLE)

    for round in range(2):
        until_done(start)
        until_done(lambda metering, runner: metering.look_at_all())
        if round == 0:
            world.runner.finish(HANDLE, member="algo-1")
            until_done(lambda metering, runner: metering.look([HANDLE]))
            world.runner.finish(HANDLE)
        else:
            # Removed while it runs: it is ended first.
            world.runner.stop(HANDLE)
        states = world.runner.poll(HANDLE).members
        ran += sum(one.ended - round3(one.started) for one in states)
        until_done(remove)
        assert world.runner.poll(HANDLE).phase == "absent"
        until_done(lambda metering, runner: metering.look_at_all())
    return meter, counter, ran


def round3(value):
    return round(value, 3)


def test_every_second_is_counted_once_whenever_the_server_is_killed(tmp_path_factory):
    _, counter, _ = run(tmp_path_factory.mktemp("count"), None)
    assert counter.seen > 15
    for at in range(counter.seen):
        meter, _, ran = run(tmp_path_factory.mktemp(f"kill{at}"), at)
        (row,) = meter.ask(Question(0, 100_000, ["User", "InstanceType"], project=ACCOUNT))
        assert list(row.keys) == ["ann", "ml.m5.large"]
        assert row.seconds == pytest.approx(ran, abs=0.01), at
        days = meter.ask(Question(0, 100_000, ["Day"]))
        assert sum(one.seconds for one in days) == pytest.approx(row.seconds)
        assert meter.running() == []
        meter.close()


def test_what_is_short_is_its_makers_though_its_record_is_gone(tmp_path):
    world, meter = World(tmp_path), SqliteMeter(":memory:")
    record = world.store.create(KEY, SPEC, {"TrainingJobStatus": "InProgress"}, now=1.0)
    runner = MeteredRunner(world.runner, Metering(world.store, world.runner, meter, time.time))
    runner.start(Group(HANDLE, [Member("algo-1", ["x"], Resources(1, 1))]))
    time.sleep(0.02)
    world.runner.finish(HANDLE)
    world.store.delete(record)
    runner.remove(HANDLE)
    (row,) = meter.ask(Question(0, 100_000, ["User", "InstanceType"], project=ACCOUNT))
    assert list(row.keys) == ["ann", "ml.m5.large"]
