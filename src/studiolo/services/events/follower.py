"""Makes events of what changes its state: it follows the store's list of changes from where it left off, so nothing waits for
it, and after a crash it goes over the last part again. What state a record had is noted, so each change is told once; where
a record changes faster than it is looked at, the states between are not told.

Only projects that have, or had, a rule with a pattern are followed. Its only key is that of the mark.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.control.protocol import Again
from studiolo.services import targets
from studiolo.services.events import names, states
from studiolo.services.events.bus import Bus
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.asking import Asker, Handlers
from studiolo.store.protocol import AlreadyExists, Change, Missing, Query, Stale, Store
from studiolo.store.scan import scan

KIND = "EventFollower"
MARK = Key("", KIND, "mark")
BATCH = 500


def state_key(record: Record) -> Key:
    return Key(record.key.project, names.STATE, f"{record.key.kind}/{record.key.name}")


def begin(platform: Platform, project: str) -> None:
    """Notes what state everything has that may change it, when a project gets its first rule with a pattern."""
    try:
        platform.store.get(names.since_key(project))
        return
    except Missing:
        pass
    try:
        platform.store.create(MARK, {}, {"Sequence": platform.store.sequence()}, now=platform.clock())
    except AlreadyExists:
        pass
    for kind, told in states.TOLD.items():
        open: Sequence[str | None] = (None,) if kind == "ModelPackage" else told.open
        for state in open:
            for record in scan(platform.store, Query(kind, project, state=state)):
                _note(platform, record, None)
    try:
        platform.store.create(names.since_key(project), {}, {}, now=platform.clock())
    except AlreadyExists:
        return


def _note(platform: Platform, record: Record, known: Record | None) -> None:
    status = {"Word": states.word(record), "Created": record.created}
    try:
        if known is None:
            platform.store.create(state_key(record), {}, status, now=platform.clock())
        else:
            platform.store.write(known, now=platform.clock(), status=status)
    except (AlreadyExists, Stale, Missing):
        return


class Follower:
    kind = KIND

    def __init__(self, platform: Platform, handlers: Handlers) -> None:
        self._platform = platform
        self._asker = Asker(handlers)
        self._bus = Bus(platform)

    def keys(self) -> Sequence[Key]:
        return [MARK]

    async def reconcile(self, key: Key) -> Again | None:
        store = self._platform.store
        if not store.count(Query(names.SINCE, None)):
            return None
        try:
            mark = store.get(MARK)
        except Missing:
            try:
                mark = store.create(MARK, {}, {"Sequence": 0}, now=self._platform.clock())
            except AlreadyExists as there:
                mark = there.existing
        after, newest = int(mark.status["Sequence"]), store.sequence()
        changes = await asyncio.to_thread(store.changes, after, BATCH)
        if changes is None:
            # So long ago that the changes are no longer kept: what is now is compared with what is noted.
            await self._all()
            changes, reached, told = (), newest, True
        else:
            reached, told = (changes[-1].sequence if changes else after), False
            for one in changes:
                if one.record is not None and await self._look(one.record):
                    told = True
        if told or reached > after + BATCH or len(changes) == BATCH:
            # Where there was nothing to tell the mark stays: writing it would be one more change to follow.
            try:
                store.write(mark, now=self._platform.clock(), status={"Sequence": reached})
            except Stale:
                return Again(0)
        return Again(0) if len(changes) == BATCH else None

    async def _all(self) -> None:
        for kind in states.TOLD:
            for record in scan(self._platform.store, Query(kind, None)):
                await self._look(record)

    async def _look(self, changed: Record) -> bool:
        """Whether it was an event."""
        store = self._platform.store
        if states.word(changed) is None:
            return False
        try:
            since = store.get(names.since_key(changed.key.project)).created
            record, described = await self._now(changed.key)
        except (Missing, ApiError):
            # Nobody wants to know, or it is gone already.
            return False
        try:
            known: Record | None = store.get(state_key(record))
        except Missing:
            known = None
        word = states.word(record)
        if word is None:
            return False
        if known is not None and known.status["Created"] == record.created and known.status["Word"] == word:
            return False
        if known is None and record.created < since:
            # It had ended before anybody wanted to know.
            return False
        self._tell(record, described, word, known)
        _note(self._platform, record, known)
        return True

    async def _now(self, key: Key) -> tuple[Record, Mapping[str, Any]]:
        """A record and what Describe says of that very version of it: an event must not tell of a later state than it is for,
        which is told as well. Raises Missing, ApiError."""
        record = self._platform.store.get(key)
        while True:
            operation, params = states.described_by(record)
            described = await self._asker.ask(record, operation, params)
            after = self._platform.store.get(key)
            if states.word(after) == states.word(record):
                return record, described
            record = after

    def _tell(self, record: Record, described: Mapping[str, Any], word: str, known: Record | None) -> None:
        same = known is not None and known.status["Created"] == record.created
        before = str(known.status["Word"]) if known is not None and same else None
        version = known.version if known is not None else 0
        id = targets.token(record.key.handle(), record.created, version, word)[:32]
        id = f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}"
        told, arn = states.TOLD[record.key.kind], states.arn_of(record)
        detail = states.detail(record, described, before)
        event = names.event(record.key.project, id, "aws.sagemaker", told.kind, record.modified, [arn], detail)
        self._bus.put(record.key.project, event)


def watch(store: Store) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """A source for the control loop: only what may be an event wakes the follower, not each note of a job's progress."""
    last: dict[Key, str] = {}

    def watching(watcher: Callable[[str], None]) -> Callable[[], None]:
        def changed(change: Change) -> None:
            if change.key.kind not in states.TOLD:
                return
            word = states.word(change.record) if change.record is not None else None
            if word is None:
                last.pop(change.key, None)
            elif last.get(change.key) != word:
                last[change.key] = word
                watcher(MARK.handle())

        return store.watch(changed)

    return watching
