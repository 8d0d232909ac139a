import asyncio

import pytest

from studiolo.base.record import Key
from studiolo.control import loop as loops
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


class Told(Controller):
    def __init__(self, act):
        super().__init__(act)
        self.told = []
        self.answer = lambda: None

    async def failing(self, key, error, failures):
        self.told.append((key.name, str(error), failures))
        self.answer()


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr("studiolo.control.loop.FIRST_RETRY", 0.001)
    monkeypatch.setattr("studiolo.control.loop.LAST_RETRY", 0.002)
    monkeypatch.setattr("studiolo.control.loop.PATIENCE_TRIES", 3)
    monkeypatch.setattr("studiolo.control.loop.PATIENCE_SECONDS", 0.0)


async def until(condition, tmp_path, controller, work):
    store = MemoryStore()
    loop = ControlLoop(store, FakeRunner(tmp_path), [controller])
    await loop.start()
    work(store)
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)
    await loop.stop()


async def test_what_goes_on_failing_is_told_and_tried_on(tmp_path, hasty):
    async def fails(n):
        if n <= 6:
            raise RuntimeError(f"try {n}")
        if n == 8:
            raise RuntimeError("once more")

    controller = Told(fails)

    def act():
        raise ValueError("telling fails too")

    controller.answer = act
    record = None

    def create(store):
        nonlocal record
        record = store.create(KEY, {}, {}, now=1)
        controller.store = store

    await until(lambda: len(controller.calls) >= 7, tmp_path, controller, create)
    assert controller.told == [("a", f"try {n}", n) for n in (3, 4, 5, 6)]


async def test_a_success_ends_the_count(tmp_path, hasty):
    async def now_and_then(n):
        if n % 3:
            raise RuntimeError("again")
        return Again(0.001)

    controller = Told(now_and_then)
    await until(
        lambda: len(controller.calls) > 12, tmp_path, controller, lambda store: store.create(KEY, {}, {}, now=1)
    )
    assert controller.told == []


async def test_what_fails_shortly_is_not_told(tmp_path, hasty, monkeypatch):
    monkeypatch.setattr("studiolo.control.loop.PATIENCE_SECONDS", 3600.0)

    async def fails(n):
        raise RuntimeError("again")

    controller = Told(fails)
    await until(lambda: len(controller.calls) > 8, tmp_path, controller, lambda store: store.create(KEY, {}, {}, now=1))
    assert controller.told == []


async def test_a_controller_that_wakes_itself_and_fails_does_not_spin(tmp_path, monkeypatch):
    monkeypatch.setattr("studiolo.control.loop.FIRST_RETRY", 0.1)
    store = MemoryStore()

    async def writes_and_fails(n):
        store.write(store.get(KEY), now=2, status={"n": n})
        raise RuntimeError("after the write")

    controller = Controller(writes_and_fails)
    loop = ControlLoop(store, FakeRunner(tmp_path), [controller])
    await loop.start()
    store.create(KEY, {}, {}, now=1)
    async with asyncio.timeout(10):
        while len(controller.calls) < 4:
            await asyncio.sleep(0)
    await loop.stop()
    waits = loop._failures[KEY].last - loop._failures[KEY].first
    assert waits >= 0.1 * (loop._failures[KEY].count - 1)


def test_the_tenth_try_comes_after_the_patience_is_over():
    waits = sum(backoff(n, 0.5) for n in range(1, loops.PATIENCE_TRIES))
    assert loops.PATIENCE_SECONDS <= waits <= 150


def test_backoff_grows_and_stays_bounded():
    waits = [backoff(n, 0.5) for n in range(1, 20)]
    assert waits == sorted(waits) and waits[0] < 0.5 and waits[-1] <= 60


def test_one_home_one_server(tmp_path):
    lease = Lease(tmp_path / "lock")
    with pytest.raises(Held, match="process"):
        Lease(tmp_path / "lock")
    lease.release()
    Lease(tmp_path / "lock").release()
