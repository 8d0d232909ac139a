"""No request waits behind a long one while another worker rests: what came to a busy worker and was not read goes to those.

A connection stays with the worker that accepted it, since that is quickest, and nobody knows how long a request will take.
So a thread of each worker looks now and then whether the worker has been busy for long with requests waiting on its other
connections, and hands these over to workers that rest. The worker holds `lock` except while it answers; a short request
costs nothing but that.
"""

import threading
import time
from collections.abc import Callable

from studiolo.workloads.serving.board import Board

LONG = 0.03
"""Seconds after which a request is a long one."""
STEP, REST = 0.02, 0.25
"""Seconds between two looks, while there are requests and while there are none."""


class Sharing:
    def __init__(self, board: Board, share: Callable[[list[int]], None]) -> None:
        """share: hands over to the given slots; called while the worker answers, which then can't begin anything else."""
        self._board, self._share = board, share
        self._lock = threading.Lock()
        self._since = 0.0
        self._count = 0

    # The worker calls these.

    def start(self) -> None:
        self._lock.acquire()
        threading.Thread(target=self._run, name="sharing", daemon=True).start()

    def answers(self) -> None:
        self._count += 1
        self._since = time.monotonic()
        self._lock.release()

    def rests(self) -> None:
        self._lock.acquire()
        self._since = 0.0

    # The thread.

    def _run(self) -> None:
        seen = 0
        while True:
            since, count = self._since, self._count
            if since and time.monotonic() - since > LONG:
                self._look()
            time.sleep(STEP if since or count != seen else REST)
            seen = count

    def _look(self) -> None:
        resting = self._board.resting()
        # Where the worker has the lock it is done meanwhile, and there is nothing to share.
        if resting and self._lock.acquire(blocking=False):
            try:
                self._share(resting)
            finally:
                self._lock.release()
