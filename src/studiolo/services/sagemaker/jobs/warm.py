"""Which jobs begin as a fork of a Python that is there already: those whose command is a Python script and whose variables do
not ask for another interpreter than that. Pure; used by training and processing jobs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import studiolo

SCRIPTS = str(Path(studiolo.__file__).resolve().parent / "workloads" / "scripts.py")
MODULES = ("studiolo.workloads.scripts", "studiolo.workloads.training.environment", "runpy", "subprocess", "traceback")
"""Nothing of the environment's own: what a script imports, and in which order, stays its business."""
_OF_START = ("PYTHON", "LD_", "LC_", "LANG", "MALLOC_", "GLIBC_")
"""Beginnings of variables that are read when a process starts, and never again."""


def allowed(variables: Mapping[str, str]) -> bool:
    """variables: what the user has set."""
    return not any(name.startswith(_OF_START) for name in variables)


def command(argv: Sequence[str]) -> Sequence[str]:
    """What a fork runs in place of a command; nothing where the command is no script of Python's."""
    if len(argv) < 2 or argv[0] not in ("python", "python3"):
        return ()
    if argv[1] == "-c":
        return ("python", SCRIPTS, *argv[1:]) if len(argv) > 2 else ()
    return ("python", SCRIPTS, *argv[1:]) if argv[1].endswith(".py") and not argv[1].startswith("-") else ()
