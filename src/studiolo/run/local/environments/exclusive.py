"""One at a time, over all threads and processes: a lock that is a file, and that may be taken away by who holds it."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path


def _same(path: Path, number: int) -> bool:
    """Whether the open file is still the one that lies there: who held it before may have taken it away."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    held = os.fstat(number)
    return (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)


@contextlib.contextmanager
def exclusive(path: Path, wait: bool = True) -> Generator[bool]:
    """False, only where it should not wait: somebody else holds it. Who holds it may unlink `path` as the last thing."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    while True:
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            if _same(path, file.fileno()):
                yield True
                return
