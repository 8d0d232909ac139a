"""A WebSocket into a space: once its request is let in, the bytes of two sockets, unread. So subprotocols and compression are
between the browser and the app, and a message costs microseconds."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import orjson

from studiolo.server.passing import head_for
from studiolo.server.spaces import SpacePages, of_request
from studiolo.services.sagemaker.workbench.door import Closed, Way
from studiolo.services.sagemaker.workbench.launch import reach
from studiolo.wire.http import Request

REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 502: "Bad Gateway", 503: "Service Unavailable"}


def _refuse(transport: asyncio.Transport, closed: Closed) -> None:
    body = orjson.dumps({"__type": closed.code, "message": closed.message})
    head = (
        f"HTTP/1.1 {closed.status} {REASONS[closed.status]}\r\ncontent-type: application/json\r\nconnection: close\r\n"
    )
    transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    transport.close()


class _End(asyncio.Protocol):
    """One end: what it gets goes to the other, which may ask it to wait."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self._ended = ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            with contextlib.suppress(RuntimeError):
                self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            with contextlib.suppress(RuntimeError):
                self.other.transport.resume_reading()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended()


class Tunnel:
    """Stands in the server's set of connections until it ends."""

    def __init__(self, pages: SpacePages, way: Way, cookie: str | None, connections: set[Any]) -> None:
        self._pages, self._way, self._cookie, self._connections = pages, way, cookie, connections
        self._browser, self._app = _End(self.shutdown), _End(self.shutdown)
        self._browser.other, self._app.other = self._app, self._browser
        self._over = False

    async def run(self, transport: asyncio.Transport, request: Request) -> None:
        transport.pause_reading()
        transport.set_protocol(self._browser)
        self._browser.connection_made(transport)
        self._connections.add(self)
        self._pages.hold(self, self.shutdown, self._cookie, self._way, present=True)
        loop = asyncio.get_running_loop()
        try:
            await loop.create_unix_connection(lambda: self._app, sock=reach(self._way.socket))
        except OSError:
            _refuse(transport, Closed(502, "AppNotRunning", "The app does not answer: look at its log."))
            self.shutdown()
            return
        assert self._app.transport is not None
        self._app.transport.write(head_for(request, self._way.user, ["Connection: Upgrade", "Upgrade: websocket"]))
        with contextlib.suppress(RuntimeError):
            transport.resume_reading()

    def shutdown(self) -> None:
        """Ends both sides; also what the server calls when it stops."""
        if self._over:
            return
        self._over = True
        self._connections.discard(self)
        self._pages.release(self, present=True)
        for end in (self._browser, self._app):
            if end.transport is not None and not end.transport.is_closing():
                end.transport.close()


def upgrade(pages: SpacePages, protocol: Any) -> None:
    """Takes the connection of a request to be upgraded over from the server's HTTP protocol."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in protocol.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    path, _, query = protocol.url.decode("latin-1").partition("?")
    request = Request("GET", path, query, headers)
    protocol.connections.discard(protocol)
    try:
        if of_request(path) is None:
            raise Closed(404, "ResourceNotFound", "There is nothing at this address.")
        way = pages.way(request, socket=True)
    except Closed as closed:
        _refuse(protocol.transport, closed)
        return
    tunnel = Tunnel(pages, way, pages.cookie_of(request), protocol.connections)
    task = protocol.loop.create_task(tunnel.run(protocol.transport, request))
    protocol.tasks.add(task)
    task.add_done_callback(protocol.tasks.discard)
