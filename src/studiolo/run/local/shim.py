"""The small parent that every job's host has, beside the server and outliving it.

It joins the limits, makes the namespaces, starts the main process under an init of its own, pumps the output into a log
file stamped line by line, ends the job when its time is over or a stop is asked for, and leaves `exit.json` behind. Two
shims of one member exclude each other by a lock, so starting one twice is harmless.

Started by the runner in the server's interpreter (`main`) or forked off a warm fork server (zygote.py). Standard library
only, and little of it: its start is on the way to a job's first line.
"""

import contextlib
import fcntl
import json
import os
import runpy
import select
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from studiolo.run.local import cgroups, namespaces, network

MAX_LINE = 256 * 1024
FLUSH_PARTIAL = 1.0
"""Seconds after which an unfinished line is written as it is."""


class Folder:
    """A member's folder: the files by which the runner and its shim speak."""

    def __init__(self, path: str) -> None:
        self.path = path

    def file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def read(self, name: str) -> Any:
        with open(self.file(name), "rb") as file:
            return json.load(file)

    def write(self, name: str, document: Mapping[str, Any]) -> None:
        """Whole or not at all."""
        with open(self.file(f"{name}.new"), "w") as file:
            json.dump(document, file)
        os.replace(self.file(f"{name}.new"), self.file(name))

    def has(self, name: str) -> bool:
        return os.path.exists(self.file(name))


def start_time(pid: int | str) -> int:
    """Clock ticks since boot at which a process began: with its number it names a process for good."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[19])


class Log:
    """Lines stamped with epoch milliseconds. A full disk loses lines, never the job."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._partial = b""
        self.since = 0.0

    def feed(self, data: bytes) -> None:
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        if len(self._partial) > MAX_LINE:
            lines.append(self._partial)
            self._partial = b""
        if lines:
            self._write(lines)
        self.since = time.monotonic()

    def _write(self, lines: list[bytes]) -> None:
        stamp = b"%d\t" % (time.time() * 1000)
        short: list[bytes] = []
        for line in lines:
            if len(line) <= MAX_LINE:
                short.append(line)
            else:
                short += [line[start : start + MAX_LINE] for start in range(0, len(line), MAX_LINE)]
        with contextlib.suppress(OSError):
            os.write(self._file, b"".join(stamp + line + b"\n" for line in short))

    @property
    def pending(self) -> bool:
        return bool(self._partial)

    def flush(self) -> None:
        if self._partial:
            self._write([self._partial])
            self._partial = b""


