"""One mini-batch through the model: in this process, on through the containers of a pipeline, again where it failed.

Called by segments.py. The time limit of an invocation is an alarm, so it interrupts Python; what hangs in native code is
ended by the supervisor (main.py).
"""

import http.client
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from studiolo.workloads.serving.handler import Answer
from studiolo.workloads.transform.tables import Rows


class Late(BaseException):
    """The invocation took longer than InvocationsTimeoutInSeconds; not an Exception, so that nothing swallows it."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content_type: str
    body: bytes

    @property
    def reason(self) -> str:
        text = self.body.decode("utf-8", "replace").strip()
        return text.splitlines()[-1][:400] if text else f"status {self.status}"


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _late(number: int, frame: FrameType | None) -> None:
    raise Late


@dataclass(frozen=True, slots=True)
class Model:
    """handle: the first container's; rows: the same for rows that are read already, where it takes them; following:
    sockets of those after it."""

    handle: Callable[[bytes, str, str], Answer]
    rows: Callable[[Any, str], Answer] | None
    following: Sequence[str]
    content_type: str
    accept: str
    seconds: float
    retries: int

    def __call__(self, payload: bytes | Rows) -> Reply:
        """The last of as many attempts as there are; an answer that says the request is bad is not asked for again."""
        reply = self.once(payload)
        for attempt in range(self.retries):
            if reply.status < 500:
                break
            print(f"Invocation failed ({reply.reason}); attempt {attempt + 2}", file=sys.stderr, flush=True)
            time.sleep(min(2.0, 0.1 * 2**attempt))
            reply = self.once(payload)
        return reply

    def once(self, payload: bytes | Rows) -> Reply:
        signal.signal(signal.SIGALRM, _late)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        try:
            return self._through(payload)
        except Late:
            return Reply(504, "text/plain", f"The model did not answer within {self.seconds:g} seconds".encode())
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _through(self, payload: bytes | Rows) -> Reply:
        accept = "*/*" if self.following else self.accept
        if isinstance(payload, Rows):
            assert self.rows is not None
            status, kind, answer = self.rows(payload.array, accept)
        else:
            status, kind, answer = self.handle(payload, self.content_type, accept)
        reply = Reply(status, kind, answer if isinstance(answer, bytes) else b"".join(answer))
        for place, path in enumerate(self.following, 1):
            if reply.status != 200:
                break
            reply = self._next(path, reply, self.accept if place == len(self.following) else "*/*")
        return reply

    def _next(self, path: str, reply: Reply, accept: str) -> Reply:
        link = _Connection(path, self.seconds)
        try:
            link.request("POST", "/invocations", reply.body, {"Content-Type": reply.content_type, "Accept": accept})
            got = link.getresponse()
            return Reply(got.status, got.headers.get("content-type", ""), got.read())
        except OSError as error:
            return Reply(502, "text/plain", f"A container of the pipeline does not answer: {error}".encode())
        finally:
            link.close()
