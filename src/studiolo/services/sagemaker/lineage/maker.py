"""Makes lineage by itself, of what has ended, was registered or serves: it follows the store's list of changes from where
it left off, so nothing waits for it, and after a crash it goes over the last part again. What it makes has names of its own
making, so doing that twice makes it once. Lineage stays when what it tells of is deleted.

Its only key is that of the mark that says how far it has come.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.lineage import facts, graph
from studiolo.services.sagemaker.lineage.graph import Edge
from studiolo.store.protocol import AlreadyExists, Change, Missing, Query, Stale, Store, StoreError
from studiolo.store.scan import scan

log = logging.getLogger(__name__)

KIND = "Lineage"
MARK = Key("", KIND, "mark")
BATCH = 500
REST = 0.2
"""Seconds between two looks at what has changed."""
FOLLOWED = ("Status", "EndTime", "Properties")
"""Members that are renewed when they are told anew: what else an entity says stays as it was, or as a person changed it."""


class LineageMaker:
    kind = KIND

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._rests_until = 0.0

    def keys(self) -> Sequence[Key]:
        return [MARK]

    async def reconcile(self, key: Key) -> Again | None:
        # Nothing waits for it, and many changes are one transaction's work less on the way of those who do.
        now = time.monotonic()
        if now < self._rests_until:
            return Again(self._rests_until - now)
        self._rests_until = now + REST
        return await asyncio.to_thread(self._go_on)

    def _go_on(self) -> Again | None:
        store = self._platform.store
        try:
            mark = store.get(MARK)
        except Missing:
            try:
                mark = store.create(MARK, {}, {"Sequence": 0}, now=self._platform.clock())
            except AlreadyExists as there:
                mark = there.existing
        after = int(mark.status["Sequence"])
        # Taken first: what changes meanwhile is looked at again.
        newest = store.sequence()
        changes = store.changes(after, BATCH)
        if changes is None:
            self._all()
            changes, reached, told = (), newest, True
        else:
            reached = changes[-1].sequence if changes else after
            records = [one.record for one in changes if one.record is not None and facts.tells(one.record)]
            for record in records:
                self._tell(record)
            told = bool(records)
        if told or reached > after + BATCH or len(changes) == BATCH:
            # Where there was nothing to tell the mark stays: writing it would be one more change to follow.
            try:
                store.write(mark, now=self._platform.clock(), status={"Sequence": reached})
            except Stale:
                return Again(0)
        return Again(0) if len(changes) == BATCH else None

    def _all(self) -> None:
        """The changes since the mark are no longer kept, or the records came from elsewhere."""
        for kind in facts.KINDS:
            for record in scan(self._platform.store, Query(kind, None)):
                if facts.tells(record):
                    self._tell(record)

    def _tell(self, record: Record) -> None:
        try:
            told = facts.of(record)
            found: dict[Key, Record | None] = {
                key: self._entity(one.key, dict(one.spec), record) for key, one in told.entities.items()
            }
            for source, destination, type in told.ways:
                for end in (source, destination):
                    if end not in found:
                        found[end] = self._there(end)
                one, other = found[source], found[destination]
                if one is not None and other is not None:
                    self._edge(one, other, type, record)
        except StoreError:
            raise
        except Exception:
            # One record that can't be told must not keep all others from being told.
            log.exception("the lineage of %s could not be told", record.key.handle())

    def _there(self, key: Key) -> Record | None:
        try:
            return self._platform.store.get(key)
        except Missing:
            return None

    def _entity(self, key: Key, spec: dict[str, object], record: Record) -> Record:
        store = self._platform.store
        while True:
            found = self._there(key)
            if found is None:
                try:
                    made = {**spec, "_user": record.spec.get("_user", "")}
                    return store.create(key, made, {}, now=self._platform.clock())
                except AlreadyExists:
                    continue
            new = {name: spec[name] for name in FOLLOWED if name in spec}
            if key.kind == graph.ARTIFACT or all(found.spec.get(name) == value for name, value in new.items()):
                return found
            try:
                return store.write(found, now=self._platform.clock(), spec={**found.spec, **new})
            except (Stale, Missing):
                continue

    def _edge(self, source: Record, destination: Record, type: str, record: Record) -> None:
        edge = Edge(graph.arn_of(source.key), graph.arn_of(destination.key), type)
        key = Key(source.key.project, graph.ASSOCIATION, edge.name)
        if self._there(key) is None:
            spec = graph.edge_spec(edge, source, destination, str(record.spec.get("_user", "")))
            try:
                self._platform.store.create(key, spec, {}, now=self._platform.clock())
            except AlreadyExists:
                return


def watch(store: Store) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """A source for the control loop: only what tells something wakes the maker."""

    def watching(watcher: Callable[[str], None]) -> Callable[[], None]:
        def changed(change: Change) -> None:
            if change.record is not None and facts.tells(change.record):
                watcher(MARK.handle())

        return store.watch(changed)

    return watching
