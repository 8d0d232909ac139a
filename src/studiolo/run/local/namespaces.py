"""Linux namespaces by system call: what makes /opt/ml real and private to each job, in about a millisecond.

Runs inside the process that becomes the job's init (shim.py), in interpreters where only the standard library is there.
"""

import ctypes
import fcntl
import os
import socket
import stat
import struct
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def join(fd: int, kind: int) -> None:
    """Enters the namespace an open file of /proc/<pid>/ns stands for."""
    _check(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    def text(value: str | None) -> bytes | None:
        return value.encode() if value is not None else None

    arguments = (text(source), text(target), text(kind), ctypes.c_ulong(flags), text(data))
    _check(_libc.mount(*arguments), f"mount {target}")


def become_root_of_own() -> None:
    """A user namespace in which this user is root; needed for the other namespaces where we are not root outside."""
    uid, gid = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def set_host_name(name: str) -> None:
    data = name.encode()
    _check(_libc.sethostname(data, len(data)), "sethostname")


def loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        name = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(probe, 0x8913, name))[1]
        fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", flags | 1))


class View:
    """Builds a mount namespace's view of the file system; sources are held open, so hiding a folder loses none."""

    def __init__(self) -> None:
        mount("none", "/", flags=MS_REC | MS_PRIVATE)
        self._own: list[str] = []
        """Folders that are tmpfs of ours, where anything may be made."""

    def owns(self, folder: str) -> None:
        """Names may be made below it without touching the machine."""
        self._own.append(folder)

    def hold(self, path: str) -> int:
        return os.open(path, os.O_PATH | os.O_CLOEXEC)

    def hide(self, folder: str) -> None:
        mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
        self._own.append(folder)

    def bind(self, held: int, target: str, readonly: bool = False) -> None:
        """What `held` refers to appears at `target`, whose place is made if it is missing."""
        folder = stat.S_ISDIR(os.fstat(held).st_mode)
        self.make_place(target, folder)
        mount(f"/proc/self/fd/{held}", target, flags=MS_BIND | MS_REC)
        if readonly:
            mount("none", target, flags=MS_REMOUNT | MS_BIND | MS_RDONLY)

    def overlay(self, lower: str, upper: str, work: str, target: str) -> None:
        mount("overlay", target, "overlay", 0, f"lowerdir={lower},upperdir={upper},workdir={work}")

    def make_place(self, target: str, folder: bool = True) -> None:
        if os.path.lexists(target):
            return
        parent = os.path.dirname(target)
        while not os.path.isdir(parent):
            parent = os.path.dirname(parent)
        if not any(parent == own or parent.startswith(own + "/") for own in self._own):
            self._rebuild(parent)
        if folder:
            os.makedirs(target, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))

    def _rebuild(self, folder: str) -> None:
        """A tmpfs in a folder's place with all it held bound back, so that a name can be added without touching the
        machine."""
        held = [(entry.name, entry.is_symlink(), entry.path) for entry in os.scandir(folder)]
        opened = [(name, os.readlink(path) if link else self.hold(path)) for name, link, path in held]
        self.hide(folder)
        for name, source in opened:
            place = os.path.join(folder, name)
            if isinstance(source, str):
                os.symlink(source, place)
            else:
                self.bind(source, place)
                os.close(source)
