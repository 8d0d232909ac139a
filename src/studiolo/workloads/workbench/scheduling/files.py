"""What of a space's files goes along with a job, and where what a job made is put. Pure but for reading and writing files."""

import os
from collections.abc import Iterator
from pathlib import Path

from studiolo.workloads.workbench.scheduling.mapping import Unusable

MAX_FILES = 2000
MAX_BYTES = 500_000_000
OUTPUTS = "jobs"
"""The folder of the home in which JupyterLab looks for what jobs made."""


def within(home: str, path: str) -> Path:
    """A file below the home, as JupyterLab names it. Raises Unusable."""
    plain = path.removeprefix("RTC:").lstrip("/")
    root = Path(home).resolve()
    found = (root / plain).resolve()
    if not found.is_relative_to(root) or not found.is_file():
        raise Unusable(f"There is no file {plain} in this space: save the notebook first.")
    return found


def _walk(folder: Path, outputs: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(one for one in folders if not one.startswith(".") and here / one != outputs)
        for name in sorted(names):
            path = here / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def beside(home: str, file: Path) -> list[Path]:
    """Every file in the notebook's folder and below, but for hidden ones and what earlier jobs made. Raises Unusable."""
    found: list[Path] = []
    size = 0
    for path in _walk(file.parent, Path(home).resolve() / OUTPUTS):
        found.append(path)
        size += path.stat().st_size
        if len(found) > MAX_FILES or size > MAX_BYTES:
            raise Unusable(
                f"The folder of {file.name} holds more than {MAX_FILES:,} files or {MAX_BYTES // 1_000_000} MB: run the job "
                "without its folder and read large data from S3, or move the notebook to a folder of its own."
            )
    return found


def write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.write_bytes(content)
    new.replace(path)
