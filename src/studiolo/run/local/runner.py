"""The local runner: groups of processes on this machine, queued until they fit, found again after a restart.

All it knows lies in files, one folder a group (`group.json` what was asked, `granted.json` once admitted, per member what
its shim leaves), so a new server sees what the old one saw. Threads: callers', and one that waits for shims to end.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from studiolo.run import protocol
from studiolo.run.local import broom, cgroups, launch, machine
from studiolo.run.local.scheduler import Wish, admit, clamp, free_of, reason
from studiolo.run.local.shim import Folder, start_time
from studiolo.run.protocol import Group, GroupState, Machine, Member, MemberState, Mount, Resources, Usage


def _group_of(document: Any) -> Group:
    members = [
        Member(
            one["name"], one["argv"], Resources(**one["resources"]), one["env"], one["cwd"],
            [Mount(Path(mount["source"]), mount["target"], mount["readonly"]) for mount in one["mounts"]],
            one.get("warm_argv", ()),
        )
        for one in document["members"]
    ]  # fmt: skip
    environment = Path(document["environment"]) if document["environment"] else None
    return Group(
        document["handle"], members, environment, document["warm"], document["network"], document["max_seconds"],
        document["grace"], document["share"], document.get("cores_share"),
    )  # fmt: skip


class _Known:
    """One group as the runner keeps it in memory."""

    def __init__(self, group: Group, since: float, folder: Path) -> None:
        self.group = group
        self.since = since
        self.folder = folder
        self.granted: list[Resources] | None = None
        self.held: Resources | None = None
        """What it holds of the machine since it was admitted."""
        self.clamped = ""
        self.pids: dict[str, int] = {}
        self._over = False

    @property
    def wish(self) -> Resources:
        members, group = self.group.members, self.group
        return Resources(
            sum(one.resources.cores for one in members)
            * (group.share if group.cores_share is None else group.cores_share),
            int(sum(one.resources.memory for one in members) * group.share),
            sum(one.resources.gpus for one in members),
        )

    @property
    def whole(self) -> Resources:
        """What its members may use, whatever part of it is held for them alone."""
        every = [one.resources for one in self.group.members]
        return Resources(
            sum(one.cores for one in every), sum(one.memory for one in every), sum(one.gpus for one in every)
        )

    def member(self, name: str) -> Folder:
        return Folder(str(self.folder / "members" / name))

    @property
    def ended(self) -> bool:
        """Looked at on the disk until it is so; a group that waits ends by `stop` alone, which looks."""
        return self._over or (self.granted is not None and self.look())

    def look(self) -> bool:
        self._over = all(self.member(one.name).has("exit.json") for one in self.group.members)
        return self._over


class LocalRunner(protocol.Runner):
    def __init__(
        self,
        runs: Path,
        state: Path,
        hide: Sequence[Path] = (),
        total: Resources | None = None,
        preload: Sequence[str] = (),
    ) -> None:
        """runs: the groups' folders. state: sockets and links, a short path. hide: folders no job may see.
        preload: modules of ours that most members run, for the fork servers to import."""
        self._runs = runs
        self._hide = [str(path.resolve()) for path in hide]
        self._total = total or machine.total()
        for folder in (runs, state):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lib = launch.make_lib(state.resolve() / "lib")
        self._zygotes = launch.Zygotes(state.resolve(), self._lib, preload)
        self._broom = broom.Broom(runs.with_name(f"{runs.name}-given-back"))
        self._known: dict[str, _Known] = {}
        self._watchers: list[Callable[[str], None]] = []
        self._lock = threading.RLock()
        self._gone: deque[tuple[str, str]] = deque()
        self._selector = selectors.DefaultSelector()
        self._wake, wake = socket.socketpair()
        self._closed = False
        self._selector.register(wake, selectors.EVENT_READ, None)
        self._adopt()
        self._thread = threading.Thread(target=self._wait, name="runner", daemon=True)
        self._thread.start()

    # What there is.

    def _place(self, handle: str) -> Path:
        return self._runs / quote(handle, safe="")

    def folder(self, handle: str) -> Path:
        place = self._place(handle)
        place.mkdir(mode=0o700, exist_ok=True)
        return place

    def has_folder(self, handle: str) -> bool:
        return self._place(handle).exists()

    def _adopt(self) -> None:
        for folder in sorted(self._runs.iterdir()):
            if not (folder / "group.json").exists():
                continue
            document = json.loads((folder / "group.json").read_text())
            known = _Known(_group_of(document), document["since"], folder)
            self._known[known.group.handle] = known
            known.look()
            if (folder / "granted.json").exists():
                granted = json.loads((folder / "granted.json").read_text())
                known.granted = [Resources(**one) for one in granted["members"]]
                known.held = Resources(**granted["held"])
                known.clamped = granted["clamped"]
                for member in known.group.members:
                    self._find_again(known, member)
        self._schedule()

    def _find_again(self, known: _Known, member: Member) -> None:
        folder = known.member(member.name)
        if folder.has("exit.json"):
            return
        pid = _living(folder)
        if pid is not None:
            self._follow(known, member.name, pid)
        elif folder.has("started"):
            self._bury(folder)
        elif (known.folder / "stopped").exists():
            folder.write("exit.json", _never_ran())
        else:
            self._launch(known, member)

    def _bury(self, folder: Folder) -> None:
        """A member whose shim is gone without a word: what is left of it is ended, and said so."""
        with contextlib.suppress(OSError, ValueError):
            for place in cgroups.folders(folder.read("spec.json")["id"]):
                for pid in (place / "cgroup.procs").read_text().split():
                    os.kill(int(pid), signal.SIGKILL)
        message = "The process ended without leaving its status: the machine restarted, or it was killed from outside."
        with contextlib.suppress(FileNotFoundError):
            folder.write("exit.json", {"code": 137, "reason": "lost", "message": message, "ended": time.time()})

    # Starting.

    def start(self, group: Group) -> None:
        with self._lock:
            if group.handle in self._known:
                return
            folder = self.folder(group.handle)
            since = time.time()
            document = {**asdict(group), "since": since}
            Folder(str(folder)).write("group.json", json.loads(json.dumps(document, default=str)))
            self._known[group.handle] = _Known(group, since, folder)
            self._schedule()
        self._tell(group.handle)

    def warm(self, environment: Path | None, modules: Sequence[str]) -> None:
        self._zygotes.keep(environment, modules)

    def _running(self) -> list[tuple[str, _Known]]:
        return [(h, known) for h, known in self._known.items() if known.granted is not None and not known.ended]

    def _waiting(self) -> list[Wish]:
        waiting = [(handle, one) for handle, one in self._known.items() if one.granted is None and not one.ended]
        room = self._room() if waiting else self._total
        wishes = [Wish(handle, self._clamp(known, room)[0], known.since) for handle, known in waiting]
        return sorted(wishes, key=lambda wish: wish.since)

    def _grants(self) -> list[tuple[str, Resources]]:
        return [(handle, known.held) for handle, known in self._running() if known.held is not None]

    def _room(self) -> Resources:
        """What a job can ever get: the machine without what serving instances hold, which do not end by themselves."""
        lasting = [known.held for _, known in self._running() if known.group.share < 1 and known.held is not None]
        left = free_of(self._total, lasting)
        return Resources(max(left.cores, 0.5), max(left.memory, 2**29), max(left.gpus, 0))

    def _clamp(self, known: _Known, room: Resources | None = None) -> tuple[Resources, str]:
        return clamp(known.wish, self._total if known.group.share < 1 else room or self._room())

    def _schedule(self) -> list[str]:
        starts = admit(self._total, [one for _, one in self._grants()], self._waiting(), time.time())
        for handle in starts:
            known = self._known[handle]
            known.held = self._clamp(known)[0]
            known.granted, known.clamped = self._grant(known)
            granted = {
                "held": asdict(known.held),
                "members": [asdict(one) for one in known.granted],
                "clamped": known.clamped,
            }
            Folder(str(known.folder)).write("granted.json", granted)
            for member in known.group.members:
                self._launch(known, member)
        return starts

    def _grant(self, known: _Known) -> tuple[list[Resources], str]:
        """What each member gets: its wish, or its part of the machine where the group asks for more than that."""
        asked = known.whole
        held, sentence = clamp(asked, self._total if known.group.share < 1 else self._room())
        cores, memory = held.cores / (asked.cores or 1), held.memory / (asked.memory or 1)
        return [
            Resources(
                one.resources.cores * cores,
                int(one.resources.memory * memory),
                min(one.resources.gpus, held.gpus // len(known.group.members)),
            )
            for one in known.group.members
        ], sentence

    def _launch(self, known: _Known, member: Member) -> None:
        group, folder = known.group, known.folder / "members" / member.name
        granted = (known.granted or [])[[one.name for one in group.members].index(member.name)]
        folder.mkdir(parents=True, exist_ok=True)
        pid: int | None = None
        try:
            python = bool(member.warm_argv) or member.argv[0] == "python"
            if python and group.environment and self._zygotes.ready(group.environment, group.warm):
                launch.prepare(folder, group, member, granted, self._lib, self._hide, forked=True)
                pid = self._zygotes.fork(group.environment, group.warm, folder)
            if pid is None:
                launch.prepare(folder, group, member, granted, self._lib, self._hide, forked=False)
                # An interpreter that has the shim already; its own start would be most of the way to the first line.
                pid = self._zygotes.fork(None, (), folder) if self._zygotes.ready(None, ()) else None
                pid = pid or launch.start_process(folder, self._lib)
        except OSError as error:
            message = f"The process could not be started: {error.strerror or error}."
            Folder(str(folder)).write(
                "exit.json", {"code": 126, "reason": "start_failed", "message": message, "ended": time.time()}
            )
            return
        self._follow(known, member.name, pid)

    def _follow(self, known: _Known, name: str, pid: int) -> None:
        known.pids[name] = pid
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            # It has ended already, and its fork server has seen to it.
            self._gone.append((known.group.handle, name))
            self._wake.send(b"x")
            return
        self._selector.register(fd, selectors.EVENT_READ, (known.group.handle, name, pid))
        self._wake.send(b"x")

    def _wait(self) -> None:
        """The thread that hears shims end."""
        while not self._closed:
            ended: list[str] = []
            for key, _ in self._selector.select(5.0):
                if key.data is None:
                    with contextlib.suppress(OSError):
                        key.fileobj.recv(4096)  # type: ignore[union-attr]
                    continue
                handle, name, pid = key.data
                self._selector.unregister(key.fileobj)
                os.close(int(key.fd))
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                ended += self._ended(handle, name)
            while self._gone:
                ended += self._ended(*self._gone.popleft())
            # Who waits starts before anybody is told, so that the machine does not stand idle meanwhile. Patience of the
            # queue runs out by time, not by an event.
            with self._lock:
                started = [] if self._closed else self._schedule()
            for handle in (*ended, *started):
                self._tell(handle)

    def _ended(self, handle: str, name: str) -> list[str]:
        """Whose state has changed by the end of that member's shim."""
        with self._lock:
            known = self._known.get(handle)
            if known is not None:
                folder = known.member(name)
                if not folder.has("exit.json"):
                    if folder.has("started"):
                        self._bury(folder)
                    else:
                        member = next(one for one in known.group.members if one.name == name)
                        self._launch(known, member)
                        return []
        return [handle]

    def _tell(self, handle: str) -> None:
        for watcher in tuple(self._watchers):
            watcher(handle)

    # Asking.

    def poll(self, handle: str) -> GroupState:
        with self._lock:
            known = self._known.get(handle)
            if known is None:
                return GroupState("absent")
            if known.granted is None and not known.ended:
                wish = self._clamp(known)
                return GroupState("waiting", reason(wish[0], self._total, self._grants()), (), wish[1], known.folder)
        states = [_state(known.member(member.name), member.name, known.since) for member in known.group.members]
        phase = "exited" if all(state.phase == "exited" for state in states) else "running"
        return GroupState(phase, "", states, known.clamped, known.folder)

    def usage(self, handle: str) -> Sequence[Usage]:
        known = self._known.get(handle)
        if known is None:
            return []
        found: list[Usage] = []
        for name in [member.name for member in known.group.members]:
            pid = known.pids.get(name)
            if pid is not None and not known.member(name).has("exit.json"):
                cpu, memory = machine.tree_usage(pid)
                found.append(Usage(name, cpu, memory))
        return found

    def handles(self) -> Sequence[str]:
        return list(self._known)

    def places(self) -> set[Path]:
        with self._lock:
            return protocol.places_of(known.group for known in self._known.values() if not known.ended)

    def machine(self) -> Machine:
        with self._lock:
            grants = self._grants()
            granted = Resources(
                sum(one.cores for _, one in grants),
                sum(one.memory for _, one in grants),
                sum(one.gpus for _, one in grants),
            )
            waiting = [wish.handle for wish in self._waiting()]
            return Machine(self._total, granted, [handle for handle, _ in grants], waiting)

    # Ending.

    def stop(self, handle: str, grace: float | None = None) -> None:
        with self._lock:
            known = self._known.get(handle)
            if known is None:
                return
            (known.folder / "stopped").touch()
            for member in known.group.members:
                folder = known.member(member.name)
                if folder.has("exit.json"):
                    continue
                if known.granted is None:
                    (known.folder / "members" / member.name).mkdir(parents=True, exist_ok=True)
                    folder.write("exit.json", _never_ran())
                    known.look()
                    continue
                if grace is not None:
                    folder.write("stop.json", {"grace": grace})
                pid = _living(folder)
                if pid is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGTERM)
                elif not folder.has("started"):
                    # Between its launch and its first word: it finds the request when it looks.
                    self._stop_later(folder)
            waiting = known.granted is None
        if waiting:
            self._tell(handle)

    def _stop_later(self, folder: Folder) -> None:
        def insist() -> None:
            for _ in range(200):
                pid = _living(folder)
                if pid is not None or folder.has("exit.json"):
                    with contextlib.suppress(ProcessLookupError):
                        if pid is not None:
                            os.kill(pid, signal.SIGTERM)
                    return
                time.sleep(0.02)

        threading.Thread(target=insist, daemon=True).start()

    def signal(self, handle: str, member: str, signal: int) -> None:
        """Through the shim only SIGTERM means something; others go to the job's init, which passes them on."""
        known = self._known.get(handle)
        pid = known.pids.get(member) if known else None
        if pid is None:
            return
        with contextlib.suppress(OSError, IndexError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            os.kill(int(children[0]), signal)

    def remove(self, handle: str) -> None:
        with self._lock:
            known = self._known.get(handle)
            if known is not None:
                if not known.ended:
                    self.stop(handle, 0)
                    deadline = time.monotonic() + 5
                    while not known.ended and time.monotonic() < deadline:
                        time.sleep(0.01)
                self._known.pop(handle, None)
        # Of what is not there nobody is told: who removes because of the message would be woken by it forever.
        if self._broom.take(self._place(handle)) or known is not None:
            self._tell(handle)

    def watch(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._wake.send(b"x")
        self._thread.join(2)
        self._broom.close()
        self._zygotes.close()


def _never_ran() -> dict[str, Any]:
    return {"code": 143, "reason": "stopped", "message": "", "ended": time.time()}


def _living(folder: Folder) -> int | None:
    """The shim's process number, if that process is still the one that wrote it."""
    try:
        shim = folder.read("shim.json")
        if start_time(shim["pid"]) == shim["start"]:
            with open(f"/proc/{shim['pid']}/stat", "rb") as file:
                if file.read().rpartition(b")")[2].split()[0] != b"Z":
                    return int(shim["pid"])
    except (OSError, ValueError):
        pass
    return None


def _state(folder: Folder, name: str, since: float) -> MemberState:
    started = since
    pid = None
    with contextlib.suppress(OSError, ValueError):
        shim = folder.read("shim.json")
        started, pid = shim["began"], shim["pid"]
    ran = pid is not None
    log = Path(folder.file("log"))
    try:
        done = folder.read("exit.json")
    except (OSError, ValueError):
        return MemberState(name, "running", started, log, pid, ran=ran)
    return MemberState(
        name, "exited", started, log, None, done["code"], done["reason"], done["message"], done["ended"], ran
    )
