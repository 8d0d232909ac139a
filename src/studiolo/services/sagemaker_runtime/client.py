"""A small HTTP client over Unix sockets, for the one server it speaks to: kept connections, bytes in, bytes out.

General clients cost more than the model's own answer; this one costs some 30 µs a request.
"""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httptools

MAX_IDLE = 64


class Gone(Exception):
    """The connection ended. `unread`: before anybody had read the request, so it may be sent once more."""

    def __init__(self, unread: bool) -> None:
        super().__init__()
        self.unread = unread


class Link(asyncio.Protocol):
    """One connection. An answer's pieces go into a queue; None ends it."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self._body: list[bytes] = []
        self._done: asyncio.Future[None] | None = None
        self._answered = False
        self._begun: asyncio.Future[None] | None = None
        self._pieces: asyncio.Queue[bytes | None] | None = None
        self._told: Callable[[bool], None] | None = None
        self.open = True
        self._reset = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        # A Unix socket tells the two apart: one that is closed with bytes it has not read is reset, else it just ends.
        self._reset = exc is not None
        for future in (self._begun, self._done):
            if future is not None and not future.done():
                future.set_exception(Gone(self.unread))
        if self._pieces is not None:
            self._pieces.put_nowait(None)
        self._tell(False)

    def _tell(self, whole: bool) -> None:
        told, self._told = self._told, None
        if told is not None:
            told(whole)

    # httptools calls these.

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self._begun is not None and not self._begun.done():
            self._begun.set_result(None)

    def on_body(self, body: bytes) -> None:
        if self._pieces is not None:
            self._pieces.put_nowait(body)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        if self._pieces is not None:
            self._pieces.put_nowait(None)
        if self._done is not None and not self._done.done():
            self._done.set_result(None)
        if self._told is not None:
            self.body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            self._answered = True
            self._tell(True)

    # The router calls these.

    @property
    def unread(self) -> bool:
        """Whether the connection was lost with a request that nobody had read."""
        return self._reset and not self.status

    def send(self, request: bytes, stream: bool) -> None:
        loop = asyncio.get_running_loop()
        self.status, self.headers, self._body = 0, {}, []
        self._parser = httptools.HttpResponseParser(self)
        self._done, self._begun = loop.create_future(), loop.create_future() if stream else None
        self._pieces = asyncio.Queue() if stream else None
        self._transport.write(request)  # type: ignore[attr-defined]

    def send_for(self, request: bytes, told: Callable[[bool], None]) -> None:
        """Sends, and tells once whether the whole answer came: status, headers and body are then at hand."""
        self.status, self.headers, self._body, self.body = 0, {}, [], b""
        self._parser = httptools.HttpResponseParser(self)
        self._done, self._begun, self._pieces, self._answered = None, None, None, False
        self._told = told
        self._transport.write(request)  # type: ignore[attr-defined]

    def forget(self) -> None:
        """Ends the connection without a word to whom its answer was promised."""
        self._told = None
        self.close()

    async def whole(self) -> None:
        """Until the answer is there; then `body` holds it."""
        assert self._done is not None
        await self._done
        self.body = self._body[0] if len(self._body) == 1 else b"".join(self._body)

    async def begun(self) -> None:
        assert self._begun is not None
        await self._begun

    async def pieces(self) -> AsyncIterator[bytes]:
        assert self._pieces is not None
        while (piece := await self._pieces.get()) is not None:
            yield piece

    @property
    def complete(self) -> bool:
        if self._done is None:
            return self._answered
        return self._done.done() and self._done.exception() is None

    def close(self) -> None:
        self.open = False
        self._transport.close()


class Pool:
    """The connections to one instance."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._idle: deque[Link] = deque()

    def idle(self) -> Link | None:
        """A kept connection, if there is one."""
        while self._idle:
            link = self._idle.pop()
            if link.open:
                return link
        return None

    async def take(self, fresh: bool = False) -> Link:
        if not fresh and (link := self.idle()) is not None:
            return link
        # By a descriptor of its folder: the path itself is longer than a socket's may be.
        fd = os.open(self._folder, os.O_PATH | os.O_DIRECTORY)
        try:
            _, link = await asyncio.get_running_loop().create_unix_connection(Link, f"/proc/self/fd/{fd}/w.sock")
        finally:
            os.close(fd)
        return link

    def give(self, link: Link) -> None:
        if link.open and link.complete and len(self._idle) < MAX_IDLE:
            self._idle.append(link)
        else:
            link.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
