"""A look at a space's files from outside. What lies there was put by code that may mean harm: no link is followed, nothing but
plain files is read, and no path leads out of the home."""

import os
import shutil
import stat
from pathlib import Path
from typing import Any, BinaryIO

from studiolo.base.errors import ConflictError, NotFound, ValidationError

MAX_ENTRIES = 1000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _parts(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in path:
        raise ValidationError("A path inside a space has no '..'.")
    return parts


def _descend(home: Path, parts: list[str]) -> int:
    """The open folder. Raises OSError."""
    here = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in parts:
        try:
            below = os.open(part, _FOLDER, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here


def entries(home: Path, path: str) -> list[dict[str, Any]]:
    """Of a folder, folders first. Raises NotFound."""
    if not home.is_dir() and not _parts(path):
        return []
    try:
        folder = _descend(home, _parts(path))
    except OSError:
        raise NotFound(f"There is no folder {path or '/'} in the space.") from None
    found: list[dict[str, Any]] = []
    try:
        for name in sorted(os.listdir(folder))[:MAX_ENTRIES]:  # noqa: PTH208
            try:
                about = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except OSError:
                continue
            kind = "Folder" if stat.S_ISDIR(about.st_mode) else "File" if stat.S_ISREG(about.st_mode) else "Other"
            shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            found.append({"Name": shown, "Type": kind, "Size": about.st_size, "LastModified": about.st_mtime})
    finally:
        os.close(folder)
    return sorted(found, key=lambda one: (one["Type"] != "Folder", one["Name"].lower()))


def remove(home: Path, path: str) -> None:
    """A file or a link itself, or a folder with all that is in it. Raises NotFound, ValidationError."""
    parts = _parts(path)
    if not parts:
        raise ValidationError("Name a file or a folder in the space: its home itself goes with the space.")
    missing = NotFound(f"There is no file or folder {path} in the space.")
    try:
        folder = _descend(home, parts[:-1])
    except OSError:
        raise missing from None
    try:
        if stat.S_ISDIR(os.stat(parts[-1], dir_fd=folder, follow_symlinks=False).st_mode):
            shutil.rmtree(parts[-1], dir_fd=folder)
        else:
            os.unlink(parts[-1], dir_fd=folder)
    except FileNotFoundError:
        raise missing from None
    except OSError as error:
        raise ConflictError(f"{path} can't be deleted: {error.strerror}.") from None
    except RecursionError:
        raise ConflictError(f"{path} holds folders in folders too deep to be deleted at once.") from None
    finally:
        os.close(folder)


def open_file(home: Path, path: str) -> tuple[BinaryIO, int]:
    """A plain file and its size. Raises NotFound."""
    parts = _parts(path)
    try:
        folder = _descend(home, parts[:-1])
        try:
            # Not to wait for the other end of a pipe.
            fd = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        finally:
            os.close(folder)
    except (OSError, IndexError):
        raise NotFound(f"There is no file {path} in the space.") from None
    about = os.fstat(fd)
    if not stat.S_ISREG(about.st_mode):
        os.close(fd)
        raise NotFound(f"{path} is no plain file.")
    return os.fdopen(fd, "rb"), about.st_size
