"""Where a rolling update, or the way back from one, stands: how many instances of both versions should run now. Pure.

Batch by batch: the new version's instances of the batch are started, get their share of the traffic and are watched; then
as large a part of the old version is stopped, and the next batch begins. Given up in the midst of it, the old version comes
back in batches of its own (RollbackMaximumBatchSize), each taking traffic and room from the new one as soon as it answers.
All of it follows from `_shift` and `_back`, so an update goes on where it was after a crash.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.record import Record
from studiolo.services.sagemaker.hosting import plan as planning
from studiolo.services.sagemaker.hosting import traffic
from studiolo.services.sagemaker.hosting.plan import Held
from studiolo.services.sagemaker.hosting.traffic import Step


def rolls(record: Record) -> bool:
    """A first deployment has no old version to make room."""
    under_way = "_next" in record.status and bool(record.status.get("_live"))
    return under_way and "RollingUpdatePolicy" in record.spec.get("_deployment", {})


def _batch(record: Record) -> int:
    """Which batch is being started or watched."""
    shift = record.status.get("_shift")
    return 0 if shift is None else shift["Step"] + bool(shift.get("Baked"))


def _started(record: Record, steps: Sequence[Step]) -> Mapping[str, int]:
    return steps[min(_batch(record), len(steps) - 1)].new or {}


def must_return(record: Record) -> bool:
    """Whether giving up now means bringing instances of the old version back."""
    return rolls(record) and _batch(record) > 0


def back(record: Record, steps: Sequence[Step]) -> Sequence[Step]:
    """Empty while nothing was given up."""
    if "_back" not in record.status or not must_return(record):
        return ()
    policy: Mapping[str, Any] = record.spec["_deployment"]["RollingUpdatePolicy"]
    counts, share = planning.counts(record, record.status["_live"]), steps[min(_batch(record), len(steps)) - 1].share
    serving = {name: traffic.kept(count, share) for name, count in counts.items()}
    return traffic.back(policy.get("RollbackMaximumBatchSize"), serving, counts, _started(record, steps))


def _returning(record: Record, steps: Sequence[Step]) -> tuple[Sequence[Step], int]:
    """The way back, and where on it the endpoint is; nothing where it is not."""
    way = back(record, steps)
    return way, min(record.status["_back"]["Step"], len(way) - 1) if way else -1


def held_new(record: Record, steps: Sequence[Step]) -> Held | None:
    if not rolls(record):
        return None
    way, at = _returning(record, steps)
    new = way[at - 1].new or {} if at > 0 else _started(record, steps)
    return lambda variant, count: min(count, new.get(variant, count))


def held_old(record: Record, steps: Sequence[Step]) -> Held | None:
    batch = _batch(record)
    if not rolls(record) or batch == 0:
        return None
    way, at = _returning(record, steps)
    if way:
        old = way[at].old or {}
        return lambda variant, count: min(count, old.get(variant, count))
    share = steps[min(batch, len(steps)) - 1].share
    return lambda variant, count: traffic.kept(count, share)
