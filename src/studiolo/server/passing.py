"""One request to an app behind the studio and its answer, both as they come: what the ways into spaces and to tracking servers
share. The studio's cookie is lost on the way; what an app answers may set no cookie and claim no page but its own.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httptools
import orjson

from studiolo.wire.http import Request, Response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
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


def refusal(status: int, code: str, message: str) -> Response:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(status, headers, orjson.dumps({"__type": code, "message": message}))


def head_for(request: Request, user: str, more: list[str]) -> bytes:
    """The request's first lines as the app sees them."""
    target = request.raw_path + (f"?{request.query_string}" if request.query_string else "")
    lines = [f"{request.method} {target} HTTP/1.1"]
    for name, value in request.headers.items():
        if name not in NOT_IN and not name.startswith("x-studio-"):
            lines.append(f"{name}: {value}")
    lines.append(f"X-Studio-User: {user}")
    return ("\r\n".join([*lines, *more]) + "\r\n\r\n").encode("latin-1", "replace")


class Passing:
    """One request to an app and its answer, both as they come."""

    def __init__(
        self,
        request: Request,
        reader: Any,
        writer: Any,
        receive: Receive,
        send: Send,
        policy: str = "frame-ancestors 'self'",
    ) -> None:
        """policy: of the content, where the app names none."""
        self._request, self._reader, self._writer = request, reader, writer
        self._receive, self._send, self._policy = receive, send, policy
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
            return refusal(502, "AppNotRunning", "The app did not answer; its log may tell why.")
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
            headers.append((b"content-security-policy", self._policy.encode()))
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
