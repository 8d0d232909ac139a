"""What this machine has and what of it processes use. Called by the runner, `studiolo doctor` and the studio service."""

import contextlib
import functools
import os
import shutil
import subprocess

import psutil

from studiolo.run.protocol import Resources

RESERVE = 0.08
"""Share of the memory that is never granted: the studio itself and the machine's own needs."""


@functools.cache
def gpus() -> int:
    if not shutil.which("nvidia-smi"):
        return 0
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=True).stdout
        return sum(line.startswith("GPU ") for line in listed.splitlines())
    return 0


@functools.cache
def total() -> Resources:
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().total
    return Resources(float(cores), int(memory * (1 - RESERVE)), gpus())


def tree_usage(pid: int) -> tuple[float, int]:
    """(CPU seconds, resident bytes) of everything below a process, which itself is not counted."""
    cpu, memory = 0.0, 0
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                times = child.cpu_times()
                cpu += times.user + times.system
                memory += child.memory_info().rss
    return cpu, memory
