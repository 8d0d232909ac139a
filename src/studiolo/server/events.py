"""Server-sent events: every change of a record of the caller's project, small, in order, replayable by its number.

A slow reader is not waited for: what it has not read yet is kept once per key, so memory is bounded by the number of
records that changed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson

from studiolo.base.record import Key
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
    {"AccessKey", "Session", "Invitation", "User", "SignInToken", "ExternalPerson", "GroupMapping", "PipelineCache"}
)
"""Kinds whose changes are nobody's business on this stream."""


async def stream(store: Store, project: str, since: int | None) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    pending: dict[Key, Change] = {}
    wake = asyncio.Event()

    def put(change: Change) -> None:
        pending.pop(change.key, None)
        pending[change.key] = change
        wake.set()

    def watcher(change: Change) -> None:
        if change.key.project == project and change.key.kind not in HIDDEN:
            loop.call_soon_threadsafe(put, change)

    unwatch = store.watch(watcher)
    try:
        yield b"retry: 1000\n\n"
        if since is None:
            yield b"event: start\nid: %d\ndata: {}\n\n" % store.sequence()
        else:
            missed = store.changes(since, 5000)
            if missed is None or len(missed) == 5000:
                yield b"event: reset\nid: %d\ndata: {}\n\n" % store.sequence()
            else:
                for change in missed:
                    if change.key.project == project and change.key.kind not in HIDDEN:
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
            yield b"".join(_frame(change) for change in batch)
            # Many changes in a moment become one frame per key.
            await asyncio.sleep(0.05)
    finally:
        unwatch()
