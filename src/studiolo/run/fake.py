"""A runner without processes, for tests: groups start when told to wait for nothing, and end when the test says so."""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from studiolo.run import protocol
from studiolo.run.protocol import Group, GroupState, Machine, MemberState, Resources, Usage, places_of


class FakeRunner(protocol.Runner):
    def __init__(self, root: Path) -> None:
        self._root = root
        self._groups: dict[str, Group] = {}
        self._members: dict[str, list[MemberState]] = {}
        self._watchers: list[Callable[[str], None]] = []
        self.started: list[str] = []
        """Every start that was not a repetition, in order."""
        self.stopped: list[str] = []
        self.warmed: list[tuple[Path | None, tuple[str, ...]]] = []

    def _place(self, handle: str) -> Path:
        return self._root / handle.replace("/", "%")

    def folder(self, handle: str) -> Path:
        place = self._place(handle)
        place.mkdir(parents=True, exist_ok=True)
        return place

    def has_folder(self, handle: str) -> bool:
        return self._place(handle).exists()

    def start(self, group: Group) -> None:
        if group.handle in self._groups:
            return
        self.started.append(group.handle)
        self._groups[group.handle] = group
        now = time.time()
        states: list[MemberState] = []
        for member in group.members:
            log = self.folder(group.handle) / f"{member.name}.log"
            log.touch()
            states.append(MemberState(member.name, "running", now, log, 1))
        self._members[group.handle] = states
        self._tell(group.handle)

    def warm(self, environment: Path | None, modules: Sequence[str]) -> None:
        self.warmed.append((environment, tuple(modules)))

    def places(self) -> set[Path]:
        return places_of(group for handle, group in self._groups.items() if self.poll(handle).phase == "running")

    def write_log(self, handle: str, member: str, *lines: str) -> None:
        with (self.folder(handle) / f"{member}.log").open("a") as log:
            log.writelines(f"{int(time.time() * 1000)}\t{line}\n" for line in lines)

    def finish(
        self,
        handle: str,
        exit_code: int = 0,
        reason: Literal["", "out_of_memory", "timeout", "stopped", "start_failed", "lost"] = "",
        member: str | None = None,
    ) -> None:
        """Ends one member, or all that still run."""
        self._members[handle] = [
            MemberState(one.name, "exited", one.started, one.log, None, exit_code, reason, "", time.time())
            if one.phase == "running" and member in (None, one.name)
            else one
            for one in self._members[handle]
        ]
        self._tell(handle)

    def poll(self, handle: str) -> GroupState:
        if handle not in self._groups:
            return GroupState("absent")
        members = self._members[handle]
        phase = "exited" if all(one.phase == "exited" for one in members) else "running"
        return GroupState(phase, "", members, "", self._place(handle))

    def stop(self, handle: str, grace: float | None = None) -> None:
        self.stopped.append(handle)
        if handle in self._groups:
            self.finish(handle, 143, "stopped")

    def signal(self, handle: str, member: str, signal: int) -> None:
        return

    def remove(self, handle: str) -> None:
        self._groups.pop(handle, None)
        self._members.pop(handle, None)
        shutil.rmtree(self._place(handle), ignore_errors=True)

    def usage(self, handle: str) -> Sequence[Usage]:
        return []

    def handles(self) -> Sequence[str]:
        return list(self._groups)

    def machine(self) -> Machine:
        return Machine(Resources(2, 8 * 2**30), Resources(0, 0), list(self._groups), [])

    def watch(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        self._watchers.append(watcher)
        return lambda: None

    def _tell(self, handle: str) -> None:
        for watcher in tuple(self._watchers):
            watcher(handle)

    def close(self) -> None:
        return
