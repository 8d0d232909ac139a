"""The way into spaces: `/spaces/<project>/<space>/…` goes to the app that runs there, bytes in and bytes out.

Every request is let in anew (session, membership, whose space it is), comes from the studio's own pages or is a plain
navigation, and loses the studio's cookie on the way; what an app answers may set no cookie and claim no page but its own.
A WebSocket is checked once and then is two sockets with bytes between them; it ends as soon as its person may no longer in.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Callable
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from studiolo.base.errors import ApiError
from studiolo.server.browser import Browser
from studiolo.server.passing import Passing, Receive, Send, refusal
from studiolo.services.identity import Identity, SessionUser
from studiolo.services.sagemaker.workbench import files
from studiolo.services.sagemaker.workbench.door import KINDS, Closed, Door, Way
from studiolo.services.sagemaker.workbench.launch import reach
from studiolo.store.protocol import Change, Store
from studiolo.wire.http import Request, Response

log = logging.getLogger(__name__)
PATH = re.compile(r"/spaces/([0-9]{12})/([a-zA-Z0-9][a-zA-Z0-9-]{0,62})(/.*)?")
FILES = "/-studio/files/"
"""Below a space's address: its files, served by the studio itself whether the app runs or not."""


def of_request(path: str) -> tuple[str, str, str] | None:
    """(project, space, the rest of the path)."""
    match = PATH.fullmatch(path)
    return (match[1], match[2], match[3] or "") if match else None


class SpacePages:
    def __init__(self, door: Door, identity: Identity, browser: Browser, store: Store) -> None:
        self._door = door
        self._identity = identity
        self._browser = browser
        self._open: dict[object, tuple[Callable[[], None], str | None, Way]] = {}
        """What lasts: how to end it, the cookie it came with, and where it goes."""
        self._loop: asyncio.AbstractEventLoop | None = None
        store.watch(self._changed)

    # Who may in.

    def cookie_of(self, request: Request) -> str | None:
        return self._browser.cookie(request)

    def _user(self, cookie: str | None) -> SessionUser | None:
        return self._identity.session(cookie) if cookie else None

    def check_origin(self, request: Request, socket: bool) -> None:
        """Raises Closed. Other ports of this machine count as the same site to a browser, and are others all the same."""
        if not self._browser.host_is_ours(request):
            raise Closed(403, "AccessDenied", "This address is not the studio's own.")
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            raise Closed(403, "AccessDenied", "Requests from other sites are not accepted.")
        if socket:
            if origin is None:
                raise Closed(403, "AccessDenied", "A WebSocket must say by an Origin where it comes from.")
        elif request.method not in ("GET", "HEAD"):
            if not self._browser.same_origin(request):
                raise Closed(403, "AccessDenied", "Requests from other sites are not accepted.")
        elif site not in (None, "same-origin", "none") and not (
            request.headers.get("sec-fetch-mode") == "navigate" and request.headers.get("sec-fetch-dest") == "document"
        ):
            raise Closed(403, "AccessDenied", "Requests from other sites are not accepted.")

    def way(self, request: Request, socket: bool = False) -> Way:
        """Raises Closed."""
        self.check_origin(request, socket)
        found = of_request(request.raw_path)
        assert found is not None
        return self._door.find(self._user(self.cookie_of(request)), found[0], found[1])

    # What lasts is ended when its person may no longer in.

    def hold(self, thing: object, end: Callable[[], None], cookie: str | None, way: Way, present: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._open[thing] = (end, cookie, way)
        if present:
            self._door.presence.enter(way)

    def release(self, thing: object, present: bool) -> None:
        held = self._open.pop(thing, None)
        if held is not None and present:
            self._door.presence.leave(held[2])

    def _changed(self, change: Change) -> None:
        if self._open and change.key.kind in KINDS and self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._look_again)

    def _look_again(self) -> None:
        for end, cookie, way in list(self._open.values()):
            try:
                now = self._door.find(self._user(cookie), way.space.project, way.name)
            except Closed:
                end()
                continue
            if now.life != way.life:
                end()

    # HTTP.

    async def __call__(self, request: Request, receive: Receive, send: Send) -> Response | None:
        """An answer of the studio's own; None where the app's has been sent."""
        found = of_request(request.raw_path)
        assert found is not None
        project, name, rest = found
        try:
            if rest.startswith(FILES):
                return await self._file(request, project, name, unquote(rest.removeprefix(FILES)))
            way = self.way(request)
        except Closed as closed:
            return self._closed(request, name, closed)
        except ApiError as error:
            return refusal(404, error.code, error.message)
        if not rest:
            return Response(307, {"location": f"{request.raw_path}/", "cache-control": "no-store"})
        return await self._pass(way, request, receive, send)

    def _closed(self, request: Request, name: str, closed: Closed) -> Response:
        if request.headers.get("sec-fetch-mode") == "navigate" and request.headers.get("sec-fetch-dest") == "document":
            # A person is better told by the studio's own page than by a line of JSON.
            return Response(303, {"location": f"/spaces/{quote(name)}", "cache-control": "no-store"})
        return refusal(closed.status, closed.code, closed.message)

    async def _file(self, request: Request, project: str, name: str, path: str) -> Response:
        self.check_origin(request, socket=False)
        space = self._door.space(self._user(self.cookie_of(request)), project, name)
        if request.method not in ("GET", "HEAD"):
            return refusal(405, "MethodNotAllowed", "Files are only read here.")
        file, size = await asyncio.to_thread(files.open_file, self._door.home(space), path)
        headers = {
            "content-type": "application/octet-stream",
            "content-length": str(size),
            "content-disposition": f"attachment; filename*=UTF-8''{quote(PurePosixPath(path).name)}",
            "content-security-policy": "sandbox; default-src 'none'",
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        }
        return Response(200, headers, _pieces(file, size))

    async def _pass(self, way: Way, request: Request, receive: Receive, send: Send) -> Response | None:
        try:
            reader, writer = await asyncio.open_unix_connection(sock=reach(way.socket))
        except OSError:
            return refusal(502, "AppNotRunning", f"The app of the space {way.name} does not answer: look at its log.")
        passing = Passing(request, reader, writer, receive, send)
        self.hold(passing, writer.close, self.cookie_of(request), way, present=False)
        try:
            return await passing.run(way.user)
        finally:
            self.release(passing, present=False)
            writer.close()


async def _pieces(file: BinaryIO, size: int) -> AsyncIterator[bytes]:
    """As much as was promised, whatever is written meanwhile."""
    with file:
        left = size
        while left > 0:
            piece = await asyncio.to_thread(file.read, min(left, 1 << 18))
            if not piece:
                piece = bytes(min(left, 1 << 18))
            left -= len(piece)
            yield piece
