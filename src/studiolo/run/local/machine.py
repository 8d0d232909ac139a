"""What this machine has and what of it processes use. Called by the runner, `studiolo doctor` and the studio service."""

import contextlib
import functools
import os
import shutil
import subprocess
from pathlib import Path

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


def below(pid: int) -> list[int]:
    """Everything below a process, which itself is not in it. The kernel's own lists where it keeps them: to find children
    by their parents, every process of the machine would have to be looked at."""
    found, left = list[int](), [pid]
    while left:
        one = left.pop()
        try:
            lists = [(thread / "children").read_text() for thread in Path(f"/proc/{one}/task").iterdir()]
        except FileNotFoundError:
            if Path(f"/proc/{one}").exists():
                with contextlib.suppress(psutil.Error):
                    return [child.pid for child in psutil.Process(pid).children(recursive=True)]
            continue
        except OSError:
            continue
        children = [int(child) for text in lists for child in text.split()]
        found += children
        left += children
    return found


def tree_usage(pid: int) -> tuple[float, int]:
    """(CPU seconds, resident bytes) of everything below a process, which itself is not counted."""
    cpu, memory = 0.0, 0
    for child in below(pid):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(child)
            times = process.cpu_times()
            cpu += times.user + times.system
            memory += process.memory_info().rss
    return cpu, memory
