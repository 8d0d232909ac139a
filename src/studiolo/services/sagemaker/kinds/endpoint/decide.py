"""What an endpoint needs next: pure.

The wanted generation is the spec's; the plan being deployed and the plan in service are the status's. A new generation is
started beside the old one, takes over when all its instances answer, and only then is the old one stopped; if it fails,
the old one stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studiolo.base.record import Record

Health = Literal["absent", "starting", "ready", "failed"]
Act = Literal["rest", "plan", "start", "wait", "switch", "give_up", "drop", "restart", "delete", "remove"]


@dataclass(frozen=True, slots=True)
class Observed:
    next: Mapping[str, Health]
    """Handle -> state, of the plan being deployed; empty where there is none."""
    live: Mapping[str, Health]
    others: tuple[str, ...]
    """Handles of this endpoint that belong to neither plan."""


def decide(record: Record, seen: Observed) -> tuple[Act, tuple[str, ...]]:
    """(what, on which handles)."""
    if record.deleting:
        everything = (*seen.next, *seen.live, *seen.others)
        there = tuple(h for h in everything if {**seen.next, **seen.live}.get(h, "starting") != "absent")
        return ("drop", there) if there else ("remove", ())
    plan, settled = record.status.get("_next"), record.status.get("_settled")
    wanted = record.spec["_generation"]
    if settled != wanted and (plan is None or plan["Generation"] != wanted):
        return "plan", ()
    if plan is not None and plan["Generation"] == wanted:
        return _deploy(seen)
    if seen.others:
        return "drop", seen.others
    gone = tuple(handle for handle, health in seen.live.items() if health in ("failed", "absent"))
    if gone:
        return "restart", gone
    return ("wait", ()) if any(health == "starting" for health in seen.live.values()) else ("rest", ())


def _deploy(seen: Observed) -> tuple[Act, tuple[str, ...]]:
    failed = tuple(handle for handle, health in seen.next.items() if health == "failed")
    if failed:
        return "give_up", failed
    absent = tuple(handle for handle, health in seen.next.items() if health == "absent")
    if absent:
        return "start", absent
    if all(health == "ready" for health in seen.next.values()):
        return "switch", ()
    return "wait", ()


def summary(plan: Mapping[str, Any], weights: Mapping[str, float]) -> list[dict[str, Any]]:
    """Describe's ProductionVariants."""
    return [
        {
            "VariantName": one["VariantName"],
            "DeployedImages": [{"SpecifiedImage": one["Image"], "ResolvedImage": one["Image"], "ResolutionTime": plan.get("Since")}],
            "CurrentWeight": weights.get(one["VariantName"], one["Weight"]),
            "DesiredWeight": weights.get(one["VariantName"], one["Weight"]),
            "CurrentInstanceCount": one["Count"],
            "DesiredInstanceCount": one["Count"],
        }
        for one in plan["Variants"]
    ]  # fmt: skip
