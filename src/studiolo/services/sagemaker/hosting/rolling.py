"""Where a rolling update stands: how many instances of both versions should run now. Pure.

Batch by batch: the new version's instances of the batch are started, get their share of the traffic and are watched; then
as large a part of the old version is stopped, and the next batch begins. All of it follows from `_shift`, so an update goes
on where it was after a crash.
"""

from collections.abc import Sequence

from studiolo.base.record import Record
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


def held_new(record: Record, steps: Sequence[Step]) -> Held | None:
    if not rolls(record):
        return None
    new = steps[min(_batch(record), len(steps) - 1)].new or {}
    return lambda variant, count: min(count, new.get(variant, count))


def held_old(record: Record, steps: Sequence[Step]) -> Held | None:
    batch = _batch(record)
    if not rolls(record) or batch == 0:
        return None
    share = steps[min(batch, len(steps)) - 1].share
    return lambda variant, count: traffic.kept(count, share)
