"""The storage quota while many write at once: reached to the byte, passed by none, whenever the sum is made anew."""

import asyncio
import threading

import pytest

from studiolo.base.errors import ApiError, LimitExceeded
from studiolo.base.record import Key
from studiolo.services.metering import quotas
from studiolo.services.metering.quotas import Room
from studiolo.store.memory import MemoryStore

MINE = "1" * 12


class Disk:
    """What lies there; a sum may be held up, as one over many objects is."""

    def __init__(self):
        self.bytes = 0
        self.sums = 0
        self.go = threading.Event()
        self.go.set()

    def stored(self, project):
        found = self.bytes
        self.sums += 1
        self.go.wait(5)
        return found


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def room(disk):
    store = MemoryStore({})
    store.create(Key(MINE, quotas.KIND, "quota"), {"StorageBytes": 100}, {}, now=1)
    return Room(store, disk)


class Slow:
    """A write that goes on until it is told to end."""

    def __init__(self):
        self.let_in, self.end = asyncio.Event(), asyncio.Event()

    async def __call__(self):
        self.let_in.set()
        await self.end.wait()


async def write(room, disk, size, slow=None, fails=False):
    try:
        async with room.take(MINE, size):
            if slow is not None:
                await slow()
            if fails:
                raise ConnectionError
            disk.bytes += size
    except (ApiError, ConnectionError) as error:
        return getattr(error, "code", "lost")
    return ""


def test_ten_at_once_want_the_last_place_and_one_gets_it(room, disk):
    disk.bytes = 90

    async def race():
        return await asyncio.gather(*(write(room, disk, 10) for _ in range(10)))

    assert sorted(asyncio.run(race())) == [""] + ["QuotaExceeded"] * 9
    assert disk.bytes == 100
    assert asyncio.run(write(room, disk, 0)) == ""
    assert asyncio.run(write(room, disk, 1)) == "QuotaExceeded"


def test_what_is_being_written_counts_though_no_sum_has_it(room, disk):
    async def act():
        slow = Slow()
        first = asyncio.create_task(write(room, disk, 80, slow))
        await slow.let_in.wait()
        # Summed anew, since it does not fit: the first is not on the disk.
        assert await write(room, disk, 30) == "QuotaExceeded"
        assert await write(room, disk, 20) == ""
        slow.end.set()
        assert await first == ""

    asyncio.run(act())
    assert disk.bytes == 100


def test_what_was_written_while_a_sum_was_made_counts(room, disk):
    async def act():
        slow = Slow()
        first = asyncio.create_task(write(room, disk, 60, slow))
        await slow.let_in.wait()
        disk.go.clear()
        second = asyncio.create_task(write(room, disk, 60))
        await asyncio.sleep(0.05)
        slow.end.set()
        assert await first == ""
        disk.go.set()
        assert await second == "QuotaExceeded"

    asyncio.run(act())


def test_what_was_lost_gives_its_room_back(room, disk):
    assert asyncio.run(write(room, disk, 100, fails=True)) == "lost"
    assert asyncio.run(write(room, disk, 100)) == ""


def test_whoever_does_not_say_how_much_is_let_in_only_where_there_is_no_quota(room, disk):
    assert asyncio.run(write(room, disk, None)) == "MissingContentLength"
    free = Room(MemoryStore({}), disk)

    async def unknown():
        async with free.take(MINE, None):
            return True

    assert asyncio.run(unknown()) and disk.sums == 0


def test_a_job_begins_while_a_byte_is_free(room, disk):
    disk.bytes = 99
    room.check(MINE)
    asyncio.run(write(room, disk, 1))
    with pytest.raises(LimitExceeded, match="is 100 Bytes, with current utilization of 100 Bytes"):
        room.check(MINE)
    disk.bytes = 50
    room.check(MINE)
