"""Whether something that needs instances, or room to write, may begin: asked by the verbs before they write (platform.admit)."""

from studiolo.base.clock import Clock
from studiolo.base.record import Document, Key
from studiolo.meter.protocol import Meter
from studiolo.services.metering import budgets, quotas
from studiolo.store.protocol import Store


class Admission:
    def __init__(self, store: Store, meter: Meter, clock: Clock, room: quotas.Room) -> None:
        self._store, self._meter, self._clock, self.room = store, meter, clock, room

    def __call__(self, key: Key, user: str, spec: Document) -> None:
        """Raises LimitExceeded."""
        if key.kind in budgets.REFUSED and quotas.grows(self._store, key, spec):
            budgets.refuse(self._store, self._meter, key.project, user, self._clock())
        if key.kind in quotas.COMPUTE:
            quotas.check(self._store, key, spec)
        if key.kind in quotas.WRITING:
            self.room.check(key.project)
