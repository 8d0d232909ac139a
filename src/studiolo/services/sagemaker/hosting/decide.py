"""What an endpoint needs next: pure.

The wanted generation is the spec's; the plan being deployed and the plan in service are the status's. A new generation is
started beside the old one; when all its units answer, traffic moves to it step by step (traffic.py), and only after the
last step is the old one stopped. If it fails, takes too long, or an alarm rings meanwhile, the old one stays. A rolling
update does so batch by batch (rolling.py): the units are then those of both versions that should run at its batch, also on
the way back.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from studiolo.base.record import Record
from studiolo.services.sagemaker.hosting.traffic import Step

Health = Literal["absent", "starting", "ready", "failed"]
Act = Literal[
    "rest",
    "plan",
    "start",
    "wait",
    "shift",
    "bake",
    "baked",
    "switch",
    "give_up",
    "roll_back",
    "too_late",
    "returned",
    "stop_returning",
    "drop",
    "restart",
    "remove",
]


RETURN = 900.0
"""Seconds for a batch of the old version to come back; then the new one goes all the same, and what is missing is started
as after any crash."""


@dataclass(frozen=True, slots=True)
class Observed:
    next: Mapping[str, Health]
    """Handle -> state, of the plan being deployed; empty where there is none."""
    live: Mapping[str, Health]
    others: tuple[str, ...] = ()
    """Handles of this endpoint that should not run (any more)."""
    steps: Sequence[Step] = (Step(1.0, 0.0),)
    ringing: str | None = None
    """The first of the rollback alarms that is in ALARM."""
    rolls: bool = False
    limit: float = math.inf
    """Seconds that the deployment may take."""


def decide(record: Record, seen: Observed, now: float) -> tuple[Act, tuple[str, ...]]:
    """(what, on which handles)."""
    if record.deleting:
        everything = (*seen.next, *seen.live, *seen.others)
        there = tuple(h for h in everything if {**seen.next, **seen.live}.get(h, "starting") != "absent")
        return ("drop", there) if there else ("remove", ())
    plan, settled = record.status.get("_next"), record.status.get("_settled")
    wanted = record.spec["_generation"]
    if settled != wanted and (plan is None or plan["Generation"] != wanted):
        return "plan", ()
    gone = tuple(handle for handle, health in seen.live.items() if health in ("failed", "absent"))
    if plan is not None and plan["Generation"] == wanted and "_back" in record.status:
        return _return(record, seen, gone, now)
    if plan is not None and plan["Generation"] == wanted:
        act = _deploy(record, seen, now)
        # The old version is looked after for as long as it serves.
        return ("restart", gone) if gone and act[0] in ("wait", "bake") else act
    if seen.others:
        return "drop", seen.others
    if gone:
        return "restart", gone
    return ("wait", ()) if any(health == "starting" for health in seen.live.values()) else ("rest", ())


def _return(record: Record, seen: Observed, gone: tuple[str, ...], now: float) -> tuple[Act, tuple[str, ...]]:
    """A rolling update was given up; of the new version nothing is asked any more."""
    if seen.others:
        # Of the new version, what the batch before took the traffic from.
        return "drop", seen.others
    if any(health != "ready" for health in seen.live.values()):
        if now - record.status["_back"]["Since"] > RETURN:
            return "stop_returning", ()
        return ("restart", gone) if gone else ("wait", ())
    return "returned", ()


def _deploy(record: Record, seen: Observed, now: float) -> tuple[Act, tuple[str, ...]]:
    failed = tuple(handle for handle, health in seen.next.items() if health == "failed")
    shift: Mapping[str, Any] | None = record.status.get("_shift")
    if failed:
        return "give_up", failed
    if seen.ringing is not None and record.status.get("_live"):
        return "roll_back", ()
    if record.status.get("_live") and now - record.status["_next"].get("Since", now) > seen.limit:
        return "too_late", ()
    if seen.rolls and seen.others:
        # Of the old version, what the batch before stands in for.
        return "drop", seen.others
    absent = tuple(handle for handle, health in seen.next.items() if health == "absent")
    if absent:
        return "start", absent
    if any(health != "ready" for health in seen.next.values()):
        return "wait", ()
    if not record.status.get("_live"):
        return "switch", ()
    if shift is None:
        # Nothing to watch at the only step: the switch itself moves the traffic.
        return ("switch", ()) if len(seen.steps) == 1 and seen.steps[0].wait <= 0 else ("shift", ())
    if shift.get("Baked"):
        return "shift", ()
    if now - shift["Since"] < seen.steps[min(shift["Step"], len(seen.steps) - 1)].wait:
        return "bake", ()
    if shift["Step"] + 1 >= len(seen.steps):
        return "switch", ()
    return ("baked", ()) if seen.rolls else ("shift", ())
