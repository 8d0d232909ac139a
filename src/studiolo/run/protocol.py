"""The port to what runs: groups of processes that outlive the server.

A controller describes a group, starts it under a handle and polls it; it never holds a process object. Everything is
idempotent by handle: starting what was started changes nothing, stopping what ended changes nothing, and a restarted
server finds every group again. Implementations: local/ (namespaces, cgroups, fork servers), fake.py (tests).
tests/run/contract.py proves each.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Resources:
    cores: float
    memory: int
    """Bytes."""
    gpus: int = 0


@dataclass(frozen=True, slots=True)
class Mount:
    source: Path
    """On this machine; made if missing and not readonly."""
    target: str
    """Absolute path inside the process's mount namespace, e.g. "/opt/ml"."""
    readonly: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One host of a group: a process with its own mount namespace, host name and loopback address."""

    name: str
    """Host name and suffix of the handle: "algo-1"."""
    argv: Sequence[str]
    """argv[0] is looked up in the environment's bin folder first, then on PATH."""
    resources: Resources
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Added to a clean base environment (PATH, HOME, LANG and thread limits); nothing of the server's leaks in."""
    cwd: str = "/"
    mounts: Sequence[Mount] = ()
    warm_argv: Sequence[str] = ()
    """What a fork server runs to the same effect: ("python", <path of a workload>, …). Empty: argv, where it is such."""


@dataclass(frozen=True, slots=True)
class Group:
    """What starts together or not at all.

    environment: prefix of the Python environment (from Environments.ensure), None for none. Inside the job it is
                 writable without changing the shared one where the machine can overlay it.
    warm:        modules a fork server of this environment has imported already; a member whose argv is
                 ("python", <path of a workload>, …) is then forked instead of started. Empty: plain start.
    network:     "none" cuts members off from everything but one another.
    max_seconds: wall-clock bound after which the runner stops it with `grace`, also while the server is down;
                 None for no bound.
    """

    handle: str
    members: Sequence[Member]
    environment: Path | None = None
    warm: Sequence[str] = ()
    network: Literal["host", "none"] = "host"
    max_seconds: float | None = None
    grace: float = 120.0
    share: float = 1.0
    """Of the members' cores and memory, what is held for the group alone. Less than 1 for what mostly waits (serving
    instances): it may use all of them when they are free, and does not keep jobs or a new version from starting."""
    cores_share: float | None = None
    """Of the cores, where that is less than `share`: who waits for a person needs its memory all the time and cores hardly
    ever."""


def places_of(groups: Iterable[Group]) -> set[Path]:
    """Folders that these groups have been given."""
    found = set[Path]()
    for group in groups:
        found |= {group.environment} if group.environment is not None else set()
        found |= {mount.source for member in group.members for mount in member.mounts}
    return found


@dataclass(frozen=True, slots=True)
class MemberState:
    name: str
    phase: Literal["running", "exited"]
    started: float
    log: Path
    """Its output, stdout and stderr together, one line each: "<epoch ms>\\t<text>"."""
    pid: int | None = None
    exit_code: int | None = None
    """As a shell says it: 0-255, 128+N for signal N."""
    reason: Literal["", "out_of_memory", "timeout", "stopped", "start_failed", "lost"] = ""
    """Why it ended where its own exit code does not tell; "lost": the machine restarted under it."""
    message: str = ""
    """What went wrong on start, in a sentence."""
    ended: float | None = None
    ran: bool = True
    """False: no process of it has come to be (yet); `started` is then when it was asked for."""


