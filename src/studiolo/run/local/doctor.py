"""What this machine can do for jobs, in words: for `studiolo doctor`."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import uv

from studiolo.run.local import cgroups, launch, machine


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    state: Literal["ok", "limited", "missing"]
    detail: str
    remedy: str = ""
    needed: bool = False


def _namespaces() -> Fact:
    with tempfile.TemporaryDirectory() as folder:
        why = launch.isolation(launch.make_lib(Path(folder) / "lib"))
    if not why:
        return Fact("namespaces", "ok", "each job has its own /opt/ml, processes, host name and /tmp")
    remedy = "Allow unprivileged user namespaces (kernel.unprivileged_userns_clone=1, or the AppArmor restriction off)."
    return Fact("namespaces", "limited", f"jobs share this machine's view, /opt/ml is not private: {why}", remedy)


def _cgroups() -> Fact:
    version = cgroups.version()
    if version:
        return Fact("control groups", "ok", f"version {version}: memory and CPU of jobs are limited")
    remedy = "Run as root, or in a session whose control group systemd delegates (systemd-run --user --scope)."
    return Fact("control groups", "limited", "none can be made: jobs are queued by size but not held to it", remedy)


def _engine() -> Fact:
    found = [name for name in ("docker", "podman") if shutil.which(name)]
    if found:
        return Fact("container engine", "ok", f"{', '.join(found)} (not needed: images run as Python environments)")
    return Fact("container engine", "ok", "none (not needed: images run as Python environments)")


def _uv() -> Fact:
    try:
        version = subprocess.run([uv.find_uv_bin(), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return Fact("uv", "missing", str(error), "Reinstall studiolo: uv comes with it.", needed=True)
    return Fact("uv", "ok", version.strip())


def _disk(home: Path) -> Fact:
    usage = shutil.disk_usage(home)
    free = usage.free / 2**30
    text = f"{free:.0f} of {usage.total / 2**30:.0f} GiB free at {home}"
    return Fact("disk", "ok" if free > 10 else "limited", text, "" if free > 10 else "Environments need a few GiB.")


def facts(home: Path) -> list[Fact]:
    total = machine.total()
    memory = f"{total.cores:g} cores and {total.memory / 2**30:.1f} GiB for jobs"
    gpus = f"{total.gpus} by nvidia-smi" if total.gpus else "none found by nvidia-smi"
    return [
        Fact("machine", "ok", memory),
        Fact("GPUs", "ok", gpus),
        _disk(home),
        _namespaces(),
        _cgroups(),
        _engine(),
        _uv(),
    ]
