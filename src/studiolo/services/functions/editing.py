"""A function's code as files: read, and changed one by one; what is not changed, such as packages that lie beside, stays.

Called by services/studio, for people who edit a function in the browser.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from studiolo.services.functions.names import invalid

MAX_SHOWN, MAX_TEXT, MAX_TEXTS = 500, 256 * 1024, 2 * 2**20
_DATE = (2000, 1, 1, 0, 0, 0)
"""The same code is the same zip."""


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())


def read(folder: Path) -> tuple[list[dict[str, Any]], bool]:
    """Each with its text, where it is short text; and whether there are more than are shown. Blocks."""
    found, held = list[dict[str, Any]](), 0
    files = _files(folder)
    # What people write lies at the top; packages have folders of their own.
    files.sort(key=lambda one: (len(one.relative_to(folder).parts), str(one)))
    for path in files[:MAX_SHOWN]:
        size = path.stat().st_size
        entry: dict[str, Any] = {"Path": path.relative_to(folder).as_posix(), "Size": size}
        text = _text(path) if size <= MAX_TEXT and held + size <= MAX_TEXTS else None
        if text is not None:
            held += size
            entry["Text"] = text
        found.append(entry)
    return found, len(files) > MAX_SHOWN


def _text(path: Path) -> str | None:
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def packed(folder: Path, changed: Mapping[str, str], removed: Sequence[str]) -> bytes:
    """The folder as a zip, with these files put and those left out. Blocks. Raises ApiError."""
    for name in (*changed, *removed):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or str(path) != name or name == ".":
            raise invalid(f"{name!r} is no path of a file inside of the function's code.")
    kept = [(one.relative_to(folder).as_posix(), one) for one in _files(folder)] if folder.is_dir() else []
    there = {name for name, _ in kept}
    if missing := [name for name in removed if name not in there]:
        raise invalid(f"The function's code has no file {missing[0]!r}.")
    if not (there | set(changed)) - set(removed):
        raise invalid("A function needs at least one file.")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in kept:
            if name not in changed and name not in removed:
                info = zipfile.ZipInfo(name, _DATE)
                info.external_attr = (path.stat().st_mode & 0o777) << 16
                archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
        for name, text in changed.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.external_attr = 0o644 << 16
            archive.writestr(info, text.encode(), zipfile.ZIP_DEFLATED)
    return target.getvalue()
