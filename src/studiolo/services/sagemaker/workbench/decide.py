"""What an app needs next: pure, from its record and what runs."""

from dataclasses import dataclass
from typing import Literal

from studiolo.base.record import Record
from studiolo.run.protocol import GroupState
from studiolo.services.sagemaker.workbench.names import OVER

Act = Literal[
    "renew", "drop", "start", "note_waiting", "look", "serve", "give_up", "fail", "watch", "idle", "note_stopping",
    "stop", "wait", "clean", "deleted", "rest", "forget",
]  # fmt: skip
STARTING_SECONDS = 400.0
"""For the script (300 s, as on AWS) and the app itself."""
KEPT_SECONDS = 86400.0
"""Deleted apps are listed for a day."""


@dataclass(frozen=True, slots=True)
class Observed:
    """
    group:   of this life of the app.
    others:  handles of earlier lives that still hold anything.
    answers: whether the app answers on its socket.
    folder:  whether anything of this life lies on the machine.
    welcome: whether who runs it is still a member of the project.
    idle:    seconds it may idle are over.
    """

    group: GroupState
    others: tuple[str, ...] = ()
    answers: bool = False
    folder: bool = False
    welcome: bool = True
    idle: bool = False


def decide(record: Record, seen: Observed, now: float) -> Act:
    spec, status = record.spec, record.status
    if seen.others:
        return "drop"
    if status.get("_generation") != spec["_generation"]:
        return "renew"
    word, phase = str(status["Status"]), seen.group.phase
    if word == "Deleted":
        return "clean" if seen.folder else "forget" if now - status.get("_ended", now) > KEPT_SECONDS else "rest"
    if "_stop" in spec or status.get("_stopping"):
        return _leave(word, phase, status.get("_stop_sent") is not None, seen)
    if word in OVER:
        return "clean" if seen.folder else "rest"
    if not seen.welcome:
        return "note_stopping"
    if phase == "exited":
        return "fail"
    if word == "Pending":
        if phase == "absent":
            return "start"
        if phase == "waiting":
            return "note_waiting"
        if seen.answers:
            return "serve"
        started = min((one.started for one in seen.group.members), default=now)
        return "give_up" if now - started > STARTING_SECONDS else "look"
    if phase == "absent":
        return "fail"
    return "idle" if seen.idle else "watch"


def _leave(word: str, phase: str, sent: bool, seen: Observed) -> Act:
    if word not in ("Deleting", "Failed"):
        return "note_stopping"
    if phase in ("running", "waiting"):
        return "wait" if sent else "stop"
    return "clean" if seen.folder else "deleted"
