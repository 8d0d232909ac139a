"""One network of their own for the hosts of a group that is cut off: they reach one another by loopback and nothing else.

The first member's shim makes the network namespace and the others join it. Who is in it stands in a file of the group's;
the namespace lives as long as one of them does. Called in a shim before it forks its init. Standard library only.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator

from studiolo.run.local import namespaces


def enter(path: str, start_time: Callable[[int], int]) -> None:
    """Afterwards this process is in the group's network, and root of its own where it was not root before."""
    with open(path, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not any(_join(pid) for pid in _living(path, start_time)):
            if os.getuid() != 0:
                namespaces.become_root_of_own()
            namespaces.unshare(namespaces.CLONE_NEWNET)
            namespaces.loopback_up()
        file.write(f"{os.getpid()} {start_time(os.getpid())}\n")


def _living(path: str, start_time: Callable[[int], int]) -> Iterator[int]:
    with open(path) as file:
        for line in file:
            pid, began = map(int, line.split())
            with contextlib.suppress(OSError, ValueError):
                if start_time(pid) == began:
                    yield pid


def _join(pid: int) -> bool:
    """False where it ended meanwhile. Whoever made the user namespace may enter it, and has all rights there."""
    try:
        with open(f"/proc/{pid}/ns/net") as net, open(f"/proc/{pid}/ns/user") as user:
            if os.getuid() != 0:
                namespaces.join(user.fileno(), namespaces.CLONE_NEWUSER)
            namespaces.join(net.fileno(), namespaces.CLONE_NEWNET)
    except FileNotFoundError:
        return False
    return True
