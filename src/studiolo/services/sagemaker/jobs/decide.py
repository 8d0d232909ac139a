"""What to do next for a job of one process group: a pure function of what was asked, what was noted and what runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from studiolo.base.record import Record
from studiolo.run.protocol import GroupState, MemberState

ENDED = frozenset({"Completed", "Failed", "Stopped"})
Act = Literal[
    "rest", "clean", "prepare", "start", "note_waiting", "note_running", "stop", "harvest", "finish", "delete"
]


@dataclass(frozen=True, slots=True)
class Observed:
    word: str
    """The status word."""
    group: GroupState
    prepared: bool
    """Inputs are in place."""
    harvested: bool
    """Outputs are stored."""
    stop_sent: bool
    folder: bool
    """Anything of it is left on the machine."""


def failed(members: Sequence[MemberState]) -> MemberState | None:
    """The first member that ended badly of itself."""
    bad = [one for one in members if one.phase == "exited" and one.exit_code != 0 and one.reason != "stopped"]
    return min(bad, key=lambda one: one.ended or 0.0) if bad else None


def asked_to_stop(record: Record) -> bool:
    return "_stop" in record.spec or record.deleting


def decide(record: Record, seen: Observed) -> Act:
    if seen.word in ENDED:
        if record.deleting:
            return "delete"
        return "clean" if seen.folder else "rest"
    if seen.group.phase == "absent":
        if asked_to_stop(record):
            return "finish"
        return "start" if seen.prepared else "prepare"
    if seen.group.phase == "exited":
        return "finish" if seen.harvested else "harvest"
    one_failed = failed(seen.group.members) is not None
    if (asked_to_stop(record) or one_failed) and not seen.stop_sent:
        return "stop"
    return "note_waiting" if seen.group.phase == "waiting" else "note_running"


End = Literal["Completed", "Failed", "Stopped", "TimedOut"]


def end(record: Record, members: Sequence[MemberState]) -> End:
    """How a job whose processes have ended has ended."""
    if any(one.reason == "timeout" for one in members):
        return "TimedOut"
    bad = failed(members)
    if bad is not None:
        return "Failed"
    if asked_to_stop(record) or any(one.reason == "stopped" and one.exit_code != 0 for one in members):
        return "Stopped"
    return "Completed"
