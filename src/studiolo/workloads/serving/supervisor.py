"""Keeps an instance's workers: forks them from the loaded model, replaces those that end, hang or take too much memory.

Started by main.py. Waits for signals and for the clock, never for a worker; so one that crashes again and again waits for
its turn while the others serve.
"""

import faulthandler
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studiolo.workloads.serving import memory
from studiolo.workloads.serving.board import Board
from studiolo.workloads.serving.handler import Handler
from studiolo.workloads.serving.multi_model import FRACTION, Models
from studiolo.workloads.serving.server import Worker
from studiolo.workloads.serving.sharing import Ledger, Sharing

LOAD_IN_WORKER = frozenset({"pytorch"})
"""Their threads do not survive a fork."""
SHARED = {"xgboost": ("xgboost", "scipy.sparse"), "sklearn": ("sklearn.pipeline", "joblib"), "lightgbm": ("lightgbm",)}
"""What many models have in common, imported once for all workers."""
MAX_BACKOFF = 30.0
STEADY = 10.0
"""Seconds after which a worker is taken to work."""
LOOK = 1.0
FULL = 0.95
"""Of the instance's memory, at which the largest worker is replaced before the kernel ends something."""
DRAIN = 5.0
REQUEST_SECONDS = 60.0


def listen(folder: Path) -> socket.socket:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "w.sock").unlink(missing_ok=True)
    it = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(folder)
    # Bound by its short name: a socket's path holds 107 bytes at most.
    it.bind("w.sock")
    os.chdir(here)
    it.listen(1024)
    return it


def number(name: str, default: float) -> float:
    try:
        found = float(os.environ.get(name) or default)
    except ValueError:
        return default
    return found if found > 0 else default


def worker_count() -> int:
    return int(number("SAGEMAKER_MODEL_SERVER_WORKERS", number("STUDIOLO_CORES", 1)))


@dataclass(slots=True)
class Slot:
    pid: int = 0
    began: float = 0.0
    crashes: int = 0
    due: float = 0.0
    """When the next one starts, while none runs."""
    ending: float = 0.0
    """When it is killed, where it was told to end."""
    why: str = ""
    """Why it was ended by us."""