def main(path: str) -> None:
    """Supervises the member in `path` to its end. Returns at once where another shim does or did."""
    folder = Folder(path)
    lock = os.open(folder.file("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    if folder.has("exit.json") or folder.has("started"):
        return
    os.chdir("/")
    for ignored in (signal.SIGHUP, signal.SIGINT):
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _Supervisor(folder, folder.read("spec.json")).run()


class _Supervisor:
    def __init__(self, folder: Folder, spec: Mapping[str, Any]) -> None:
        self._folder = folder
        self._spec = spec
        self._log = Log(folder.file("log"))
        self._reason = ""
        self._kill_at: float | None = None
        self._stop_asked = False

    def run(self) -> None:
        wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_stop)
        out_read, out_write = os.pipe2(os.O_CLOEXEC)
        mine = {"pid": os.getpid(), "start": start_time("self"), "began": time.time()}
        self._folder.write("shim.json", mine)
        self._folder.write("started", mine)
        try:
            self._init = start_init(self._folder, self._spec, out_write)
        except OSError as error:
            self._finish(126, "start_failed", f"The job's namespaces could not be made: {error}")
            return
        os.close(out_write)
        if self._stop_asked:
            self._stop("stopped", self._grace())
        began = time.monotonic()
        limit = self._spec.get("max_seconds")
        self._deadline = began + limit if limit else None
        status = self._watch(out_read, wake_read)
        code = os.waitstatus_to_exitcode(status)
        code = 128 - code if code < 0 else code
        if cgroups.killed_for_memory(self._spec["id"]) and code != 0:
            self._reason = "out_of_memory"
        self._finish(code, self._reason, "")

    def _finish(self, code: int, reason: str, message: str) -> None:
        self._log.flush()
        if message:
            self._log.feed(f"{message}\n".encode())
        cgroups.remove(self._spec["id"])
        self._folder.write("exit.json", {"code": code, "reason": reason, "message": message, "ended": time.time()})

    def _on_stop(self, number: int, frame: object) -> None:
        self._stop_asked = True
        if hasattr(self, "_init"):
            self._stop("stopped", self._grace())

    def _grace(self) -> float:
        with contextlib.suppress(OSError, ValueError, KeyError):
            return float(self._folder.read("stop.json")["grace"])
        return float(self._spec["grace"])

    def _stop(self, reason: str, grace: float) -> None:
        """A second request may shorten the grace, never lengthen it."""
        until = time.monotonic() + grace
        self._kill_at = until if self._kill_at is None else min(until, self._kill_at)
        self._reason = self._reason or reason
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._init, signal.SIGTERM)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._init, signal.SIGKILL)
        for folder in cgroups.folders(self._spec["id"]):
            with contextlib.suppress(OSError, ValueError):
                for pid in (folder / "cgroup.procs").read_text().split():
                    os.kill(int(pid), signal.SIGKILL)

    def _watch(self, output: int, wake: int) -> int:
        """Pumps until the init has ended and its output is read; returns its wait status."""
        status: int | None = None
        init = os.pidfd_open(self._init)
        poll = select.poll()
        for fd in (output, wake, init):
            poll.register(fd, select.POLLIN)
        open_output = True
        while True:
            now = time.monotonic()
            if self._deadline is not None and now >= self._deadline:
                self._deadline = None
                self._stop("timeout", float(self._spec["grace"]))
            if self._kill_at is not None and now >= self._kill_at and status is None:
                self._kill()
                self._kill_at = now + 1
            ready = dict(poll.poll(self._patience(now, status is not None)))
            if wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 512)
            if output in ready:
                data = os.read(output, 1 << 16)
                if data:
                    self._log.feed(data)
                else:
                    poll.unregister(output)
                    open_output = False
            elif self._log.pending and now - self._log.since > FLUSH_PARTIAL:
                self._log.flush()
            if init in ready and status is None:
                status = os.waitpid(self._init, 0)[1]
                poll.unregister(init)
            if status is not None and (not open_output or output not in ready):
                # Without a process namespace something may hold the pipe open for ever: what came is enough.
                return status

    def _patience(self, now: float, ended: bool) -> float:
        """Milliseconds until there is something to do unasked."""
        times = [at for at in (self._deadline, self._kill_at) if at is not None]
        if self._log.pending:
            times.append(self._log.since + FLUSH_PARTIAL)
        if ended:
            return 100
        return max(0, min(times) - now) * 1000 + 1 if times else 60_000


# The other side of the fork.


def start_init(folder: Folder, spec: Mapping[str, Any], output: int) -> int:
    """Forks the job's init; its number."""
    joined = cgroups.limit(spec["id"], spec["cores"], spec["memory"])
    isolated = spec["isolate"]
    if isolated:
        if spec["network"] == "none":
            network.enter(spec["network_file"], start_time)
        elif os.getuid() != 0:
            namespaces.become_root_of_own()
        namespaces.unshare(namespaces.CLONE_NEWPID)
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for each in joined:
            cgroups.join(each)
        for fd in (1, 2):
            os.dup2(output, fd)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        extra = _isolate(folder, spec) if isolated else _without_namespaces(spec)
        _init({**spec["env"], **extra}, spec)
    except BaseException as error:
        os.write(2, f"The job could not be started: {error}\n".encode())
        os._exit(126)
    return 0


def _without_namespaces(spec: Mapping[str, Any]) -> dict[str, str]:
    """No private /opt/ml: workloads are told where it lies instead."""
    roots = [source for source, target, _ in spec["mounts"] if target == "/opt/ml"]
    return {"STUDIOLO_ML_ROOT": roots[0]} if roots else {}


