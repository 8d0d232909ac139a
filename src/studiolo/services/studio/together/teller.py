"""Tells people and webhooks what happens, whoever made it happen and however.

Fed by the store's watch; after a restart it looks again at all that was written since it last told something. What it makes is
named by what happened, so being killed at any moment and beginning again tells nothing twice and leaves nothing out.
Started and stopped by the wiring.
"""

import asyncio
import logging
from collections.abc import Iterator

from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.studio.identity import Accounts
from studiolo.services.studio.together import activity, notices, webhooks
from studiolo.services.studio.together.happenings import ADMINS, OUTCOMES, SOURCES, Happening, happenings
from studiolo.store.protocol import AlreadyExists, Change, Missing, Query, Stale
from studiolo.store.scan import scan

log = logging.getLogger(__name__)
CURSOR = Key("", "Cursor", "teller")
OVERLAP = 60.0
"""Seconds looked at again: what was written at the same time need not have come in order."""
OLD = 30 * 86400.0
"""What happened longer ago is no news, even where its record is written again."""
RETRY = 5.0


class Teller:
    def __init__(self, platform: Platform, accounts: Accounts) -> None:
        self._platform = platform
        self._accounts = accounts
        self._queue: asyncio.Queue[Key] = asyncio.Queue()
        self._failing: set[Key] = set()

    # What is told.

    def _people(self, project: str, what: Happening) -> list[str]:
        """Members who are told; nobody hears of what they did themselves."""
        found: list[str] = []
        for member in self._accounts.members(project):
            caller = self._accounts.caller(member.key.name, project)
            if caller is None or (what.by is not None and caller.user.casefold() == what.by.casefold()):
                continue
            named = caller.user.casefold() in {one.casefold() for one in what.to}
            if named or (ADMINS in what.to and caller.role == "admin"):
                found.append(caller.user)
        return found

    def tell(self, record: Record) -> bool:
        """Everything the record says; whether there was anything."""
        project, after = record.key.project, self._platform.clock() - OLD
        told = [one for one in happenings(record) if one.at > after]
        for what in told:
            people = self._people(project, what)
            wanting = [one for one in people if what.type not in notices.muted(self._platform, project, one)]
            for user in wanting:
                notices.tell(self._platform, project, user, what)
            if what.type in OUTCOMES:
                self._note(project, what)
            heard = frozenset(one.casefold() for one in wanting)
            for webhook in webhooks.of_project(self._platform, project):
                # What happened before there was a webhook is not for it.
                if webhook.created <= what.at and webhooks.wants(webhook, what, heard):
                    webhooks.post_later(self._platform, webhook, what)
        return bool(told)

    def _note(self, project: str, what: Happening) -> None:
        spec = {
            "User": what.to[0] if what.to else "", "Operation": what.type, "Kind": what.kind, "Name": what.name,
            "ResourceArn": what.resource, "Via": "Studio", "Status": what.status, "Reason": (what.text or "")[:500],
        }  # fmt: skip
        kept = {name: value for name, value in spec.items() if value}
        try:
            self._platform.store.create(Key(project, activity.KIND, f"o-{what.id}"), kept, {}, now=what.at)
        except AlreadyExists:
            pass

    # From where it goes on.

    def since(self) -> float | None:
        try:
            return float(self._platform.store.get(CURSOR).status["Until"])
        except Missing:
            return None

    def reached(self, moment: float) -> None:
        """Only forward."""
        store, now = self._platform.store, self._platform.clock()
        while True:
            try:
                store.create(CURSOR, {}, {"Until": moment}, now=now)
                return
            except AlreadyExists as there:
                if there.existing.status["Until"] >= moment:
                    return
                try:
                    store.write(there.existing, now=now, status={"Until": moment})
                    return
                except (Stale, Missing):
                    continue

    def missed(self) -> Iterator[Record]:
        since = self.since()
        if since is None:
            # A new studio, or one that learns to tell: what lies back is no news.
            self.reached(self._platform.clock())
            return
        for kind in SOURCES:
            yield from scan(self._platform.store, Query(kind, None, modified_after=since - OVERLAP, sort="modified"))

    # At work.

    async def start(self) -> None:
        loop = asyncio.get_running_loop()

        def changed(change: Change) -> None:
            if change.key.kind in SOURCES and change.record is not None and happenings(change.record):
                loop.call_soon_threadsafe(self._queue.put_nowait, change.key)

        self._unwatch = self._platform.store.watch(changed)
        for record in await asyncio.to_thread(lambda: list(self.missed())):
            self._queue.put_nowait(record.key)
        self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            try:
                record = self._platform.store.get(key)
                told = self.tell(record)
                self._failing.discard(key)
                if told and not self._failing:
                    self.reached(record.modified)
            except Missing:
                self._failing.discard(key)
            except Exception:
                self._failing.add(key)
                log.exception("telling of %s failed; again in %.0f s", key.handle(), RETRY)
                asyncio.get_running_loop().call_later(RETRY, self._queue.put_nowait, key)

    async def stop(self) -> None:
        self._unwatch()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
