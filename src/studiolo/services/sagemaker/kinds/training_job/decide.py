"""What to do next for a training job: a pure function of what was asked, what was noted and what runs."""

from dataclasses import dataclass
from typing import Literal

from studiolo.base.record import Record
from studiolo.run.protocol import GroupState, MemberState
from studiolo.services.sagemaker.kinds.training_job.status import ENDED

Act = Literal[
    "rest", "clean", "prepare", "start", "note_waiting", "note_running", "stop", "harvest", "finish", "delete"
]


@dataclass(frozen=True, slots=True)
class Observed:
    group: GroupState
    prepared: bool
    """Inputs are in place."""
    harvested: bool
    """Outputs are stored."""
    stop_sent: bool
    folder: bool
    """Anything of it is left on the machine."""


def failed(members: "tuple[MemberState, ...] | list[MemberState]") -> MemberState | None:
    """The first member that ended badly of itself."""
    bad = [one for one in members if one.phase == "exited" and one.exit_code != 0 and one.reason != "stopped"]
    return min(bad, key=lambda one: one.ended or 0.0) if bad else None


def decide(record: Record, seen: Observed) -> Act:
    asked_to_stop = "_stop" in record.spec or record.deleting
    if record.status["TrainingJobStatus"] in ENDED:
        if record.deleting:
            return "delete"
        return "clean" if seen.folder else "rest"
    if seen.group.phase == "absent":
        if asked_to_stop:
            return "finish"
        return "start" if seen.prepared else "prepare"
    if seen.group.phase == "exited":
        return "finish" if seen.harvested else "harvest"
    one_failed = failed(list(seen.group.members)) is not None
    if (asked_to_stop or one_failed) and not seen.stop_sent:
        return "stop"
    return "note_waiting" if seen.group.phase == "waiting" else "note_running"


def outcome(record: Record, members: "list[MemberState]", reason: str) -> tuple[str, str, str, str]:
    """(status, secondary status, message, failure reason) of a job whose processes have ended."""
    if any(one.reason == "timeout" for one in members):
        return "Stopped", "MaxRuntimeExceeded", "Training job runtime exceeded MaxRuntimeInSeconds provided", ""
    bad = failed(members)
    if bad is None and ("_stop" in record.spec or record.deleting):
        return "Stopped", "Stopped", "Training job stopped", ""
    if bad is None and any(one.reason == "stopped" and one.exit_code != 0 for one in members):
        return "Stopped", "Stopped", "Training job stopped", ""
    if bad is not None:
        return "Failed", "Failed", "Training job failed", reason
    return "Completed", "Completed", "Training job completed", ""
