"""Hears the file `ready` appear in an instance's run folder, at once instead of by looking again and again (inotify).

Used where somebody waits for an instance to come up. Where the machine gives no inotify nothing is heard, and callers that
look now and then find it all the same.
"""

import contextlib
import ctypes
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path

IN_CREATE, IN_ONLYDIR, IN_IGNORED = 0x100, 0x01000000, 0x8000
_EVENT = struct.Struct("iIII")


Tell = Callable[[str], None]


class _Ear:
    """One a process: the system gives a user few of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awaited: dict[int, tuple[str, Tell]] = {}
        self._fd = -1

    def expect(self, folder: Path, handle: str, tell: Tell) -> None:
        with self._lock, contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None, use_errno=True)
            if self._fd < 0:
                self._fd = libc.inotify_init1(os.O_CLOEXEC)
                if self._fd < 0:
                    return
                threading.Thread(target=self._listen, args=(self._fd,), name="readiness", daemon=True).start()
            watch = libc.inotify_add_watch(self._fd, os.fsencode(folder), IN_CREATE | IN_ONLYDIR)
            if watch >= 0:
                self._awaited[watch] = handle, tell

    def _listen(self, fd: int) -> None:
        while True:
            data = os.read(fd, 1 << 16)
            at = 0
            while at < len(data):
                watch, mask, _, length = _EVENT.unpack_from(data, at)
                name = data[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0")
                at += _EVENT.size + length
                with self._lock:
                    found = self._awaited.pop(watch, None) if mask & IN_IGNORED else self._awaited.get(watch)
                if found is not None and name == b"ready":
                    # Whoever it is told to may be gone; the others are told all the same.
                    with contextlib.suppress(Exception):
                        found[1](found[0])


_ear = _Ear()


class Readiness:
    def __init__(self, tell: Tell) -> None:
        """tell: called with the handle, from another thread."""
        self._tell = tell

    def expect(self, folder: Path, handle: str) -> None:
        """To be called before the instance is started; the folder is there and empty."""
        _ear.expect(folder, handle, self._tell)
