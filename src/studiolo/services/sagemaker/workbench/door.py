"""The way into a space's app, asked by the server's proxy for every request: may this person in, and where does the app answer."""

from dataclasses import dataclass
from pathlib import Path

from studiolo.base.record import Key, Record
from studiolo.services.identity import SessionUser
from studiolo.services.platform import Platform
from studiolo.services.sagemaker.workbench import access, launch, names
from studiolo.services.sagemaker.workbench.spaces import word_of_app

KINDS = frozenset({"Member", "Session", "User", "Project", names.SPACE, names.APP})
"""Kinds of records whose changes may close a way that is open."""


class Closed(Exception):
    """code: of the API's errors."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True)
class Way:
    user: str
    space: Key
    name: str
    socket: Path
    life: str
    """Of the app: another start is another way."""


class Presence:
    """Who is in which space now: those who hold a connection to its app. In memory; a restart ends the connections, too."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], dict[str, int]] = {}

    def enter(self, way: Way) -> None:
        users = self._held.setdefault((way.space.project, way.name.lower()), {})
        users[way.user] = users.get(way.user, 0) + 1

    def leave(self, way: Way) -> None:
        users = self._held.get((way.space.project, way.name.lower()), {})
        users[way.user] = users.get(way.user, 0) - 1
        if users[way.user] <= 0:
            users.pop(way.user)

    def of(self, project: str, name: str) -> list[str]:
        return sorted(self._held.get((project, name.lower()), {}))


class Door:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.presence = Presence()

    def space(self, user: SessionUser | None, project: str, name: str) -> Record:
        """The space, for who may enter it. Raises Closed."""
        if user is None:
            raise Closed(401, "NotSignedIn", "Sign in first.")
        member = next((one for one in user.projects if one.account == project), None)
        space = names.space_named(self._platform, project, name) if member else None
        # Whoever is no member is not told what there is.
        if member is None or space is None:
            raise Closed(404, "ResourceNotFound", f"There is no space {name} for you in this project.")
        why = access.refusal(space, user.user, member.role, "enter")
        if why:
            raise Closed(403, "AccessDenied", why)
        return space

    def find(self, user: SessionUser | None, project: str, name: str) -> Way:
        """Raises Closed."""
        space = self.space(user, project, name)
        assert user is not None
        spec = space.spec
        for app in names.apps_of(self._platform, project, spec["DomainId"], spec["SpaceName"]):
            if word_of_app(app) == "InService":
                where = launch.socket_of(self._platform, app)
                return Way(user.user, space.key, spec["SpaceName"], where, app.spec["_generation"])
        raise Closed(503, "AppNotRunning", f"The space {spec['SpaceName']} does not run: start it in the studio.")

    def home(self, space: Record) -> Path:
        return names.home_of(self._platform, space)