@dataclass(frozen=True, slots=True)
class GroupState:
    """phase: absent (never started or removed), waiting (in the queue; `reason` says for what), running (at least one
    member runs), exited (all have ended). A group one of whose members exits with a failure goes on until the
    controller stops it."""

    phase: Literal["absent", "waiting", "running", "exited"]
    reason: str = ""
    members: Sequence[MemberState] = ()
    clamped: str = ""
    """A sentence where the machine is smaller than what was asked for, so less was granted."""
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """One sample of a member that runs: cpu seconds used so far and resident bytes, its descendants included."""

    member: str
    cpu_seconds: float
    memory: int
    gpu_percent: float | None = None
    gpu_memory: int | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is and what is granted now."""

    total: Resources
    granted: Resources
    running: Sequence[str]
    waiting: Sequence[str]
    """Handles; waiting in order of the queue."""


class Runner(Protocol):
    def folder(self, handle: str) -> Path:
        """The group's own folder, made on the first call: what a controller prepares for a start (inputs) goes below
        it and lies there until `remove`."""
        ...

    def has_folder(self, handle: str) -> bool:
        """Whether anything of it lies on the machine."""
        ...

    def start(self, group: Group) -> None:
        """Queues the group; returns at once. A handle that is known already is left alone."""
        ...

    def warm(self, environment: Path | None, modules: Sequence[str]) -> None:
        """Has a group of that environment and those warm modules start fast in the next minutes; for what may be
        started at any moment and is waited for. Called again and again it stays so; a hint, which may change nothing.
        Returns at once."""
        ...

    def poll(self, handle: str) -> GroupState: ...

    def stop(self, handle: str, grace: float | None = None) -> None:
        """SIGTERM to each member's main process, SIGKILL to everything left after `grace` seconds; a waiting group is
        dropped (it becomes exited with reason "stopped"). Returns at once."""
        ...

    def signal(self, handle: str, member: str, signal: int) -> None:
        """To the member's main process; ignored where it does not run."""
        ...

    def remove(self, handle: str) -> None:
        """Forgets an ended group and deletes its folder. Kills what still runs."""
        ...

    def usage(self, handle: str) -> Sequence[Usage]: ...

    def handles(self) -> Sequence[str]: ...

    def places(self) -> Collection[Path]:
        """Environments and mounted folders of all groups that wait or run."""
        ...

    def machine(self) -> Machine: ...

    def watch(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        """Calls `watcher(handle)` soon after a group's state changed, from any thread. Returns the unsubscriber."""
        ...

    def close(self) -> None:
        """Lets go of everything without ending any group."""
        ...


class EnvironmentError_(Exception):
    """The environment can't be made; the message is fit for a FailureReason."""


@dataclass(frozen=True, slots=True)
class Environment:
    prefix: Path
    """bin/python below it is its interpreter."""
    warm: Sequence[str]
    """Modules worth importing once in a fork server."""
    framework: str
    """"sklearn", "xgboost", "lightgbm", "pytorch", "python" …: which defaults a workload uses."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Every package of an environment with its version, chosen once."""

    text: str
    """As requirements.txt."""
    framework: str
    warm: Sequence[str]


class Environments(Protocol):
    """Image URI -> locked Python environment, built once and cached by the hash of its lock."""

    def resolve(self, image: str) -> str | None:
        """The environment's name for an image URI (by repository and tag; account and region ignored), None where
        the image is not known."""
        ...

    def owner(self, image: str) -> str | None:
        """The project whose own image it is (12 digits); None for an image of the studio's or one that is not known."""
        ...

    def ensure(
        self, image: str, requirements: str | None = None, progress: Callable[[str], None] | None = None
    ) -> Environment:
        """Builds it if it is not there (blocks, seconds to minutes; safe from many threads at once); `requirements`
        is the text of a requirements.txt laid over it. Raises EnvironmentError_."""
        ...

    def ready(self, image: str, requirements: str | None = None) -> Environment | None:
        """The environment if it is built already; never builds."""
        ...

    def lock(
        self,
        requirements: Sequence[str] | None,
        image: str | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Lock:
        """Chooses versions (blocks, seconds): for lines of requirements, or those that an image of the catalogue has now.
        Raises EnvironmentError_ with the resolver's own explanation."""
        ...

    def keep(self, uri: str, lock: Lock) -> None:
        """From now on `uri` (<account>.dkr.ecr.<region>.amazonaws.com/<name>:<tag>) stands for exactly this, also after a
        restart. What it stands for already stays."""
        ...

    def drop(self, uri: str) -> None:
        """What `keep` did is undone, but for what runs from it: that goes on, and is started again where it must be, until
        `sweep`."""
        ...

    def gone(self, image: str) -> bool:
        """Whether it is a team's own that was dropped, and not swept yet: nothing new may begin with it."""
        ...

    def dropped(self) -> Sequence[tuple[str, float]]:
        """What waits for `sweep`, and when it was dropped, in seconds since the epoch. Known on the disk, not in memory."""
        ...

    def sweep(self, uri: str, used: Collection[Path]) -> bool:
        """Takes away from the disk what was built of a dropped address and of nothing else; blocks. False, and nothing
        happens, where one of its folders is among `used` or is being built. Nobody may be about to start something with it:
        that is the caller's to know."""
        ...

    def close(self) -> None:
        """Breaks off what is being made, so that nobody waits for it; the next studio makes it."""
        ...

    def catalog(self) -> Sequence[Mapping[str, object]]:
        """One entry an image the studio knows: Image, Name, Framework, Version, State ("ready" | "not built")."""
        ...
