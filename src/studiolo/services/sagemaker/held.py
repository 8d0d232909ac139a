"""Records that a controller looks at again and again and that are large: kept as they were last seen or written, and read anew
only where somebody else has written them. Their documents must be left as they are: copy, then change."""

from collections import OrderedDict

from studiolo.base.record import Key, Record
from studiolo.store.protocol import Missing, Store

KEPT = 64


class Held:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._records: OrderedDict[Key, Record] = OrderedDict()

    def get(self, key: Key) -> Record:
        """Raises Missing."""
        known = self._records.get(key)
        try:
            return self.keep(self._store.get(key) if known is None else self._store.again(known))
        except Missing:
            self.drop(key)
            raise

    def keep(self, record: Record) -> Record:
        self._records[record.key] = record
        self._records.move_to_end(record.key)
        if len(self._records) > KEPT:
            self._records.popitem(last=False)
        return record

    def drop(self, key: Key) -> None:
        self._records.pop(key, None)
