"""How much lies in the homes of a project's spaces: walked in a thread of its own, again and again, and noted for each
project, so that a quota and a page read one record and never a folder.

The walk takes a tenth of a core's time at most, in slices of a few milliseconds: requests do not feel it. What lies there was
put by code that may mean harm: no link is followed, and no other file system is entered.
"""

import asyncio
import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from studiolo.base.clock import Clock
from studiolo.base.record import Key
from studiolo.store.protocol import AlreadyExists, Missing, Stale, Store, StoreFull

log = logging.getLogger(__name__)

KIND = "StorageUse"
PERIOD = 5.0
"""Seconds between two walks, and at least as long as the last one took."""
SLICE, REST = 0.004, 0.036
"""Seconds of walking, and of leaving the processor to others after them."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def key_of(project: str) -> Key:
    return Key(project, KIND, "homes")


def noted(store: Store, project: str) -> Mapping[str, Any]:
    """Bytes; Homes: bytes by the home's folder. Empty where nothing was measured yet."""
    try:
        return store.get(key_of(project)).status
    except Missing:
        return {}


def _entries(path: str, device: int) -> Iterator[tuple[str, os.stat_result]]:
    try:
        folder = os.open(path, _FOLDER)
    except OSError:
        return
    try:
        if os.fstat(folder).st_dev != device:
            return
        with os.scandir(folder) as found:
            for entry in found:
                try:
                    yield entry.name, entry.stat(follow_symlinks=False)
                except OSError:
                    # Removed meanwhile.
                    continue
    except OSError:
        return
    finally:
        os.close(folder)


def size_of(home: Path, pause: Callable[[], None] = lambda: None) -> int:
    """Bytes it takes on the disk: a file with holes by what is filled, one with several names once."""
    try:
        device = home.stat().st_dev
    except OSError:
        return 0
    total, folders, seen = 0, [str(home)], set[int]()
    while folders:
        path = folders.pop()
        for name, about in _entries(path, device):
            pause()
            if about.st_nlink > 1 and not stat.S_ISDIR(about.st_mode):
                if about.st_ino in seen:
                    continue
                seen.add(about.st_ino)
            total += about.st_blocks * 512
            if stat.S_ISDIR(about.st_mode):
                folders.append(f"{path}/{name}")
    return total


class Homes:
    def __init__(self, store: Store, folder: Path, clock: Clock) -> None:
        """folder: <project>/<home of a space>."""
        self._store, self._folder, self._clock = store, folder, clock
        self._closing = threading.Event()
        self._until = 0.0

    def _pause(self) -> None:
        if time.monotonic() > self._until:
            self._closing.wait(REST)
            self._until = time.monotonic() + SLICE
            if self._closing.is_set():
                raise InterruptedError

    def measure(self, project: str) -> None:
        try:
            homes = sorted(one.name for one in (self._folder / project).iterdir())
        except OSError:
            homes = []
        sizes = {name: size_of(self._folder / project / name, self._pause) for name in homes}
        self._note(project, sizes)

    def _note(self, project: str, sizes: Mapping[str, int]) -> None:
        status, known = {"Bytes": sum(sizes.values()), "Homes": dict(sizes)}, noted(self._store, project)
        # Nothing at all is not noted either: the project may be gone.
        while status != known and (sizes or known):
            try:
                self._store.create(key_of(project), {}, status, now=self._clock())
                return
            except AlreadyExists as there:
                try:
                    self._store.write(there.existing, now=self._clock(), status=status)
                    return
                except (Stale, Missing):
                    continue
            except StoreFull:
                return

    def measure_all(self) -> None:
        try:
            projects = sorted(one.name for one in self._folder.iterdir())
        except OSError:
            return
        for project in projects:
            self.measure(project)

    def _run(self) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                self.measure_all()
            except InterruptedError:
                return
            except Exception:
                log.exception("measuring the homes of spaces failed; again soon")
            self._closing.wait(max(PERIOD, time.monotonic() - began))

    async def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="homes", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        self._closing.set()
        await asyncio.to_thread(self._thread.join, 5)
