"""What lies in spaces' homes: measured as it lies on the disk, whatever code put there, and noted only where it changed."""

import asyncio
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studiolo.base.errors import ApiError, LimitExceeded
from studiolo.base.record import Key
from studiolo.blobs.memory import MemoryBlobs
from studiolo.services.metering import homes, quotas
from studiolo.services.metering.admission import Admission
from studiolo.services.metering.homes import Homes, size_of
from studiolo.services.metering.quotas import Room
from studiolo.store.memory import MemoryStore

MINE = "111111111111"


def file(path: Path, size: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as it:
        it.write(os.urandom(size))
        # Before that a file system may not know what it takes.
        it.flush()
        os.fsync(it.fileno())
    return path


def test_a_home_is_what_it_takes_on_the_disk(tmp_path: Path) -> None:
    empty = size_of(tmp_path / "home")
    (tmp_path / "home").mkdir()
    file(tmp_path / "home" / "a" / "b" / "data", 100_000)
    first = size_of(tmp_path / "home")
    assert empty == 0 and 100_000 <= first < 130_000
    os.link(tmp_path / "home" / "a" / "b" / "data", tmp_path / "home" / "again")
    with (tmp_path / "home" / "holes").open("wb") as holes:
        holes.truncate(10**12)
    assert size_of(tmp_path / "home") < first + 20_000


def test_no_link_leads_out_of_a_home(tmp_path: Path) -> None:
    file(tmp_path / "outside" / "large", 1_000_000)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "home" / "self").symlink_to(tmp_path / "home")
    (tmp_path / "home" / "nowhere").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "home" / "pipe")
    assert size_of(tmp_path / "home") < 20_000


def test_a_tree_deeper_than_any_path_is_walked_as_far_as_paths_go(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(100):
        os.mkdir("d" * 100, dir_fd=here)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert size_of(tmp_path) >= 0


def test_what_changed_is_noted_and_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    store = MemoryStore({})
    it = Homes(store, tmp_path, time.time)
    it.measure_all()
    it.measure(MINE)
    assert homes.noted(store, MINE) == {}
    file(tmp_path / MINE / "lab-1" / "x", 50_000)
    file(tmp_path / MINE / "own-2" / "x", 8_000)
    it.measure_all()
    found = homes.noted(store, MINE)
    assert set(found["Homes"]) == {"lab-1", "own-2"} and found["Bytes"] == sum(found["Homes"].values()) > 58_000
    version = store.get(homes.key_of(MINE)).version
    it.measure_all()
    assert store.get(homes.key_of(MINE)).version == version
    (tmp_path / MINE / "lab-1" / "x").unlink()
    it.measure_all()
    assert homes.noted(store, MINE)["Homes"]["lab-1"] < 10_000


async def written(room: Room, size: int) -> str:
    try:
        async with room.take(MINE, size):
            pass
    except ApiError as error:
        return error.code
    return ""


def test_homes_count_for_the_quota(tmp_path: Path) -> None:
    store, blobs = MemoryStore({}), MemoryBlobs()
    meter: Any = SimpleNamespace(ask=lambda question: [])  # pyright: ignore
    admit = Admission(store, meter, time.time, Room(store, blobs))
    store.create(Key(MINE, quotas.KIND, "quota"), {"StorageBytes": 1_000_000}, {}, now=1)
    for kind in quotas.WRITING:
        admit(Key(MINE, kind, "one"), "ann", {})
    assert asyncio.run(written(Room(store, blobs), 500_000)) == ""
    store.create(homes.key_of(MINE), {}, {"Bytes": 1_000_000, "Homes": {}}, now=1)
    admit = Admission(store, meter, time.time, Room(store, blobs))
    for kind in quotas.WRITING:
        with pytest.raises(
            LimitExceeded, match="'Storage of the project' is 1000000 Bytes, with current utilization of 1000000"
        ):
            admit(Key(MINE, kind, "one"), "ann", {})
    assert asyncio.run(written(Room(store, blobs), 1)) == "QuotaExceeded"
    # What only reads or serves goes on.
    admit(Key(MINE, "Model", "one"), "ann", {})
    # And room that is made is seen at the next try.
    record = store.get(homes.key_of(MINE))
    store.write(record, now=2, status={"Bytes": 0, "Homes": {}})
    admit(Key(MINE, "TrainingJob", "one"), "ann", {})
