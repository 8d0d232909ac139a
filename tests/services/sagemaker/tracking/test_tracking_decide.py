"""What a tracking server needs next, for every state it may be found in."""

from pathlib import Path

import pytest

from studiolo.base.record import Key, Record
from studiolo.run.protocol import GroupState, MemberState
from studiolo.services.sagemaker.tracking.decide import STARTING_SECONDS, Observed, decide

ABSENT = GroupState("absent")
EXITED = GroupState("exited", members=[MemberState("mlflow", "exited", 0.0, Path("log"), exit_code=1)])


def running(since=100.0):
    return GroupState("running", members=[MemberState("mlflow", "running", since, Path("log"))])


def server(wanted="Created", life="a", deleting=False, **status):
    spec = {"_wanted": wanted, "_life": "a"}
    return Record(
        Key("1", "S", "s"), spec, {"TrackingServerStatus": "x", "_life": life, **status}, 1, 0, 0, {}, deleting
    )


@pytest.mark.parametrize(
    ("record", "seen", "act"),
    [
        (server(life=None), Observed(ABSENT), "start"),
        (server(), Observed(ABSENT), "rest"),
        (server(), Observed(ABSENT, waited=True), "start"),
        (server(), Observed(ABSENT, folder=True), "clean"),
        (server(_starting=True), Observed(ABSENT, folder=True), "start"),
        (server(), Observed(ABSENT, others=("old",)), "drop"),
        (server(_starting=True), Observed(GroupState("waiting", "for memory"), folder=True), "look"),
        (server(_starting=True), Observed(running(), folder=True), "look"),
        (server(_starting=True), Observed(running(), answers=True), "up"),
        (server(_starting=True), Observed(running(100.0 - STARTING_SECONDS)), "late"),
        (server(_starting=True), Observed(EXITED, folder=True), "failed"),
        (server(), Observed(EXITED, folder=True), "clean"),
        (server(), Observed(running(), used=True), "watch"),
        (server(), Observed(running(), waited=True), "watch"),
        (server(), Observed(running()), "stop"),
        (server(), Observed(running(), used=True, welcome=False), "stop"),
        (server("Stopped"), Observed(running(), used=True), "stop"),
        (server("Stopped"), Observed(EXITED, folder=True), "clean"),
        (server("Stopped", life="b"), Observed(ABSENT), "settle"),
        (server("Stopped"), Observed(ABSENT, waited=True), "rest"),
        (server(deleting=True), Observed(running(), used=True), "stop"),
        (server(deleting=True), Observed(EXITED, folder=True), "clean"),
        (server(deleting=True), Observed(ABSENT), "forget"),
    ],
)  # fmt: skip
def test_the_next_step(record, seen, act):
    assert decide(record, seen, 101.0) == act
