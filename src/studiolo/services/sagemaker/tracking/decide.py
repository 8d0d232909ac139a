"""What a tracking server needs next: pure, from its record and what runs."""

from dataclasses import dataclass
from typing import Literal

from studiolo.base.record import Record
from studiolo.run.protocol import GroupState
from studiolo.services.sagemaker.tracking.names import OFF

Act = Literal["drop", "stop", "clean", "forget", "settle", "start", "look", "up", "late", "failed", "watch", "rest"]
STARTING_SECONDS = 180.0
"""For its first start, which makes the tables of the database."""


@dataclass(frozen=True, slots=True)
class Observed:
    """
    group:   of the newest life.
    others:  handles of earlier lives that still hold anything.
    answers: whether it answers on its socket.
    folder:  whether anything of this life lies on the machine.
    welcome: whether the person whose rights it has is still a member.
    waited:  whether a request waits for it.
    used:    whether it was asked anything lately.
    """

    group: GroupState
    others: tuple[str, ...] = ()
    answers: bool = False
    folder: bool = False
    welcome: bool = True
    waited: bool = False
    used: bool = False


def decide(record: Record, seen: Observed, now: float) -> Act:
    spec, status, phase = record.spec, record.status, seen.group.phase
    if seen.others:
        return "drop"
    if record.deleting or spec["_wanted"] == OFF:
        return _down(record, seen)
    starting = bool(status.get("_starting"))
    if phase == "exited":
        return "failed" if starting else "clean"
    if phase == "absent":
        if starting or status.get("_life") != spec["_life"] or seen.waited:
            return "start"
        return "clean" if seen.folder else "rest"
    if not seen.welcome:
        return "stop"
    if starting:
        if seen.answers:
            return "up"
        started = min((one.started for one in seen.group.members), default=now)
        return "late" if phase == "running" and now - started > STARTING_SECONDS else "look"
    return "watch" if seen.used or seen.waited else "stop"


def _down(record: Record, seen: Observed) -> Act:
    if seen.group.phase in ("running", "waiting"):
        return "stop"
    if seen.folder:
        return "clean"
    if record.deleting:
        return "forget"
    return "rest" if record.status.get("_life") == record.spec["_life"] else "settle"
