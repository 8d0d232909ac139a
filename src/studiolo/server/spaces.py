"""The way into spaces: `/spaces/<project>/<space>/…` goes to the app that runs there, bytes in and bytes out.

Every request is let in anew (session, membership, whose space it is), comes from the studio's own pages or is a plain
navigation, and loses the studio's cookie on the way; what an app answers may set no cookie and claim no page but its own.
A WebSocket is checked once and then is two sockets with bytes between them; it ends as soon as its person may no longer in.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlsplit

import httptools
import orjson

from studiolo.base.errors import ApiError
from studiolo.server.browser import Browser
from studiolo.services.identity import Identity, SessionUser
from studiolo.services.sagemaker.workbench import files
from studiolo.services.sagemaker.workbench.door import KINDS, Closed, Door, Way
from studiolo.services.sagemaker.workbench.launch import reach
from studiolo.store.protocol import Change, Store
from studiolo.wire.http import Request, Response

log = logging.getLogger(__name__)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
PATH = re.compile(r"/spaces/([0-9]{12})/([a-zA-Z0-9][a-zA-Z0-9-]{0,62})(/.*)?")
FILES = "/-studio/files/"
"""Below a space's address: its files, served by the studio itself whether the app runs or not."""
PIECE = 1 << 16
HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
NOT_IN = HOP | {
    "cookie",
    "authorization",
    "expect",
    "content-length",
    "x-forwarded-for",
    "x-forwarded-proto",
    "forwarded",
}
NOT_OUT = HOP | {
    "set-cookie", "service-worker-allowed", "clear-site-data", "strict-transport-security", "alt-svc", "refresh",
    "access-control-allow-origin", "access-control-allow-credentials", "report-to", "nel", "date", "server",
}  # fmt: skip
"""What would reach beyond the app's own pages."""


def of_request(path: str) -> tuple[str, str, str] | None:
    """(project, space, the rest of the path)."""
    match = PATH.fullmatch(path)
    return (match[1], match[2], match[3] or "") if match else None


def _refusal(status: int, code: str, message: str) -> Response:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(status, headers, orjson.dumps({"__type": code, "message": message}))


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
            return _refusal(404, error.code, error.message)
        if not rest:
            return Response(307, {"location": f"{request.raw_path}/", "cache-control": "no-store"})
        return await self._pass(way, request, receive, send)

    def _closed(self, request: Request, name: str, closed: Closed) -> Response:
        if request.headers.get("sec-fetch-mode") == "navigate" and request.headers.get("sec-fetch-dest") == "document":
            # A person is better told by the studio's own page than by a line of JSON.
            return Response(303, {"location": f"/spaces/{quote(name)}", "cache-control": "no-store"})
        return _refusal(closed.status, closed.code, closed.message)

    async def _file(self, request: Request, project: str, name: str, path: str) -> Response:
        self.check_origin(request, socket=False)
        space = self._door.space(self._user(self.cookie_of(request)), project, name)
        if request.method not in ("GET", "HEAD"):
            return _refusal(405, "MethodNotAllowed", "Files are only read here.")
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
            return _refusal(502, "AppNotRunning", f"The app of the space {way.name} does not answer: look at its log.")
        passing = _Passing(request, reader, writer, receive, send)
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


def head_for(request: Request, user: str, more: list[str]) -> bytes:
    """The request's first lines as the app sees them."""
    target = request.raw_path + (f"?{request.query_string}" if request.query_string else "")
    lines = [f"{request.method} {target} HTTP/1.1"]
    for name, value in request.headers.items():
        if name not in NOT_IN and not name.startswith("x-studio-"):
            lines.append(f"{name}: {value}")
    lines.append(f"X-Studio-User: {user}")
    return ("\r\n".join([*lines, *more]) + "\r\n\r\n").encode("latin-1", "replace")


class _Passing:
    """One request to an app and its answer, both as they come."""

    def __init__(self, request: Request, reader: Any, writer: Any, receive: Receive, send: Send) -> None:
        self._request, self._reader, self._writer = request, reader, writer
        self._receive, self._send = receive, send
        self._parser = httptools.HttpResponseParser(self)
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._begun = self._done = self._body_sent = False
        self._length = request.headers.get("content-length")
        self._chunked = "transfer-encoding" in request.headers

    async def run(self, user: str) -> Response | None:
        more = ["Connection: close"]
        if self._chunked:
            more.append("Transfer-Encoding: chunked")
        elif self._length is not None:
            more.append(f"Content-Length: {self._length}")
        self._writer.write(head_for(self._request, user, more))
        pump = asyncio.create_task(self._pump())
        started = False
        try:
            while not self._done:
                data = await self._reader.read(PIECE)
                if data:
                    self._parser.feed_data(data)
                if self._begun and not started:
                    await self._start()
                    started = True
                pieces, self._pieces = self._pieces, []
                if pieces and self._request.method != "HEAD":
                    await self._send({"type": "http.response.body", "body": b"".join(pieces), "more_body": True})
                if not data:
                    break
        except (OSError, httptools.HttpParserError):
            pass
        finally:
            pump.cancel()
        if not started:
            return _refusal(502, "AppNotRunning", "The app did not answer; its log may tell why.")
        await self._send({"type": "http.response.body", "body": b""})
        return None

    async def _pump(self) -> None:
        """The request's body, then the wait for a client that goes."""
        with contextlib.suppress(OSError):
            while True:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    self._writer.close()
                    return
                body = message.get("body", b"")
                if body and self._chunked:
                    self._writer.write(b"%x\r\n%b\r\n" % (len(body), body))
                elif body:
                    self._writer.write(body)
                if not message.get("more_body") and not self._body_sent:
                    self._body_sent = True
                    if self._chunked:
                        self._writer.write(b"0\r\n\r\n")
                await self._writer.drain()

    async def _start(self) -> None:
        headers = [(name, value) for name, value in self._headers if name.decode("latin-1") not in NOT_OUT]
        names = {name for name, _ in headers}
        if b"content-security-policy" not in names:
            headers.append((b"content-security-policy", b"frame-ancestors 'self'"))
        if (self._chunked or self._length not in (None, "0")) and not self._body_sent:
            # What is left of the body would be taken for the next request.
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": self._status, "headers": headers})

    # httptools calls these.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self._headers.clear()
            return
        self._status, self._begun = status, True

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        self._done = self._begun
