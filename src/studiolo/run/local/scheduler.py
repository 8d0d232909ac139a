"""Which waiting groups may start now: pure, so that it can be tested for every machine and every queue.

Never more is granted than there is. First come, first served; a later group may pass one that does not fit yet, until
that one has waited PATIENCE seconds: from then on everything behind it waits too, so nobody waits for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from studiolo.run.protocol import Resources

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Wish:
    handle: str
    resources: Resources
    """Of the whole group."""
    since: float


def free_of(total: Resources, granted: Sequence[Resources]) -> Resources:
    return Resources(
        total.cores - sum(one.cores for one in granted),
        total.memory - sum(one.memory for one in granted),
        total.gpus - sum(one.gpus for one in granted),
    )


def fits(wish: Resources, free: Resources) -> bool:
    return wish.cores <= free.cores + 1e-9 and wish.memory <= free.memory and wish.gpus <= free.gpus


def admit(total: Resources, granted: Sequence[Resources], waiting: Sequence[Wish], now: float) -> list[str]:
    """Handles that start now, in order. waiting: in the order they came."""
    free = free_of(total, granted)
    starts: list[str] = []
    kept_free = False
    for wish in waiting:
        holds = wish.resources != Resources(0, 0, 0)
        if holds and kept_free:
            continue
        if not holds or fits(wish.resources, free):
            starts.append(wish.handle)
            free = free_of(free, [wish.resources])
        elif now - wish.since > PATIENCE:
            # What holds nothing takes no room from it.
            kept_free = True
    return starts


def clamp(wish: Resources, total: Resources) -> tuple[Resources, str]:
    """What of a wish this machine can ever grant, and a sentence where that is less."""
    held = Resources(min(wish.cores, total.cores), min(wish.memory, total.memory), min(wish.gpus, total.gpus))
    less = [
        f"{had:g} instead of {asked:g} {unit}"
        for asked, had, unit in (
            (wish.cores, held.cores, "cores"),
            (round(wish.memory / 2**30, 1), round(held.memory / 2**30, 1), "GiB of memory"),
            (wish.gpus, held.gpus, "GPUs"),
        )
        if had < asked
    ]
    return held, f"This machine is smaller than what was asked for: {', '.join(less)}." if less else ""


def reason(wish: Resources, total: Resources, granted: Sequence[tuple[str, Resources]]) -> str:
    """Why a group waits, for the person who waits."""
    free = free_of(total, [resources for _, resources in granted])
    lacks = [
        f"{asked:g} of {had:g} {unit} {'is' if left == 1 else 'are'} needed and {max(left, 0):g} {'is' if left == 1 else 'are'} free"
        for asked, left, had, unit in (
            (wish.cores, round(free.cores, 2), total.cores, "cores"),
            (round(wish.memory / 2**30, 1), round(free.memory / 2**30, 1), round(total.memory / 2**30, 1), "GiB"),
            (wish.gpus, free.gpus, total.gpus, "GPUs"),
        )
        if asked > left
    ]
    names = [handle.split("/")[2] for handle, _ in granted]
    holders = f" (held by {', '.join(names[:3])}{' and others' if len(names) > 3 else ''})" if names else ""
    return f"Waiting for this machine: {'; '.join(lacks) or 'earlier jobs go first'}{holders}."
