"""Makes a member's folder and starts its shim: forked off a warm fork server where there is one, else a process."""

import contextlib
import functools
import os
import re
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import studiolo
from studiolo.run.local.shim import Folder
from studiolo.run.protocol import Group, Member, Resources

PACKAGE = Path(studiolo.__file__).resolve().parent
_PROBE = """
import os, sys
sys.path.insert(0, sys.argv[1])
from studiolo.run.local import namespaces as n
if os.getuid() != 0:
    n.become_root_of_own()
n.unshare(n.CLONE_NEWPID)
pid = os.fork()
if pid == 0:
    n.unshare(n.CLONE_NEWNS | n.CLONE_NEWUTS | n.CLONE_NEWIPC)
    n.View().hide("/tmp")
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@functools.cache
def isolation(lib: Path) -> str:
    """ "" where jobs get namespaces of their own, else why not."""
    words = [sys.executable, "-I", "-S", "-c", _PROBE, str(lib)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["unshare is not permitted"])[-1]


def make_lib(folder: Path) -> Path:
    """A folder that holds nothing but our package, for the import path of jobs."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "studiolo"
    if not link.is_symlink() or link.resolve() != PACKAGE:
        with contextlib.suppress(FileNotFoundError):
            link.unlink()
        link.symlink_to(PACKAGE)
    return folder


def hosts_file(handle: str, members: Sequence[str]) -> str:
    """Each member of each group has a loopback address of its own, so that hosts meet by name and groups never clash."""
    number = zlib.crc32(handle.encode())
    net = f"127.{1 + number % 250}.{1 + (number >> 8) % 250}"
    lines = [f"{net}.{place} {name}" for place, name in enumerate(members, 1)]
    return "\n".join(("127.0.0.1 localhost", "::1 localhost", *lines, ""))


def thread_limits(cores: float) -> dict[str, str]:
    count = str(max(1, int(cores)))
    names = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    )
    # Waiting threads that spin take the cores from those that work, where cores are shared.
    return {**dict.fromkeys(names, count), "OMP_WAIT_POLICY": "PASSIVE"}


def base_environment(prefix: Path | None, lib: Path, cores: float) -> dict[str, str]:
    path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    env = {"PATH": path, "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1",
           "PYTHONPATH": str(lib), **thread_limits(cores)}  # fmt: skip
    if prefix:
        env |= {"PATH": f"{prefix}/bin:{path}", "VIRTUAL_ENV": str(prefix)}
    for name in (
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_CERT",
    ):
        # How this machine reaches its package index is the machine's business, and jobs install packages too.
        if name in os.environ:
            env[name] = os.environ[name]
    return env


def interpreter_homes(prefix: Path | None) -> list[str]:
    """Folders the environment's interpreter lives in, which must stay visible inside the job."""
    homes = [str(PACKAGE)]
    if prefix is None:
        # Without an environment the server's own interpreter is what a member may be started with.
        homes += [sys.prefix, sys.base_prefix]
    else:
        python = (prefix / "bin" / "python").resolve()
        homes.append(str(python.parent.parent))
    return homes


def prepare(
    folder: Path, group: Group, member: Member, granted: Resources, lib: Path, hide: Sequence[str], forked: bool
) -> None:
    """Writes what the shim reads; doing it twice changes nothing."""
    for name in ("tmp", "environment/upper", "environment/work"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "tmp").chmod(0o1777)
    (folder / "hosts").write_text(hosts_file(group.handle, [one.name for one in group.members]))
    for mount in member.mounts:
        if not mount.readonly:
            mount.source.mkdir(parents=True, exist_ok=True)
    spec: dict[str, Any] = {
        "id": re.sub(r"[^A-Za-z0-9_.-]", "_", f"{group.handle}.{member.name}"),
        "name": member.name,
        "argv": list((forked and member.warm_argv) or member.argv),
        "env": {**base_environment(group.environment, lib, granted.cores), **_gpu_limits(granted), **member.env},
        "cwd": member.cwd,
        "mounts": [(str(mount.source.resolve()), mount.target, mount.readonly) for mount in member.mounts],
        "cores": granted.cores,
        "memory": granted.memory,
        "network": group.network,
        "network_file": str(folder.parent.parent / "network"),
        "max_seconds": group.max_seconds,
        "grace": group.grace,
        "prefix": str(group.environment) if group.environment else None,
        "isolate": not isolation(lib),
        "hide": list(hide),
        "keep": [str(lib), *interpreter_homes(group.environment)],
        "hosts_file": str(folder / "hosts"),
        "forked": forked,
    }
    Folder(str(folder)).write("spec.json", spec)


