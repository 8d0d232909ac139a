"""A piece of the disk kept back, so that on a full disk the studio can still write what is true: that a job has failed, and why.

Held as a file of its size. The store gives it up when a write finds no space, and takes it again when there is some.
"""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

SIZE = 32 * 2**20
PART = 0.1
"""Of the file system, at most."""


NOTHING = 2**20
"""Free bytes under which a failed write is a full disk's fault."""


def disk_full(error: sqlite3.Error, path: Path) -> bool:
    """Whether SQLite failed for want of space: it says so, or only that a write failed."""
    code = error.sqlite_errorcode & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return True
    return code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and shutil.disk_usage(path.parent).free < NOTHING


def _part(usage: tuple[int, int, int], size: int = SIZE) -> int:
    return min(size, int(usage[0] * PART))


def scarce(path: Path) -> bool:
    """Whether so little is free where path lies that nothing large may be begun: it would end in the reserve."""
    usage = shutil.disk_usage(path)
    return usage.free < _part(usage)


class Reserve:
    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self._size = size
        self.hold()

    def hold(self) -> bool:
        """Whether it is held now. Takes it only where as much again stays free."""
        usage = shutil.disk_usage(self._path.parent)
        size = _part(usage, self._size)
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_size >= size:
                return True
        if usage.free < 2 * size:
            return False
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
