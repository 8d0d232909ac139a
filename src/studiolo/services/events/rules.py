"""Rules with a schedule: when their time has come, an event goes to their targets."""

from collections.abc import Sequence

from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services import targets
from studiolo.services.events import names
from studiolo.services.events.bus import Bus
from studiolo.services.platform import Platform
from studiolo.services.scheduler import timing
from studiolo.store.protocol import Missing, Query, Stale
from studiolo.store.scan import scan

LONGEST = 3600.0


class RuleController:
    kind = names.RULE

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._bus = Bus(platform)

    def keys(self) -> Sequence[Key]:
        query = Query(self.kind, None, state=names.ENABLED, labels={"By": "time"})
        return [one.key for one in scan(self._platform.store, query)]

    async def reconcile(self, key: Key) -> Again | None:
        try:
            return self._step(self._platform.store.get(key))
        except Missing:
            return None
        except Stale:
            return Again(0)

    def _step(self, record: Record) -> Again | None:
        if record.spec["State"] != names.ENABLED or not record.spec.get("ScheduleExpression"):
            return None
        now = self._platform.clock()
        due = timing.of(record.spec, at_once=False).next(float(record.status.get("Handled", 0.0)))
        if due is None:
            return None
        if due > now:
            return Again(min(due - now, LONGEST))
        project, name = record.key.project, record.key.name
        id = targets.token(project, name.lower(), record.created, record.spec["_since"], due)[:32]
        arn = names.rule_arn(project, name)
        self._bus.deliver(record, names.event(project, id, "aws.events", "Scheduled Event", due, [arn], {}))
        self._platform.store.write(record, now=now, status={"Handled": now})
        return Again(0)
