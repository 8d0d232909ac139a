"""What an instance may use of the machine's memory, and what its processes use now. Linux only, as all of this is."""

import contextlib
import ctypes
import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""Of mallopt(3)."""


def limit() -> int:
    """Bytes: the least of the instance's size, its control group's and the machine's."""
    found = [_PAGE * os.sysconf("SC_PHYS_PAGES")]
    with contextlib.suppress(ValueError):
        found.append(int(os.environ.get("STUDIOLO_MEMORY", "")))
    for path in _CGROUPS:
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(path).read_text()))
    return min(one for one in found if one > 0)


def own(pid: int | str = "self") -> int:
    """Bytes that a process holds for itself alone: pages it shares with its parent since the fork count too, until
    somebody can tell them apart; so it is compared with what it was, not taken by itself."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            words = file.read().split()
        return (int(words[1]) - int(words[2])) * _PAGE
    except (OSError, IndexError):
        return 0


def give_back() -> None:
    """Freed memory goes back to the machine, as far as the C library can."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def keep() -> None:
    """Freed memory stays with the process, for what is next of that size: where large pieces come and go all the time,
    their pages would otherwise be taken from the machine and zeroed again for each. glibc only."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        for name, value in ((_MMAP_THRESHOLD, 32 << 20), (_TRIM_THRESHOLD, 256 << 20), (_TOP_PAD, 16 << 20)):
            library.mallopt(name, value)