def _isolate(folder: Folder, spec: Mapping[str, Any]) -> dict[str, str]:
    namespaces.unshare(namespaces.CLONE_NEWNS | namespaces.CLONE_NEWUTS | namespaces.CLONE_NEWIPC)
    namespaces.set_host_name(spec["name"])
    view = namespaces.View()
    mounts = [(view.hold(source), target, readonly) for source, target, readonly in spec["mounts"]]
    kept = [(view.hold(path), path) for path in spec["keep"] if os.path.exists(path)]
    hosts, scratch = view.hold(spec["hosts_file"]), view.hold(folder.file("tmp"))
    prefix = spec.get("prefix")
    lower, changes = (view.hold(prefix), view.hold(folder.file("environment"))) if prefix else (-1, -1)
    for hidden in spec["hide"]:
        if os.path.isdir(hidden):
            view.hide(hidden)
    view.bind(scratch, "/tmp")
    view.owns("/tmp")
    for held, path in kept:
        if not os.path.exists(path) or any(path.startswith(f"{hidden}/") for hidden in (*spec["hide"], "/tmp")):
            view.bind(held, path, readonly=True)
    if prefix:
        view.make_place(prefix)
        under = "/proc/self/fd/"
        try:
            view.overlay(f"{under}{lower}", f"{under}{changes}/upper", f"{under}{changes}/work", prefix)
        except OSError:
            view.bind(lower, prefix, readonly=True)
    for held, target, readonly in mounts:
        view.bind(held, target, readonly)
    view.bind(hosts, "/etc/hosts", readonly=True)
    for what, kind in (("/dev/shm", "tmpfs"), ("/proc", "proc")):
        with contextlib.suppress(OSError):
            namespaces.mount(kind, what, kind)
    return {}


def _init(env: Mapping[str, str], spec: Mapping[str, Any]) -> None:
    """Process 1 of the job: starts the main process, passes SIGTERM on, reaps orphans, ends as the main process ends."""
    main_pid = os.fork()
    if main_pid == 0:
        try:
            _become_main(env, spec)
        except SystemExit as leaving:
            code = leaving.code
            if code is not None and not isinstance(code, int):
                print(code, file=sys.stderr, flush=True)
                code = 1
            _flush()
            os._exit((code or 0) & 255)
        except BaseException:
            import traceback

            traceback.print_exc()
            _flush()
            os._exit(1)
        _flush()
        os._exit(0)

    def forward(number: int, frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(main_pid, number)

    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, forward)
    while True:
        try:
            pid, status = os.wait()
        except InterruptedError:
            continue
        if pid == main_pid:
            code = os.waitstatus_to_exitcode(status)
            if not spec["isolate"]:
                with contextlib.suppress(OSError):
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    os.killpg(0, signal.SIGTERM)
            os._exit(128 - code if code < 0 else code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _become_main(env: Mapping[str, str], spec: Mapping[str, Any]) -> None:
    for number in (
        signal.SIGTERM,
        signal.SIGINT,
        signal.SIGHUP,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGCHLD,
        signal.SIGPIPE,
    ):
        signal.signal(number, signal.SIG_DFL)
    cwd = spec["cwd"]
    os.chdir(cwd if os.path.isdir(cwd) else "/")
    argv = list(spec["argv"])
    if spec.get("forked") and len(argv) > 1 and argv[0] == "python":
        # As an interpreter sets them at its start.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_IGN)
        os.environ.clear()
        os.environ.update(env)
        sys.stdin, sys.stdout, sys.stderr = (
            open(0, closefd=False),
            open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False),
            open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False),
        )
        _new_randomness()
        sys.argv = argv[1:]
        known = sys.modules.get("studiolo.workloads.scripts")
        if known is not None and argv[1].endswith("/workloads/scripts.py"):
            # Imported already: to read and compile it again would be most of the way to a script's first line.
            known.main()
        runpy.run_path(argv[1], run_name="__main__")
        return
    path = env.get("PATH", os.defpath)
    for place in [""] if "/" in argv[0] else path.split(":"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.execve(os.path.join(place, argv[0]), argv, dict(env))
    sys.stderr.write(f"{argv[0]}: no such program in this environment\n")
    raise SystemExit(127)


def _new_randomness() -> None:
    """Two forks of one interpreter must not draw the same numbers."""
    if "random" in sys.modules:
        import random

        random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(int.from_bytes(os.urandom(4), "little"))
