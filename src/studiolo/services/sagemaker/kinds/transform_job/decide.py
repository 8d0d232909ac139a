"""What to do next for a transform job: a pure function of what was asked, what was noted and what runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from studiolo.base.record import Record
from studiolo.run.protocol import GroupState, MemberState

ENDED = frozenset({"Completed", "Failed", "Stopped"})
BAD_FILES = 2
"""A host's exit code when some of its files failed: the others go on, and whole results are kept."""

Act = Literal["rest", "clean", "prepare", "start", "note_waiting", "note_running", "stop", "harvest", "finish"]


@dataclass(frozen=True, slots=True)
class Observed:
    group: GroupState
    prepared: bool
    """Inputs are in place."""
    stop_sent: bool
    folder: bool
    """Anything of it is left on the machine."""
    broken: bool = False
    """A further container of the pipeline has ended, which it must not."""


def crashed(members: Sequence[MemberState]) -> MemberState | None:
    """The first host that ended badly of itself, bad files aside."""
    bad = [
        one
        for one in members
        if one.phase == "exited" and one.exit_code not in (0, BAD_FILES) and one.reason != "stopped"
    ]
    return min(bad, key=lambda one: one.ended or 0.0) if bad else None


def decide(record: Record, seen: Observed) -> Act:
    asked_to_stop = "_stop" in record.spec
    if record.status["TransformJobStatus"] in ENDED:
        return "clean" if seen.folder else "rest"
    if seen.group.phase == "absent":
        if asked_to_stop:
            return "finish"
        return "start" if seen.prepared else "prepare"
    if seen.group.phase == "exited":
        return "harvest"
    if (asked_to_stop or seen.broken or crashed(seen.group.members) is not None) and not seen.stop_sent:
        return "stop"
    return "note_waiting" if seen.group.phase == "waiting" else "note_running"


def outcome(record: Record, members: Sequence[MemberState], broken: bool) -> str:
    """The status word of a job whose processes have ended. One that was done before it could be stopped is done."""
    if members and all(one.phase == "exited" and one.exit_code == 0 for one in members):
        return "Completed"
    if broken or crashed(members) is not None:
        return "Failed"
    if not members or any(one.reason == "stopped" and one.exit_code not in (0, BAD_FILES) for one in members):
        return "Stopped"
    return "Failed"
