"""Server-sent events: every change of a record of the caller's project, small, in order, replayable by its number.

A slow reader is not waited for: what it has not read yet is kept once per key, so memory is bounded by the number of
records that changed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from studiolo.base.clock import Clock, system_clock
from studiolo.base.record import Key
from studiolo.services.presence import Presence
from studiolo.store.protocol import Change, Store

HEARTBEAT = 15.0
StatusOf = Callable[[Change], dict[str, Any]]


def describe(change: Change) -> dict[str, Any]:
    record = change.record
    event: dict[str, Any] = {
        "id": change.sequence,
        "kind": change.key.kind,
        "name": change.key.name,
        "deleted": record is None,
    }
    if record is not None:
        status = record.status
        word = next((status[name] for name in status if name.endswith("Status") and name != "SecondaryStatus"), "")
        event |= {
            "version": record.version,
            "status": word if isinstance(word, str) else "",
            "secondary": status.get("SecondaryStatus", ""),
            "progress": status.get("_progress"),
        }
    return event


def _frame(change: Change) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (change.sequence, orjson.dumps(describe(change)))


HIDDEN = frozenset(
    {"AccessKey", "Session", "Invitation", "User", "SignInToken", "ExternalPerson", "GroupMapping", "PipelineCache",
     "NotificationPreferences", "WebhookDelivery", "Cursor", "StorageUse"}
)  # fmt: skip
"""Kinds whose changes are nobody's business on this stream."""


PERSONAL = frozenset({"PersonNotification"})
"""Kinds whose changes are one person's business, who stands before the colon of the name."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Whose stream it is. tab: the page that listens, which is here for as long as it does. session: the id of the one that
    it came by."""

    project: str
    user: str = ""
    tab: str = ""
    session: str = ""

    def may_hear(self, change: Change) -> bool:
        key = change.key
        if key.project != self.project or key.kind in HIDDEN:
            return False
        return key.kind not in PERSONAL or key.name.partition(":")[0] == self.user.casefold()

    def is_out(self, change: Change) -> bool:
        """No member any more, or signed out: the stream ends at once."""
        key = change.key
        if key.kind == "Session":
            mine = key.name == self.session
        else:
            mine = key.project == self.project and key.kind == "Member" and key.name.casefold() == self.user.casefold()
        return mine and change.record is None


async def stream(
    store: Store, listener: Listener, since: int | None, presence: Presence | None = None, clock: Clock = system_clock
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    pending: dict[Key, Change] = {}
    wake = asyncio.Event()
    out, moved = False, False

    def put(change: Change) -> None:
        nonlocal out
        if listener.is_out(change):
            out = True
        pending.pop(change.key, None)
        pending[change.key] = change
        wake.set()

    def watcher(change: Change) -> None:
        if listener.may_hear(change) or listener.is_out(change):
            loop.call_soon_threadsafe(put, change)

    def somebody_moved() -> None:
        nonlocal moved
        moved = True
        wake.set()

    here = presence if presence is not None and listener.tab and listener.project else None
    unwatch = store.watch(watcher)
    leave = here.watch(listener.project, somebody_moved) if here else None
    try:
        if here:
            here.enter(listener.project, listener.user, listener.tab, clock())
        yield b"retry: 1000\n\n"
        if since is None:
            yield b"event: start\nid: %d\ndata: {}\n\n" % store.sequence()
        else:
            missed = store.changes(since, 5000)
            if missed is None or len(missed) == 5000:
                yield b"event: reset\nid: %d\ndata: {}\n\n" % store.sequence()
            else:
                for change in missed:
                    if listener.may_hear(change):
                        yield _frame(change)
        while True:
            try:
                await asyncio.wait_for(wake.wait(), HEARTBEAT)
            except TimeoutError:
                yield b": heartbeat\n\n"
                continue
            wake.clear()
            batch = list(pending.values())
            pending.clear()
            if out:
                yield b"event: out\ndata: {}\n\n"
                return
            presently, moved = b"event: presence\ndata: {}\n\n" if moved else b"", False
            yield b"".join(_frame(change) for change in batch) + presently
            # Many changes in a moment become one frame per key.
            await asyncio.sleep(0.05)
    finally:
        unwatch()
        if here and leave:
            leave()
            here.leave(listener.project, listener.user, listener.tab)
