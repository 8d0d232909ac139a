"""The worker: HTTP/1.1 with keep-alive on a Unix socket, one request at a time, nothing between bytes and the handler.

Its only client is the router, which always sends a Content-Length; so the parser is a few lines. Several workers accept
on one listening socket.
"""

import os
import select
import signal
import socket
from collections.abc import Callable, Iterator

from studiolo.workloads.serving.handler import Answer

MAX_HEAD = 64 * 1024
_REASONS = {200: b"OK", 204: b"No Content", 400: b"Bad Request", 404: b"Not Found", 406: b"Not Acceptable",
            415: b"Unsupported Media Type", 500: b"Internal Server Error", 503: b"Service Unavailable"}  # fmt: skip


class Connection:
    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.buffer = bytearray()


def _head(status: int, content_type: str) -> bytes:
    reason = _REASONS.get(status, b"Status")
    return b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\n" % (status, reason, content_type.encode("latin-1", "replace"))


class Worker:
    def __init__(self, listening: socket.socket, handle: Callable[[bytes, str, str], Answer]) -> None:
        self._listening = listening
        self._handle = handle
        self._connections: dict[int, Connection] = {}
        self._leaving = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._leave)
        poll = select.epoll()
        self._listening.setblocking(False)
        poll.register(self._listening.fileno(), select.EPOLLIN | select.EPOLLEXCLUSIVE)
        parent = os.getppid()
        while not (self._leaving and not self._connections):
            if os.getppid() != parent:
                return
            for fd, _ in poll.poll(1.0):
                if fd == self._listening.fileno():
                    self._accept(poll)
                elif fd in self._connections and not self._read(self._connections[fd]):
                    connection = self._connections.pop(fd)
                    poll.unregister(fd)
                    connection.link.close()
            if self._leaving:
                for fd in [fd for fd, one in self._connections.items() if not one.buffer]:
                    poll.unregister(fd)
                    self._connections.pop(fd).link.close()

    def _leave(self, number: int, frame: object) -> None:
        self._leaving = True

    def _accept(self, poll: select.epoll) -> None:
        try:
            link, _ = self._listening.accept()
        except BlockingIOError:
            return
        link.setblocking(True)
        self._connections[link.fileno()] = Connection(link)
        poll.register(link.fileno(), select.EPOLLIN)

    def _read(self, connection: Connection) -> bool:
        """False when the connection is over."""
        try:
            data = connection.link.recv(1 << 18)
        except OSError:
            return False
        if not data:
            return False
        connection.buffer += data
        try:
            while self._next(connection):
                pass
        except OSError:
            return False
        return len(connection.buffer) < MAX_HEAD or b"\r\n\r\n" in connection.buffer

    def _next(self, connection: Connection) -> bool:
        """Answers one whole request of the buffer; False where there is none."""
        end = connection.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        line, *fields = bytes(connection.buffer[:end]).split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(b":") for field in fields)}
        length = int(headers.get(b"content-length", b"0"))
        while len(connection.buffer) < end + 4 + length:
            more = connection.link.recv(1 << 20)
            if not more:
                raise ConnectionResetError
            connection.buffer += more
        body = bytes(connection.buffer[end + 4 : end + 4 + length])
        del connection.buffer[: end + 4 + length]
        self._respond(connection.link, *self._route(line, headers, body))
        return True

    def _route(self, line: bytes, headers: dict[bytes, bytes], body: bytes) -> Answer:
        method, path, _ = line.split(b" ", 2)
        if path == b"/ping":
            return 200, "text/plain", b""
        if path == b"/invocations" and method == b"POST":
            content_type = headers.get(b"content-type", b"").decode("latin-1")
            return self._handle(body, content_type, headers.get(b"accept", b"").decode("latin-1"))
        if path == b"/execution-parameters":
            return (
                200,
                "application/json",
                b'{"MaxConcurrentTransforms":1,"BatchStrategy":"MULTI_RECORD","MaxPayloadInMB":6}',
            )
        return 404, "text/plain", b"There is nothing at this path."

    def _respond(self, link: socket.socket, status: int, content_type: str, body: "bytes | Iterator[bytes]") -> None:
        if isinstance(body, bytes):
            link.sendall(_head(status, content_type) + b"content-length: %d\r\n\r\n" % len(body) + body)
            return
        link.sendall(_head(status, content_type) + b"transfer-encoding: chunked\r\n\r\n")
        for piece in body:
            if piece:
                link.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
        link.sendall(b"0\r\n\r\n")
