"""No request waits behind a long one while another worker rests: what came to a busy worker and was not read goes to those.

A connection stays with the worker that accepted it, since that is quickest, and nobody knows how long a request will take. A
model may hold Python's lock for all of it, so a busy worker can do nothing for what waits on its other connections. Its
supervisor can: it always rests, and each worker gives it a copy of every connection. When a worker has been busy for long,
the supervisor looks which of its connections have something to read and hands these to workers that rest.

So that nothing is read twice: only while a worker answers may its connections be taken away, and it learns of it before it
reads again. The file lock that makes this sure is taken by a worker only after a long request; a short one costs it two
numbers in shared memory.
"""

import errno
import fcntl
import mmap
import os
import select
import socket
import struct
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

from studiolo.workloads.serving.board import Board

LONG = 0.03
"""Seconds after which a request is a long one."""
MARGIN = 0.8
"""Of these, after which a worker looks whether something was taken away: before anybody can have done so."""
STEP, REST = 0.02, 0.25
"""Seconds between two looks, while some worker is busy and while all rest."""
MOST = 28
"""Connections that can be kept from being taken away; where there are more, none is."""
_KEPT = struct.Struct(f"{MOST}i")
_SINCE, _HEAD, _FIRST = struct.Struct("d"), struct.Struct("diI"), struct.Struct("diIi")
_ID = struct.Struct("i")
OPENED, CLOSED = b"o", b"c"


