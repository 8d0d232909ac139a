"""HTTP/1.1 on one connection of a worker: whole requests out of bytes, answers into bytes.

The only client is the router, which sends a Content-Length always; so the parser is a few lines. Nothing here waits for a
client that is slow to send; one that does not take its answer is given up.
"""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from studiolo.workloads.serving.handler import Answer

MAX_HEAD = 64 * 1024
MAX_BODY = 128 * 2**20
SEND_SECONDS = 30
_REASONS = {200: b"OK", 204: b"No Content", 400: b"Bad Request", 404: b"Not Found", 406: b"Not Acceptable",
            409: b"Conflict", 413: b"Content Too Large", 415: b"Unsupported Media Type", 431: b"Header Too Large",
            500: b"Internal Server Error", 503: b"Service Unavailable", 507: b"Insufficient Storage"}  # fmt: skip


class Bad(Exception):
    """What came is no request; the connection ends after this answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class Request:
    line: bytes
    headers: dict[bytes, bytes]
    body: bytes

    def text(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")


def parse_head(head: bytes) -> tuple[bytes, dict[bytes, bytes], int]:
    """(request line, headers, length of the body). Raises Bad."""
    line, *fields = head.split(b"\r\n")
    if line.count(b" ") != 2:
        raise Bad(400, "The request line is not HTTP.")
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(b":") for field in fields)}
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or b"transfer-encoding" in headers:
        raise Bad(400, "A request needs a Content-Length.")
    if int(length) > MAX_BODY:
        raise Bad(413, f"The body is longer than {MAX_BODY} bytes.")
    return line, headers, int(length)


class Connection:
    def __init__(self, link: socket.socket) -> None:
        # A timeout of Python's own would make every receive wait, too.
        link.setblocking(True)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
        self.link = link
        self.fd = link.fileno()
        self.ended = False
        """The client sends no more; what it asked before is still answered."""
        self._buffer = bytearray()
        self._head: tuple[bytes, dict[bytes, bytes], int] | None = None
        self._after = 0

    @property
    def begun(self) -> bool:
        """Whether part of a request is here."""
        return bool(self._buffer)

    def peek(self) -> bytes:
        """The first bytes of what has come, left where they are."""
        try:
            return self.link.recv(4096, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError:
            return b""

    def receive(self) -> None:
        """Takes what has come; sets `ended` where nothing more will."""
        try:
            while True:
                # More at a time would be memory of its own from the kernel, given back at once.
                data = self.link.recv(1 << 16, socket.MSG_DONTWAIT)
                if not data:
                    self.ended = True
                    return
                self._buffer += data
                if len(data) < 1 << 16:
                    return
        except BlockingIOError:
            return
        except OSError:
            self.ended = True

    def take(self) -> Request | None:
        """The next whole request. Raises Bad."""
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > MAX_HEAD:
                    raise Bad(431, "The headers are too long.")
                return None
            self._head = parse_head(bytes(self._buffer[:end]))
            self._after = end + 4
        line, headers, length = self._head
        until = self._after + length
        if len(self._buffer) < until:
            return None
        body = bytes(memoryview(self._buffer)[self._after : until])
        del self._buffer[:until]
        self._head = None
        return Request(line, headers, body)

    def respond(self, answer: Answer, alive: Callable[[], None]) -> None:
        """Raises OSError where the client does not take it. `alive` is called at each piece of a stream."""
        status, content_type, body = answer
        reason = _REASONS.get(status, b"Status")
        kind = content_type.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace")
        head = b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\n" % (status, reason, kind)
        if isinstance(body, bytes):
            self.link.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            return
        self.link.sendall(head + b"transfer-encoding: chunked\r\n\r\n")
        for piece in body:
            alive()
            if piece:
                self.link.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
        self.link.sendall(b"0\r\n\r\n")

    def close(self) -> None:
        self.link.close()
