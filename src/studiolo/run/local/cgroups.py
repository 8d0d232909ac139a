"""Memory and CPU limits by control groups, version 2 or 1, where this user may make some; otherwise none.

Used by the shim (which joins a job to its group) and by the runner (what was used, was it killed for memory).
"""

import contextlib
import os
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD = 100_000


def version() -> int:
    """2, 1 (as seen on older and hybrid machines), or 0 where no group can be made."""
    if (ROOT / "cgroup.controllers").exists():
        return 2 if _base_v2() else 0
    return 1 if os.access(ROOT / "memory", os.W_OK) and os.access(ROOT / "cpu", os.W_OK) else 0


def _base_v2() -> Path | None:
    """The folder our groups live in, its controllers switched on."""
    own = next((line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")), "/")
    for parent in (ROOT, ROOT / own.strip("/").rpartition("/")[0]):
        base = parent / "studiolo"
        try:
            base.mkdir(exist_ok=True)
            for folder in (parent, base):
                if "memory" not in (folder / "cgroup.subtree_control").read_text():
                    (folder / "cgroup.subtree_control").write_text("+cpu +memory")
        except OSError:
            continue
        return base
    return None


def folders(name: str) -> list[Path]:
    found = version()
    if found == 2:
        base = _base_v2()
        return [base / name] if base else []
    return [ROOT / kind / "studiolo" / name for kind in ("memory", "cpu", "pids")] if found == 1 else []


def limit(name: str, cores: float, memory: int) -> list[str]:
    """Makes the group; the folders for `join`. Empty where not possible."""
    joined: list[str] = []
    for folder in folders(name):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if version() == 2:
                (folder / "memory.max").write_text(str(memory))
                (folder / "cpu.max").write_text(f"{int(cores * PERIOD)} {PERIOD}")
                with contextlib.suppress(OSError):
                    (folder / "memory.oom.group").write_text("1")
            elif "/memory/" in str(folder):
                (folder / "memory.limit_in_bytes").write_text(str(memory))
            elif "/cpu/" in str(folder):
                (folder / "cpu.cfs_period_us").write_text(str(PERIOD))
                (folder / "cpu.cfs_quota_us").write_text(str(int(cores * PERIOD)))
            joined.append(str(folder))
        except OSError:
            continue
    return joined


def join(folder: str) -> None:
    """This process, of one thread, moves into the group. Where version 1 is asked by thread, the kernel needs no lock over
    all forks of the machine, for which it may wait more than ten milliseconds."""
    single = Path(folder) / "tasks"
    (single if single.exists() else Path(folder) / "cgroup.procs").write_text("0")


def killed_for_memory(name: str) -> bool:
    for folder in folders(name):
        for file in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError, ValueError):
                for line in (folder / file).read_text().splitlines():
                    word, _, count = line.partition(" ")
                    if word == "oom_kill" and int(count) > 0:
                        return True
    return False


def remove(name: str) -> None:
    for folder in folders(name):
        with contextlib.suppress(OSError):
            folder.rmdir()
