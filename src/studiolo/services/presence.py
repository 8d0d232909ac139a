"""Who has the studio open now, and on which page: in memory, for as long as the page's stream of changes is open.

The stream (server/events.py) enters and leaves; the page says where it is by PutPresence. Nothing of it needs to be durable.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

MAX_PAGE = 512
Heard = Callable[[], None]


@dataclass(slots=True)
class _Tab:
    project: str
    user: str
    since: float
    page: str = ""
    streams: int = 0


@dataclass(frozen=True, slots=True)
class Here:
    user: str
    page: str
    since: float


@dataclass(slots=True)
class Presence:
    """Called on the event loop only. A tab is named by the page itself, at random."""

    _tabs: dict[tuple[str, str, str], _Tab] = field(default_factory=dict[tuple[str, str, str], _Tab])
    _watchers: dict[str, list[Heard]] = field(default_factory=dict[str, list[Heard]])

    def enter(self, project: str, user: str, tab: str, now: float) -> None:
        one = self._tabs.setdefault((project, user, tab), _Tab(project, user, now))
        one.streams += 1
        self._tell(project)

    def leave(self, project: str, user: str, tab: str) -> None:
        one = self._tabs.get((project, user, tab))
        if one is None:
            return
        one.streams -= 1
        if one.streams <= 0:
            del self._tabs[project, user, tab]
            self._tell(project)

    def move(self, project: str, user: str, tab: str, page: str) -> bool:
        """False where no stream of this tab is open."""
        one = self._tabs.get((project, user, tab))
        if one is None:
            return False
        if one.page != page[:MAX_PAGE]:
            one.page = page[:MAX_PAGE]
            self._tell(project)
        return True

    def here(self, project: str) -> list[Here]:
        """Each tab, those that came first in front."""
        found = [Here(one.user, one.page, one.since) for one in self._tabs.values() if one.project == project]
        return sorted(found, key=lambda one: one.since)

    def watch(self, project: str, heard: Heard) -> Callable[[], None]:
        self._watchers.setdefault(project, []).append(heard)

        def unwatch() -> None:
            left = [one for one in self._watchers.get(project, ()) if one is not heard]
            if left:
                self._watchers[project] = left
            else:
                self._watchers.pop(project, None)

        return unwatch

    def _tell(self, project: str) -> None:
        for heard in list(self._watchers.get(project, ())):
            heard()
