"""The stream of changes: who hears what, and when it ends."""

import asyncio
import time

import pytest

from studiolo.base.record import Key
from studiolo.server.events import Listener, stream
from studiolo.store.memory import MemoryStore

ACCOUNT = "1" * 12
MINE = {Key("", "Session", "mine"), Key(ACCOUNT, "Member", "Ann")}
OTHERS = {Key("", "Session", "other"), Key(ACCOUNT, "Member", "bob"), Key("2" * 12, "Member", "ann")}


async def end_after(store: MemoryStore, gone: Key) -> bytes:
    """What is heard once a record has gone, and a job of the project was changed."""
    frames = stream(store, Listener(ACCOUNT, "ann", "", "mine"), None)
    retry, start = await anext(frames), await anext(frames)
    assert retry.startswith(b"retry") and start.startswith(b"event: start")
    store.delete(store.get(gone))
    store.create(Key(ACCOUNT, "TrainingJob", "j"), {}, {}, now=time.time())
    heard = b""
    try:
        async with asyncio.timeout(5):
            async for frame in frames:
                heard += frame
                if b"TrainingJob" in frame:
                    break
    finally:
        await frames.aclose()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    return heard


@pytest.mark.parametrize("gone", sorted(MINE | OTHERS, key=str))
def test_it_ends_with_ones_own_session_and_membership_and_no_others(gone: Key) -> None:
    store = MemoryStore({})
    for key in MINE | OTHERS:
        store.create(key, {}, {}, now=1)
    heard = asyncio.run(end_after(store, gone))
    assert (b"event: out" in heard) == (gone in MINE)
    assert (b"TrainingJob" in heard) == (gone not in MINE)
    # What goes on at the door is nobody's business.
    assert b"Session" not in heard
