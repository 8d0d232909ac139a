"""What an app needs next, for every state it may be found in."""

from pathlib import Path

import pytest

from studiolo.base.record import Key, Record
from studiolo.run.protocol import GroupState, MemberState
from studiolo.services.sagemaker.workbench.decide import KEPT_SECONDS, STARTING_SECONDS, Observed, decide

ABSENT = GroupState("absent")
EXITED = GroupState("exited", members=[MemberState("lab", "exited", 0.0, Path("log"), exit_code=1)])
WAITING = GroupState("waiting", "for memory")


def running(since=100.0):
    return GroupState("running", members=[MemberState("lab", "running", since, Path("log"))])


def app(word, stop=False, **status):
    spec = {"_generation": "g", **({"_stop": 1.0} if stop else {})}
    return Record(Key("1", "App", "a"), spec, {"Status": word, "_generation": "g", **status}, 1, 0, 0)


@pytest.mark.parametrize(
    ("record", "seen", "act"),
    [
        (app("Pending"), Observed(ABSENT), "start"),
        (app("Pending"), Observed(ABSENT, others=("old",)), "drop"),
        (app("Deleted", _generation="older"), Observed(ABSENT), "renew"),
        (app("Pending"), Observed(WAITING), "note_waiting"),
        (app("Pending"), Observed(running(), folder=True), "look"),
        (app("Pending"), Observed(running(), answers=True), "serve"),
        (app("Pending"), Observed(running(100.0 - STARTING_SECONDS)), "give_up"),
        (app("Pending"), Observed(EXITED), "fail"),
        (app("InService"), Observed(running(), answers=True), "watch"),
        (app("InService"), Observed(running(), answers=True, idle=True), "idle"),
        (app("InService"), Observed(running(), welcome=False), "note_stopping"),
        (app("InService"), Observed(EXITED), "fail"),
        (app("InService"), Observed(ABSENT), "fail"),
        (app("InService", stop=True), Observed(running()), "note_stopping"),
        (app("Deleting", stop=True), Observed(running()), "stop"),
        (app("Deleting", stop=True, _stop_sent=1.0), Observed(running()), "wait"),
        (app("Deleting", _stopping=True), Observed(EXITED, folder=True), "clean"),
        (app("Deleting", _stopping=True), Observed(ABSENT), "deleted"),
        (app("Failed"), Observed(EXITED, folder=True), "clean"),
        (app("Failed"), Observed(ABSENT), "rest"),
        (app("Failed", stop=True), Observed(ABSENT), "deleted"),
        (app("Deleted", _ended=101.0), Observed(ABSENT), "rest"),
        (app("Deleted", _ended=100.0 - KEPT_SECONDS), Observed(ABSENT), "forget"),
    ],
)  # fmt: skip
def test_the_next_step(record, seen, act):
    assert decide(record, seen, 101.0) == act
