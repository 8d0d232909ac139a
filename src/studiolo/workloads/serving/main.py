"""The `serve` command of an instance: loads the model once, forks workers from it, replaces those that crash.

Leaves `ready` beside its socket when it answers. Frameworks whose threads do not survive a fork load in each worker.
"""

import os
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

from studiolo.workloads.serving.handler import Handler
from studiolo.workloads.serving.server import Worker

ROOT = Path(os.environ.get("STUDIOLO_ML_ROOT", "/opt/ml"))
LOAD_IN_WORKER = frozenset({"pytorch"})
MAX_BACKOFF = 30.0


def listen(folder: Path) -> socket.socket:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "w.sock"
    path.unlink(missing_ok=True)
    it = socket.socket(socket.AF_UNIX)
    os.chdir(folder)
    # Bound by its short name: a socket's path holds 107 bytes at most.
    it.bind("w.sock")
    it.listen(1024)
    return it


def worker_count() -> int:
    asked = os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    return max(1, int(os.environ.get("STUDIOLO_CORES", "1")))


class Supervisor:
    def __init__(self) -> None:
        self._leaving = False
        self._workers: dict[int, float] = {}
        self._crashes = 0
        self._handler: Handler | None = None

    def run(self) -> int:
        if os.environ.get("STUDIOLO_FRAMEWORK", "") not in LOAD_IN_WORKER:
            self._handler = Handler(ROOT)
        run = ROOT / "run"
        here = os.getcwd()
        self._listening = listen(run)
        os.chdir(here)
        signal.signal(signal.SIGTERM, self._leave)
        count = worker_count()
        for _ in range(count):
            self._fork(run)
        if self._handler is not None:
            (run / "ready").touch()
        print(f"Serving with {count} worker{'s' if count > 1 else ''}", flush=True)
        return self._watch(run, count)

    def _leave(self, number: int, frame: object) -> None:
        self._leaving = True
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM)

    def _fork(self, run: Path) -> None:
        pid = os.fork()
        if pid:
            self._workers[pid] = time.monotonic()
            return
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            handler = self._handler or Handler(ROOT)
            (run / "ready").touch()
            Worker(self._listening, handler).run()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _watch(self, run: Path, count: int) -> int:
        while self._workers:
            try:
                pid, status = os.wait()
            except InterruptedError:
                continue
            began = self._workers.pop(pid, 0.0)
            if self._leaving:
                continue
            if self._handler is None and not (run / "ready").exists():
                return 1
            lived = time.monotonic() - began
            self._crashes = self._crashes + 1 if lived < 10 else 0
            print(
                f"A worker ended ({os.waitstatus_to_exitcode(status)}); starting another", file=sys.stderr, flush=True
            )
            time.sleep(min(MAX_BACKOFF, 0.1 * 2**self._crashes) if self._crashes else 0)
            self._fork(run)
        return 0


if __name__ == "__main__":
    try:
        sys.exit(Supervisor().run())
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