class Supervisor:
    def __init__(self) -> None:
        self._root = root = Path(os.environ.get("STUDIOLO_ML_ROOT", "/opt/ml"))
        self._run = root / "run"
        self._count = worker_count()
        self._several = os.environ.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true"
        self._limit = memory.limit()
        self._patience = number("SAGEMAKER_MODEL_SERVER_TIMEOUT", REQUEST_SECONDS)
        self._slots = [Slot() for _ in range(self._count)]
        self._handler: Handler | None = None
        self._sharing: Sharing | None = None
        self._poll = select.poll()
        self._leaving = False
        self._woken, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def run(self) -> int:
        framework = os.environ.get("STUDIOLO_FRAMEWORK", "")
        if self._several:
            for name in SHARED.get(framework, ()):
                with suppress(ImportError):
                    importlib.import_module(name)
        elif framework not in LOAD_IN_WORKER:
            self._handler = Handler(self._root)
        # The pages of what is loaded stay shared: no collection in a worker looks at them.
        gc.freeze()
        self._board = Board(self._count)
        if self._count > 1 and not self._several:
            self._sharing = Sharing(self._board)
        self._listening = listen(self._run)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        now = time.monotonic()
        for at in range(self._count):
            self._fork(at, now)
        if self._handler is not None or self._several:
            self._ready()
        print(f"Serving with {self._count} worker{'s' if self._count > 1 else ''}", flush=True)
        return self._watch()

    def _ready(self) -> None:
        (self._run / "ready").touch()

    def _leave(self, number: int, frame: object) -> None:
        self._leaving = True

    # One worker.

    def _fork(self, at: int, now: float) -> None:
        slot = self._slots[at]
        slot.began, slot.due, slot.ending, slot.why = now, 0.0, 0.0, ""
        self._board.leave(at)
        ledger = self._sharing.renew(at, self._poll) if self._sharing else None
        pid = os.fork()
        if pid:
            slot.pid = pid
            return
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if self._leaving:
                os._exit(0)
            faulthandler.register(signal.SIGUSR2)
            if self._sharing is not None:
                self._sharing.leave(at)
            self._serve(at, ledger)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _serve(self, at: int, ledger: Ledger | None) -> None:
        models = None
        handler = self._handler
        if self._several:
            budget = max(0, int(self._limit * FRACTION) - memory.own()) // self._count
            models = Models(self._root, at, self._count, budget)
        elif handler is None:
            handler = Handler(self._root)
            self._ready()
        Worker(self._listening, handler, self._board, at, models, ledger).run()

    # All of them.

    def _watch(self) -> int:
        self._poll.register(self._woken, select.POLLIN)
        due, wait = 0.0, 0.0
        while True:
            self._poll.poll((wait if not self._leaving else 0.1) * 1000)
            woken = b""
            with suppress(BlockingIOError):
                woken = os.read(self._woken, 512)
            wait = self._sharing.look() if self._sharing else LOOK
            if self._leaving:
                if self._left():
                    return 0
                continue
            now = time.monotonic()
            if not woken and now < due:
                continue
            due = now + LOOK
            if self._buried(now):
                return 1
            for at, slot in enumerate(self._slots):
                if slot.pid:
                    self._look_after(at, slot, now)
                elif now >= slot.due:
                    self._fork(at, now)
            self._hold_memory(now)

    def _left(self) -> bool:
        """After the call to end: tells the workers, once; whether all have answered what they had."""
        if (self._run / "w.sock").exists():
            # New requests go elsewhere from now on; those in the socket's queue are answered.
            (self._run / "w.sock").unlink()
            for slot in self._slots:
                self._signal(slot, signal.SIGTERM)
        self._reap()
        return not any(slot.pid for slot in self._slots)

    def _reap(self) -> list[tuple[Slot, int]]:
        """The workers that have ended, with their wait statuses."""
        ended: list[tuple[Slot, int]] = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if not pid:
                break
            for at, slot in enumerate(self._slots):
                if slot.pid == pid:
                    slot.pid = 0
                    self._board.leave(at)
                    if self._sharing is not None:
                        self._sharing.forget(at, self._poll)
                    ended.append((slot, status))
        return ended

    def _buried(self, now: float) -> bool:
        """Whether the instance has failed: a worker ended before anything was ever ready."""
        for slot, status in self._reap():
            if self._handler is None and not (self._run / "ready").exists():
                return True
            slot.crashes = slot.crashes + 1 if now - slot.began < STEADY else 0
            wait = min(MAX_BACKOFF, 0.1 * 2**slot.crashes) if slot.crashes else 0.0
            slot.due = now + wait
            code = os.waitstatus_to_exitcode(status)
            why = slot.why or _ending(code)
            when = f" in {wait:.1f} s" if wait else ""
            _say(f"A worker ended {why}; starting another{when}")
        return False

    def _look_after(self, at: int, slot: Slot, now: float) -> None:
        since = self._board.busy_since(at)
        if since and now - since > self._patience and not slot.ending:
            slot.why = f"since a request took longer than {self._patience:g} seconds (SAGEMAKER_MODEL_SERVER_TIMEOUT)"
            _say("A request hangs; what its worker does:")
            self._signal(slot, signal.SIGUSR2)
            slot.ending = now + 0.1
        elif slot.ending and now >= slot.ending:
            self._signal(slot, signal.SIGKILL)

    def _hold_memory(self, now: float) -> None:
        sizes = {at: memory.own(slot.pid) for at, slot in enumerate(self._slots) if slot.pid}
        whole = memory.own() + sum(max(0, size - memory.own()) for size in sizes.values())
        if whole < self._limit * FULL or any(slot.ending for slot in self._slots) or not sizes:
            return
        at = max(sizes, key=lambda one: sizes[one])
        slot = self._slots[at]
        if sizes[at] - memory.own() < self._limit * 0.05:
            # The model itself is as large as the instance; another worker would be no smaller.
            return
        mib = 2**20
        slot.why = (
            f"at {sizes[at] // mib} MiB: the workers used {whole // mib} of the instance's {self._limit // mib} MiB"
        )
        self._signal(slot, signal.SIGTERM)
        slot.ending = now + DRAIN

    def _signal(self, slot: Slot, number: int) -> None:
        with suppress(ProcessLookupError):
            if slot.pid:
                os.kill(slot.pid, number)


def _ending(code: int) -> str:
    if code == -signal.SIGKILL:
        # Nobody of ours sent it.
        return "by signal SIGKILL, as the system does where the instance's memory is used up"
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with status {code}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
