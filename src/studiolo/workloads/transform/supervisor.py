"""Deals out a host's files to its workers, puts their parts together, replaces workers that die or hang.

Made by main.py; its end is that each file either has its result or its reason.
"""

import json
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.workloads.transform import expand, split
from studiolo.workloads.transform import plan as plans
from studiolo.workloads.transform.assemble import Assembly
from studiolo.workloads.transform.plan import Plan, Source

SEGMENT = 8 << 20
TELL = 0.5
HANG = 60.0
"""Seconds beyond all an invocation may take after which a worker that says nothing is ended."""
ALWAYS = 2
"""Tasks a worker holds at a time, so that it never waits for the next."""


@dataclass(slots=True)
class Task:
    number: int
    source: Source
    do: str
    path: Path
    index: int = 0
    start: int = 0
    end: int = 0
    deaths: int = 0


@dataclass(slots=True)
class Process:
    pid: int
    link: socket.socket
    buffer: bytearray = field(default_factory=bytearray)
    tasks: deque[Task] = field(default_factory=deque[Task])
    heard: float = field(default_factory=time.monotonic)
    told: tuple[int, int] = (0, 0)
    """Bytes and records it told of the task it is at, which count no more if it dies."""


class Supervisor:
    def __init__(self, plan: Plan, folder: Path, work: Callable[[socket.socket], None]) -> None:
        """work: what a worker does with its end of the socket; called in the fork."""
        self._plan, self._folder, self._work = plan, folder, work
        for name in ("parts", "output"):
            (folder / name).mkdir(exist_ok=True)
        self._assembly = Assembly(folder / "parts", folder / "output")
        self._waiting: deque[Task] = deque()
        self._selector = selectors.DefaultSelector()
        self._processes: list[Process] = []
        self._numbers = 0
        self._errors: dict[int, str] = {}
        self._bytes = self._records = 0
        self._total = sum(one.size for one in plan.files)
        self._told = 0.0
        for source in plan.files:
            path = folder / "input" / str(source.id)
            if expand.needed(plan):
                self._add(source, "expand", path)
            else:
                self._cut(source, path, source.size)

    def run(self) -> list[str]:
        """The reasons of the files that failed, in order of the files."""
        useful = self._plan.workers if expand.needed(self._plan) else max(1, len(self._waiting))
        for _ in range(min(self._plan.workers, useful)):
            self._fork()
        while self._waiting or any(one.tasks for one in self._processes):
            self._deal()
            for key, _ in self._selector.select(TELL):
                self._hear(key.data)
            self._end_hanging()
            self._tell()
        self._tell(force=True)
        for one in list(self._processes):
            self._close(one)
        errors = [self._errors[number] for number in sorted(self._errors)]
        if errors:
            plans.write(self._folder / "errors.json", errors)
        return errors

    # Tasks.

    def _add(self, source: Source, do: str, path: Path, index: int = 0, start: int = 0, end: int = 0) -> None:
        self._waiting.append(Task(self._numbers, source, do, path, index, start, end))
        self._numbers += 1

    def _cut(self, source: Source, path: Path, size: int) -> None:
        pieces = split.ranges(size, SEGMENT) if self._plan.split == "Line" else [(0, size)]
        self._assembly.expect(source.id, len(pieces))
        for index, (start, end) in enumerate(pieces):
            self._add(source, "segment", path, index, start, end)

    def _target(self, task: Task) -> Path:
        if task.do == "expand":
            return self._folder / "parts" / f"{task.source.id}.plain"
        return self._assembly.part(task.source.id, task.index)

    def _deal(self) -> None:
        """To those with the fewest tasks first; a second one only where there is enough for all."""
        for held in range(ALWAYS):
            for one in self._processes:
                if (
                    self._waiting
                    and len(one.tasks) <= held
                    and (held == 0 or len(self._waiting) > len(self._processes))
                ):
                    self._give(one, self._waiting.popleft())

    def _give(self, one: Process, task: Task) -> None:
        if not one.tasks:
            one.heard = time.monotonic()
        one.tasks.append(task)
        words = {"task": task.number, "do": task.do, "source": str(task.path), "start": task.start, "end": task.end,
                 "target": str(self._target(task))}  # fmt: skip
        try:
            one.link.sendall(json.dumps(words).encode() + b"\n")
        except OSError:
            # It died; what it held comes back when its socket is read.
            return

    def _fail(self, source: Source, message: str) -> None:
        self._errors.setdefault(source.id, f"{source.uri}: {message}")
        self._waiting = deque(task for task in self._waiting if task.source.id != source.id)
        self._assembly.drop(source.id)
        (self._folder / "parts" / f"{source.id}.plain").unlink(missing_ok=True)

    def _finish(self, task: Task, said: dict[str, Any]) -> None:
        source = task.source
        if source.id in self._errors:
            self._target(task).unlink(missing_ok=True)
        elif "failed" in said:
            self._fail(source, self._reason(task, said["offset"], said["message"]))
        elif task.do == "expand":
            self._total += said["size"] - source.size
            self._cut(source, self._target(task), said["size"])
        elif self._assembly.done(source.id, task.index):
            (self._folder / "parts" / f"{source.id}.plain").unlink(missing_ok=True)
            print(f"Transformed {source.uri}", flush=True)

    def _reason(self, task: Task, offset: int, message: str) -> str:
        if offset < 0 or task.do == "expand":
            return message
        if self._plan.split != "Line":
            return f"record at byte {offset}: {message}"
        with task.path.open("rb") as file:
            line = 1
            left = offset
            while left > 0 and (data := file.read(min(left, 1 << 20))):
                line += data.count(b"\n")
                left -= len(data)
        return f"record at line {line} (byte {offset}): {message}"

    # Processes.

    def _fork(self) -> None:
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._be_worker(ours, theirs)
        theirs.close()
        one = Process(pid, ours)
        self._processes.append(one)
        self._selector.register(ours, selectors.EVENT_READ, one)

    def _be_worker(self, ours: socket.socket, theirs: socket.socket) -> None:
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            # Another's socket held open here would keep that worker from ending with the supervisor.
            for one in self._processes:
                one.link.close()
            ours.close()
            self._work(theirs)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _hear(self, one: Process) -> None:
        try:
            data = one.link.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._lost(one)
            return
        one.heard = time.monotonic()
        one.buffer += data
        while (end := one.buffer.find(b"\n")) >= 0:
            said = json.loads(bytes(one.buffer[:end]))
            del one.buffer[: end + 1]
            if "progress" in said:
                size, records = said["progress"]
                self._count(size, records)
                one.told = (one.told[0] + size, one.told[1] + records)
            else:
                one.told = (0, 0)
                self._finish(one.tasks.popleft(), said)

    def _count(self, size: int, records: int) -> None:
        self._bytes += size
        self._records += records

    def _close(self, one: Process) -> int:
        self._selector.unregister(one.link)
        one.link.close()
        self._processes.remove(one)
        _, status = os.waitpid(one.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _lost(self, one: Process) -> None:
        """A worker died: the task it was at is tried again by another, as often as a request is."""
        held = list(one.tasks)
        self._count(-one.told[0], -one.told[1])
        code = self._close(one)
        print(f"A worker ended ({code}); starting another", file=sys.stderr, flush=True)
        if held:
            held[0].deaths += 1
            if held[0].deaths > self._plan.retries:
                task = held.pop(0)
                how = f"signal {-code}" if code < 0 else f"exit code {code}"
                where = f"between bytes {task.start} and {task.end}" if task.end else "in the file"
                self._fail(task.source, f"the model's process died ({how}) at a record {where}")
            self._waiting.extendleft(task for task in reversed(held) if task.source.id not in self._errors)
        if self._waiting:
            self._fork()

    def _end_hanging(self) -> None:
        limit = self._plan.seconds * (1 + self._plan.retries) + HANG
        for one in self._processes:
            if one.tasks and one.tasks[0].do == "segment" and time.monotonic() - one.heard > limit:
                print("A worker does not answer any more; it is ended", file=sys.stderr, flush=True)
                os.kill(one.pid, signal.SIGKILL)
                one.heard = time.monotonic()

    def _tell(self, force: bool = False) -> None:
        if force or time.monotonic() - self._told > TELL:
            self._told = time.monotonic()
            state = {"bytes": min(self._bytes, self._total), "records": self._records, "total": self._total}
            plans.write(self._folder / "state.json", state)
