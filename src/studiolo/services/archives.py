"""Archives from users: unpacked so that nothing in them can reach outside, packed without holding them in memory."""

import errno
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path


class BadArchive(Exception):
    """The message says what is wrong with the archive, fit for a FailureReason."""


class DiskFull(Exception):
    pass


def _refused(member: tarfile.TarInfo, target: Path) -> str:
    """Why a member may not be unpacked; empty where it may."""
    place = (target / member.name).resolve()
    if member.name.startswith(("/", "~")) or not place.is_relative_to(target):
        return f"{member.name!r} lies outside of the archive's folder"
    if member.issym() or member.islnk():
        base = place.parent if member.issym() else target
        if member.linkname.startswith("/") or not (base / member.linkname).resolve().is_relative_to(target):
            return f"the link {member.name!r} leads outside of the archive's folder"
    elif not (member.isfile() or member.isdir()):
        return f"{member.name!r} is neither a file nor a folder nor a link"
    return ""


def unpack(archive: Path, target: Path) -> None:
    """A tar, of any compression. Absolute names, `..`, links that leave the folder and devices are refused."""
    target.mkdir(parents=True, exist_ok=True)
    root = target.resolve()
    try:
        with tarfile.open(archive) as tar:
            # Not by tarfile's own filter: the first releases of Python 3.11 have none.
            for member in tar:
                reason = _refused(member, root)
                if reason:
                    raise BadArchive(f"{archive.name} is refused: {reason}.")
                member.mode = (member.mode & 0o777) | (0o700 if member.isdir() else 0o600)
                member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
                tar.extract(member, root, set_attrs=not member.issym())
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BadArchive(f"{archive.name} is not a readable tar archive: {error}.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull from error
        raise BadArchive(f"{archive.name} can't be unpacked: {error.strerror or error}.") from error


def pack(folders: Sequence[Path], target: Path) -> None:
    """A tar.gz of what lies in the folders; of equal names the first folder's is taken."""
    seen: set[str] = set()
    try:
        # Level 1: artifacts are mostly numbers, which hardly compress further, and people wait for the job's end.
        with tarfile.open(target, "w:gz", compresslevel=1) as tar:
            for folder in folders:
                for path in sorted(folder.rglob("*")):
                    name = path.relative_to(folder).as_posix()
                    if name not in seen and (path.is_symlink() or path.is_file() or path.is_dir()):
                        seen.add(name)
                        tar.add(path, name, recursive=False)
    except OSError as error:
        target.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull from error
        raise


def holds_something(folder: Path) -> bool:
    try:
        return any(os.scandir(folder))
    except FileNotFoundError:
        return False