def _gpu_limits(granted: Resources) -> Mapping[str, str]:
    return {} if granted.gpus else {"CUDA_VISIBLE_DEVICES": ""}


def start_process(folder: Path, lib: Path) -> int:
    """The shim as a process of the server's interpreter, without its site packages: it starts in some 20 ms."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); from studiolo.run.local.shim import main; main(sys.argv[2])"
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code, str(lib), str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "shim.err").open("ab"),
        start_new_session=True,
        close_fds=True,
    )
    return process.pid


class Zygotes:
    """The warm fork servers, one an environment and set of modules, and a plain one (prefix None) of the server's own
    interpreter from which every other member's shim is forked; made when first wanted, used from the next time."""

    LIMIT = 8
    TOUCH = 60.0
    """Seconds between two signs of life to one that is to be kept; far less than it waits."""

    def __init__(self, folder: Path, lib: Path, preload: Sequence[str] = ()) -> None:
        """preload: modules of our own package that each fork server has imported, too."""
        self._folder = folder
        self._lib = lib
        self._preload = list(preload)
        self._touched: dict[str, float] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def _socket(self, prefix: Path | None, modules: Sequence[str]) -> Path:
        return self._folder / f"z{zlib.crc32(repr((str(prefix), sorted(modules))).encode()):08x}"

    def ready(self, prefix: Path | None, modules: Sequence[str]) -> bool:
        """Whether a fork would be warm now; if not, one is being made."""
        if (prefix is None) != (not modules):
            return False
        path = self._socket(prefix, modules)
        with self._lock:
            process = self._processes.get(path.name)
            if process is None or process.poll() is not None:
                self._make(path, prefix, modules)
                return False
        return path.exists()

    def keep(self, prefix: Path | None, modules: Sequence[str]) -> None:
        """One is made where there is none, and waits on."""
        if prefix is None or not self.ready(prefix, modules):
            return
        name, now = self._socket(prefix, modules).name, time.monotonic()
        if now - self._touched.get(name, -self.TOUCH) >= self.TOUCH:
            self._touched[name] = now
            self._send(prefix, modules, b"")

    def _make(self, path: Path, prefix: Path | None, modules: Sequence[str]) -> None:
        ended = [name for name, process in self._processes.items() if process.poll() is not None]
        for name in ended:
            del self._processes[name]
        while len(self._processes) >= self.LIMIT:
            oldest = next(iter(self._processes))
            self._processes.pop(oldest).terminate()
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from studiolo.run.local.zygote import main; main()"
        env = base_environment(prefix, self._lib, 1)
        python = [str(prefix / "bin" / "python")] if prefix else [sys.executable, "-I", "-S"]
        # Who names modules of ours runs those and no others; each one more makes every fork a little slower.
        named = any(name.startswith("studiolo.") for name in modules)
        preload = self._preload if prefix and not named else []
        self._processes[path.name] = subprocess.Popen(
            [*python, "-c", code, str(self._lib), str(path), *modules, *preload],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            start_new_session=True,
        )  # fmt: skip

    def fork(self, prefix: Path | None, modules: Sequence[str], folder: Path) -> int | None:
        """The new shim's process number, None where it did not work."""
        try:
            return int(self._send(prefix, modules, str(folder).encode()) or b"0") or None
        except ValueError:
            return None

    def _send(self, prefix: Path | None, modules: Sequence[str], text: bytes) -> bytes:
        """Its answer; nothing where it does not answer. An empty text only says that it is wanted."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(5)
                client.connect(str(self._socket(prefix, modules)))
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                return client.recv(64)
        except OSError:
            return b""

    def close(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2)
        self._processes.clear()