class Ledger:
    """What one worker and its supervisor have in common; made before the fork.

    Its memory: since when the worker answers (0: it does not), how many connections it has begun to read, how often it began
    to answer, and which these connections are.
    """

    def __init__(self) -> None:
        self._times = 0
        self._memory = mmap.mmap(-1, 16 + _KEPT.size)
        self._lock = os.memfd_create("ledger")
        self.workers_end, self.supervisors_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.supervisors_end.setblocking(False)

    def answers(self, kept: Sequence[int]) -> float:
        """When: now."""
        self._times, now = (self._times + 1) & 0xFFFFFFFF, time.monotonic()
        if len(kept) == 1:
            _FIRST.pack_into(self._memory, 0, now, 1, self._times, kept[0])
            return now
        count = len(kept) if len(kept) <= MOST else -1
        if count > 0:
            struct.pack_into(f"{count}i", self._memory, 16, *kept)
        _HEAD.pack_into(self._memory, 0, now, count, self._times)
        return now

    def rests(self) -> None:
        _SINCE.pack_into(self._memory, 0, 0.0)

    @property
    def since(self) -> float:
        return float(_SINCE.unpack_from(self._memory, 0)[0])

    @property
    def times(self) -> int:
        return int(struct.unpack_from("I", self._memory, 12)[0])

    @property
    def kept(self) -> Sequence[int] | None:
        """None: all of them."""
        count = struct.unpack_from("i", self._memory, 8)[0]
        return None if count < 0 else struct.unpack_from(f"{count}i", self._memory, 16)

    def lock(self, wait: bool) -> bool:
        """Of the process; it goes with it."""
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def unlock(self) -> None:
        fcntl.lockf(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        self.workers_end.close()
        self.supervisors_end.close()
        self._memory.close()
        os.close(self._lock)


class Shared:
    """The worker's side."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._link = ledger, ledger.workers_end
        self._began = 0.0

    def opened(self, link: socket.socket) -> None:
        # Where nobody listens any more the worker ends soon, too.
        with suppress(OSError):
            socket.send_fds(self._link, [OPENED + _ID.pack(link.fileno())], [link.fileno()])

    def closed(self, fd: int) -> None:
        """To be said before the number may be another connection's."""
        with suppress(OSError):
            self._link.send(CLOSED + _ID.pack(fd))

    def answers(self, kept: Sequence[int]) -> None:
        """kept: connections that can't be taken away, since part of what came on them was read."""
        self._began = self._ledger.answers(kept)

    def rests(self) -> Iterable[int]:
        """The connections that were taken away meanwhile."""
        self._ledger.rests()
        if time.monotonic() - self._began < LONG * MARGIN:
            return ()
        if self._ledger.lock(wait=True):
            self._ledger.unlock()
        gone: list[int] = []
        with suppress(OSError):
            while data := self._link.recv(16, socket.MSG_DONTWAIT):
                gone.append(_ID.unpack(data)[0])
        return gone


class Sharing:
    """The supervisor's side."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._ledgers: dict[int, Ledger] = {}
        self._copies: dict[int, dict[int, socket.socket]] = {}
        """Slot -> the worker's number of a connection -> the supervisor's copy."""
        self._times: dict[int, int] = {}
        """Slot -> how often its worker had answered at the last look."""

    def renew(self, slot: int, poll: select.poll) -> Ledger:
        """For the worker that is about to be started."""
        self.forget(slot, poll)
        ledger = self._ledgers[slot] = Ledger()
        self._copies[slot] = {}
        poll.register(ledger.supervisors_end, select.POLLIN)
        return ledger

    def forget(self, slot: int, poll: select.poll) -> None:
        """The worker has ended; so do its connections."""
        ledger = self._ledgers.pop(slot, None)
        if ledger is not None:
            poll.unregister(ledger.supervisors_end)
            ledger.close()
        for copy in self._copies.pop(slot, {}).values():
            copy.close()

    def leave(self, slot: int) -> None:
        """Called in a fresh worker: what is the supervisor's alone is closed there, or no connection would ever end."""
        for at, ledger in self._ledgers.items():
            if at != slot:
                ledger.close()
            else:
                ledger.supervisors_end.close()
        for copies in self._copies.values():
            for copy in copies.values():
                copy.close()

    def look(self) -> float:
        """Hands over what waits; seconds until it should be called again."""
        busy, now = False, time.monotonic()
        for slot, ledger in self._ledgers.items():
            self._hear(slot, ledger)
            since = ledger.since
            busy = busy or since > 0 or self._times.get(slot) != ledger.times
            self._times[slot] = ledger.times
            if since and now - since > LONG and (resting := self._board.resting()):
                self._share(slot, ledger, resting)
        return STEP if busy else REST

    def _hear(self, slot: int, ledger: Ledger) -> None:
        copies = self._copies[slot]
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(ledger.supervisors_end, 16, 4)
            except OSError:
                return
            if not data:
                return
            number = _ID.unpack(data[1:])[0]
            if (old := copies.pop(number, None)) is not None:
                old.close()
            if data[:1] == OPENED and fds:
                copies[number] = socket.socket(fileno=fds[0])

    def _share(self, slot: int, ledger: Ledger, resting: Sequence[int]) -> None:
        if not ledger.lock(wait=False):
            return
        try:
            since = ledger.since
            if not since or time.monotonic() - since <= LONG:
                return
            at = self._unclaimed(slot, resting)
            kept = ledger.kept
            for number, copy in list(self._copies[slot].items()) if kept is not None else ():
                if number in (kept or ()) or not _waits(copy):
                    continue
                if not self._board.hand_over(copy, resting[at % len(resting)]):
                    return
                at += 1
                ledger.supervisors_end.send(_ID.pack(number))
                del self._copies[slot][number]
                copy.close()
        finally:
            ledger.unlock()

    def _unclaimed(self, slot: int, resting: Sequence[int]) -> int:
        """What was handed to the busy worker itself and not taken by it yet; how many."""
        links = self._board.received(slot)
        for at, link in enumerate(links):
            if not self._board.hand_over(link, resting[at % len(resting)]):
                self._board.hand_over(link, slot)
            link.close()
        return len(links)


def _waits(link: socket.socket) -> bool:
    """Whether there is something to read; the end of a connection is its worker's matter."""
    try:
        return bool(link.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.ECONNRESET)
