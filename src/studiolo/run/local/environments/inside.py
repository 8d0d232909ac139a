"""The process between the studio and uv (cell.py says why): it dies with the studio, hides what is to be hidden, and becomes uv.

In an interpreter where only the standard library is there, and of that as little as can be: somebody waits for its start.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from studiolo.run.local import namespaces

PR_SET_PDEATHSIG = 1


def main(text: str) -> None:
    spec = json.loads(text)
    _end_with_parent(spec["parent"])
    if spec["isolate"]:
        if os.getuid() != 0:
            namespaces.become_root_of_own()
        namespaces.unshare(namespaces.CLONE_NEWPID)
    us = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            _end_with_parent(us if not spec["isolate"] else 0)
            if spec["isolate"]:
                _isolate(spec)
            os.execve(spec["argv"][0], spec["argv"], spec["env"])
        except OSError as error:
            sys.stderr.write(f"error: {error}\n")
            sys.stderr.flush()
        os._exit(126)
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(pid, signal.SIGKILL))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.exit(128 - code if code < 0 else code)


def _end_with_parent(parent: int) -> None:
    """Its kill is ours, too: nobody goes on building in a folder that the next studio builds anew. 0: it is outside of what can be
    seen from here."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(137)


def _isolate(spec: Any) -> None:
    namespaces.unshare(namespaces.CLONE_NEWNS | namespaces.CLONE_NEWUTS | namespaces.CLONE_NEWIPC)
    view = namespaces.View()
    scratch = view.hold(spec["scratch"])
    hidden = [*(folder for folder in spec["hide"] if Path(folder).is_dir()), "/tmp"]
    below = tuple(f"{folder}/" for folder in hidden)
    bound = [
        (view.hold(path), path, readonly)
        for name, readonly in (("show", True), ("write", False))
        for path in spec[name]
        if Path(path).exists() and path.startswith(below)
    ]
    for folder in hidden[:-1]:
        view.hide(folder)
    view.bind(scratch, "/tmp")
    view.owns("/tmp")
    for held, path, readonly in bound:
        view.bind(held, path, readonly)
    with contextlib.suppress(OSError):
        namespaces.mount("proc", "/proc", "proc")
    os.chdir("/tmp")
