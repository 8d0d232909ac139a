"""The fork server of one environment: an interpreter with the heavy imports done, from which a job is a fork away.

Started by the runner with the environment's own python: `python -c … <socket> <module> …`. A request is the path of a
member's folder; the fork becomes that member's shim. Nothing depends on it: a job it forked does not notice its end, and
where it does not answer the runner starts a plain process.
"""

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import time

from studiolo.run.local import shim

IDLE_SECONDS = 900.0


def main() -> None:
    path, modules = sys.argv[1], sys.argv[2:]
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    # What is here already is looked at by no collection any more: looking would copy its pages in each fork.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"{path}.new")
    server.listen(64)
    server.settimeout(5)
    os.replace(f"{path}.new", path)
    parent, used = os.getppid(), time.monotonic()
    while time.monotonic() - used < IDLE_SECONDS and os.getppid() == parent:
        try:
            connection, _ = server.accept()
        except TimeoutError:
            continue
        used = time.monotonic()
        with connection:
            folder = connection.recv(4096).decode()
            if folder:
                connection.sendall(str(_fork(folder, server)).encode())
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _fork(folder: str, server: socket.socket) -> int:
    pid = os.fork()
    if pid:
        return pid
    server.close()
    os.setsid()
    try:
        shim.main(folder)
    finally:
        os._exit(0)
