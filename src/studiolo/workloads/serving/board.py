"""What workers and their supervisor say to each other: when a worker's request began (shared memory, one number each), and
connections that are another worker's matter (a socket each).
"""

import mmap
import socket
import struct
import time


class Board:
    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._memory = mmap.mmap(-1, 8 * workers)
        # Datagrams: a connection is handed over whole or not at all, by whoever has one.
        self._inboxes = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(workers)]
        for pair in self._inboxes:
            for end in pair:
                end.setblocking(False)

    def begin(self, slot: int) -> None:
        struct.pack_into("d", self._memory, 8 * slot, time.monotonic())

    def rest(self, slot: int) -> None:
        struct.pack_into("d", self._memory, 8 * slot, 0.0)

    def leave(self, slot: int) -> None:
        """Nobody is there to answer, or not for long."""
        struct.pack_into("d", self._memory, 8 * slot, -1.0)

    def busy_since(self, slot: int) -> float:
        """Of the clock time.monotonic; 0 while it waits."""
        return max(0.0, struct.unpack_from("d", self._memory, 8 * slot)[0])

    def resting(self) -> list[int]:
        """The workers that wait for a request."""
        return [at for at in range(self.workers) if struct.unpack_from("d", self._memory, 8 * at)[0] == 0.0]

    def inbox(self, slot: int) -> socket.socket:
        return self._inboxes[slot][0]

    def hand_over(self, link: socket.socket, slot: int) -> bool:
        """False where the other worker is too busy to take it."""
        try:
            socket.send_fds(self._inboxes[slot][1], [b"c"], [link.fileno()])
        except OSError:
            return False
        return True

    def received(self, slot: int, most: int = -1) -> list[socket.socket]:
        found: list[socket.socket] = []
        while len(found) < (64 if most < 0 else most):
            try:
                _, fds, _, _ = socket.recv_fds(self._inboxes[slot][0], 16, 4)
            except OSError:
                break
            found += [socket.socket(fileno=fd) for fd in fds]
        return found
