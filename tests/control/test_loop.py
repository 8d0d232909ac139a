import asyncio

import pytest

from studiolo.base.record import Key
from studiolo.control.lease import Held, Lease
from studiolo.control.loop import ControlLoop, backoff
from studiolo.control.protocol import Again
from studiolo.control.queue import Queue
from studiolo.run.fake import FakeRunner
from studiolo.store.memory import MemoryStore

KEY = Key("1", "Thing", "a")


class Controller:
    kind = "Thing"

    def __init__(self, act):
        self.calls = []
        self.running = self.most = 0
        self._act = act

    def keys(self):
        return []

    async def reconcile(self, key):
        self.calls.append(key.name)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return await self._act(len(self.calls))
        finally:
            self.running -= 1


async def looped(controller, tmp_path, work, seconds=0.3):
    store = MemoryStore()
    loop = ControlLoop(store, FakeRunner(tmp_path), [controller])
    await loop.start()
    work(store)
    await asyncio.sleep(seconds)
    await loop.stop()


async def test_a_write_is_reconciled_and_never_twice_at_once(tmp_path):
    async def slow(n):
        await asyncio.sleep(0.05)

    controller = Controller(slow)

    def work(store):
        record = store.create(KEY, {}, {}, now=1)
        for number in range(20):
            record = store.write(record, now=2, status={"n": number})

    await looped(controller, tmp_path, work)
    assert controller.most == 1
    assert 1 <= len(controller.calls) <= 4


async def test_what_fails_is_tried_again_and_does_not_end_the_loop(tmp_path):
    async def fails(n):
        if n < 3:
            raise RuntimeError("not yet")
        if n == 3:
            raise asyncio.CancelledError

    controller = Controller(fails)

    def work(store):
        store.create(KEY, {}, {}, now=1)
        asyncio.get_running_loop().call_later(1.2, lambda: store.create(Key("1", "Thing", "b"), {}, {}, now=1))

    await looped(controller, tmp_path, work, 1.5)
    assert controller.calls.count("a") == 3 and "b" in controller.calls


async def test_again_comes_again(tmp_path):
    async def again(n):
        return Again(0.01) if n < 5 else None

    controller = Controller(again)
    await looped(controller, tmp_path, lambda store: store.create(KEY, {}, {}, now=1))
    assert len(controller.calls) == 5


async def test_the_queue_hands_a_key_out_again_if_it_came_while_it_was_worked_on():
    queue = Queue()
    queue.add(KEY)
    assert await queue.take() == KEY
    queue.add(KEY)
    queue.add(KEY)
    assert queue._ready == {}
    queue.done(KEY)
    assert await queue.take() == KEY
    queue.done(KEY)
    assert queue.idle


def test_backoff_grows_and_stays_bounded():
    waits = [backoff(n, 0.5) for n in range(1, 20)]
    assert waits == sorted(waits) and waits[0] < 0.5 and waits[-1] <= 60


def test_one_home_one_server(tmp_path):
    lease = Lease(tmp_path / "lock")
    with pytest.raises(Held, match="process"):
        Lease(tmp_path / "lock")
    lease.release()
    Lease(tmp_path / "lock").release()
