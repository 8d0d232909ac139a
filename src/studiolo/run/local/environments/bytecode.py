"""Bytecode of environments: compiled once each, in the background, some time after an environment was first used.

Jobs never write any (an environment is shared, and their view of it is an overlay), so without this every process that is not
forked off a warm interpreter compiles what it imports again: numpy, pandas and scikit-learn in 2.8 s instead of 1.0 s. Done
at the build it would hold up whoever waits for the environment by 9 s; done later, by a process that gets a processor only
where nobody else wants it, it costs nobody anything. It stops with the studio and goes on where it was the next time.
"""

import contextlib
import os
import queue
import subprocess
import threading
import time
from collections.abc import Collection
from pathlib import Path

SECONDS = 60.0
"""After the first use; STUDIOLO_BYTECODE_SECONDS sets others, and 0 switches it off."""
MARK = "compiled"
CODE = """
import importlib.util, os, py_compile, sys
folder, mark, parent = sys.argv[1], sys.argv[2], os.getppid()
os.nice(19)
try:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
except OSError:
    pass
for root, folders, names in os.walk(folder):
    folders[:] = [name for name in folders if name not in ("__pycache__", "test", "tests")]
    for name in names:
        if os.getppid() != parent:
            sys.exit(1)
        path = os.path.join(root, name)
        if name.endswith(".py") and not os.path.exists(importlib.util.cache_from_source(path)):
            try:
                py_compile.compile(path, doraise=True, quiet=2)
            except (OSError, ValueError, RecursionError, py_compile.PyCompileError):
                pass
open(mark, "w").close()
"""
"""In the environment's own interpreter. What does not compile (templates, code for other versions) is left as it is."""


def configured() -> float:
    return float(os.environ.get("STUDIOLO_BYTECODE_SECONDS") or SECONDS)


def compile_all(prefix: Path) -> bool:
    """Compiles what is not compiled yet; False where it was broken off."""
    words = [str(prefix / "bin" / "python"), "-I", "-S", "-c", CODE, str(prefix / "lib"), str(prefix / MARK)]
    quiet = subprocess.DEVNULL
    return subprocess.run(words, check=False, stdin=quiet, stdout=quiet, stderr=quiet, cwd="/").returncode == 0


class Bytecode:
    """Told of every use of an environment; one is compiled at a time."""

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = configured() if seconds is None else seconds
        self._known: set[Path] = set()
        self._waiting: queue.Queue[tuple[float, Path]] = queue.Queue()
        self._lock = threading.Lock()
        self._started = False

    def used(self, prefix: Path) -> None:
        if self._seconds <= 0 or prefix in self._known:
            return
        with self._lock:
            if prefix in self._known:
                return
            self._known.add(prefix)
            if (prefix / MARK).exists():
                return
            self._waiting.put((time.monotonic() + self._seconds, prefix))
            if not self._started:
                self._started = True
                threading.Thread(target=self._work, name="bytecode", daemon=True).start()

    def forget(self, prefixes: Collection[Path]) -> None:
        """They are gone; made again, they are new."""
        with self._lock:
            self._known -= set(prefixes)

    def _work(self) -> None:
        while True:
            due, prefix = self._waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if (prefix / "complete").exists():
                with contextlib.suppress(OSError):
                    compile_all(prefix)
