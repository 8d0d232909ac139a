"""The worker: HTTP/1.1 with keep-alive on a Unix socket, nothing between bytes and the handler.

Its only client is the router. Several workers accept on one listening socket; each answers what waits on its connections,
one request at a time or, where that is asked for, many in one prediction (batching.py). In a multi-model instance a
connection goes to the worker that holds the model (multi_model.py); in others one that waits behind a long request goes to
a worker that rests (sharing.py). Told to end, it answers all that was sent before.
"""

import os
import select
import signal
import socket
import time
from dataclasses import dataclass

from studiolo.workloads.serving import batching, memory
from studiolo.workloads.serving.board import Board
from studiolo.workloads.serving.handler import Answer, Handler
from studiolo.workloads.serving.messages import Bad, Connection, Request
from studiolo.workloads.serving.multi_model import Models, model_of, owner
from studiolo.workloads.serving.sharing import Ledger, Shared

PARAMETERS = b'{"MaxConcurrentTransforms":1,"BatchStrategy":"MULTI_RECORD","MaxPayloadInMB":6}'
GREED = 16
BRISK = 0.0003
"""Seconds that a worker looks for the next request before it sleeps, where the last one came that soon."""
ORPHAN_LOOK = 1.0
"""Seconds between two looks whether the supervisor is still there."""


@dataclass(slots=True)
class _Waiting:
    connection: Connection
    request: Request

    @property
    def invocation(self) -> bool:
        return self.request.line.startswith(b"POST /invocations ")


class Worker:
    def __init__(
        self,
        listening: socket.socket,
        handler: Handler | None,
        board: Board,
        slot: int,
        models: Models | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        """handler: of the one model; or models: of many. ledger: where there are other workers to share with."""
        self._listening = listening
        self._handler = handler
        self._models = models
        self._board, self._slot = board, slot
        self._batch = batching.settings()
        self._connections: dict[int, Connection] = {}
        self._poll = select.epoll()
        self._leaving = False
        self._brisk = False
        self._sharing = None if ledger is None else Shared(ledger)
        self._begun: set[int] = set()
        """Connections of which part of a request was read."""
        # A request that was read can't be handed over any more.
        self._most = -1 if self._batch.size > 1 or ledger is None else 1

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._leave)
        self._listening.setblocking(False)
        self._poll.register(self._listening.fileno(), select.EPOLLIN | select.EPOLLEXCLUSIVE)
        if self._models is not None or self._sharing is not None:
            self._poll.register(self._board.inbox(self._slot).fileno(), select.EPOLLIN)
        self._rest()
        parent = os.getppid()
        while os.getppid() == parent:
            waiting = self._gather(0.02 if self._leaving else ORPHAN_LOOK)
            while waiting:
                self._work(waiting)
                # Requests that came in one piece with those just answered.
                waiting = self._buffered([one.connection for one in waiting])
            if self._leaving:
                self._board.leave(self._slot)
                if not self._left():
                    return

    def _leave(self, number: int, frame: object) -> None:
        self._leaving = True

    def _left(self) -> bool:
        """After the call to end: whether there is still something to answer."""
        self._accept_all()
        for connection in list(self._connections.values()):
            connection.receive()
        waiting = self._buffered(list(self._connections.values()))
        if waiting:
            self._work(waiting)
            return True
        for connection in [one for one in self._connections.values() if not one.begun]:
            self._close(connection)
        return bool(self._connections)

    # What comes.

    def _gather(self, patience: float) -> list[_Waiting]:
        """What waits now. With a delay for batches: until there is enough, or the first has waited that long."""
        waiting = self._look(patience)
        if waiting and self._batch.delay and self._batch.size > 1 and not self._leaving:
            deadline = time.monotonic() + self._batch.delay
            while len(waiting) < min(self._batch.size, len(self._connections)):
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                asked = {one.connection.fd for one in waiting}
                waiting += [one for one in self._look(left) if one.connection.fd not in asked]
        return waiting

    def _look(self, patience: float) -> list[_Waiting]:
        ready: list[Connection] = []
        for fd, _ in self._wait(patience):
            if fd == self._listening.fileno():
                # One, so that the other workers get theirs; a batch takes what there is.
                fresh = [self._accept() for _ in range(GREED if self._batch.size > 1 else 1)]
                self._hear([one for one in fresh if one is not None], ready)
            elif fd in self._connections:
                self._hear([self._connections[fd]], ready)
            elif fd == self._board.inbox(self._slot).fileno():
                self._hear([self._add(link) for link in self._board.received(self._slot, self._most)], ready)
        return self._buffered(ready)

    def _wait(self, patience: float) -> list[tuple[int, int]]:
        """Where the last wait was short the next is likely to be, and to sleep and be woken would take a fifth of a request's
        time; other processes go first. Where there are more connections the others' requests fill the wait, and looking
        would take their time."""
        began = time.perf_counter()
        if self._brisk and len(self._connections) == 1:
            while time.perf_counter() - began < BRISK:
                found = self._poll.poll(0, self._most)
                if found:
                    return found
                os.sched_yield()
        found = self._poll.poll(patience, self._most)
        self._brisk = time.perf_counter() - began < BRISK
        return found

    def _hear(self, connections: list[Connection], ready: list[Connection]) -> None:
        for connection in connections:
            if not self._handed_over(connection):
                connection.receive()
                ready.append(connection)

    def _buffered(self, connections: list[Connection]) -> list[_Waiting]:
        """One whole request of each; what can't go on is closed."""
        found: list[_Waiting] = []
        for connection in connections:
            if self._connections.get(connection.fd) is not connection:
                continue
            try:
                request = connection.take()
            except Bad as bad:
                self._answer(connection, (bad.status, "text/plain; charset=utf-8", str(bad).encode()))
                self._close(connection)
                continue
            if request is not None:
                found.append(_Waiting(connection, request))
            elif connection.ended:
                self._close(connection)
            if connection.begun:
                self._begun.add(connection.fd)
            else:
                self._begun.discard(connection.fd)
        return found

    def _accept(self) -> Connection | None:
        try:
            link, _ = self._listening.accept()
        except OSError:
            return None
        return self._add(link)

    def _accept_all(self) -> None:
        while self._accept() is not None:
            pass
        for link in self._board.received(self._slot):
            self._add(link)

    def _add(self, link: socket.socket) -> Connection:
        connection = Connection(link)
        self._connections[connection.fd] = connection
        self._poll.register(connection.fd, select.EPOLLIN)
        if self._sharing is not None:
            self._sharing.opened(link)
        return connection

    def _close(self, connection: Connection) -> None:
        if self._connections.get(connection.fd) is connection:
            del self._connections[connection.fd]
            self._poll.unregister(connection.fd)
            self._begun.discard(connection.fd)
            if self._sharing is not None:
                self._sharing.closed(connection.fd)
            connection.close()

    def _handed_over(self, connection: Connection) -> bool:
        """A request for another worker's model goes there with its connection, before any of it is read."""
        if self._models is None or self._leaving or self._board.workers == 1 or connection.begun:
            return False
        line, end, _ = connection.peek().partition(b"\r\n")
        id = model_of(line.split(b" ")[1]) if end and line.count(b" ") == 2 else b""
        slot = owner(id, self._board.workers) if id else self._slot
        if slot == self._slot or not self._board.hand_over(connection.link, slot):
            return False
        self._close(connection)
        return True

    # What goes back.

    def _work(self, waiting: list[_Waiting]) -> None:
        self._board.begin(self._slot)
        if self._sharing is not None:
            self._sharing.answers([*(one.connection.fd for one in waiting), *self._begun])
        try:
            if self._batch.size > 1 and self._handler is not None and len(waiting) > 1:
                waiting = self._together(self._handler, waiting)
            for one in waiting:
                self._board.begin(self._slot)
                self._answer(one.connection, self._route(one.request))
        finally:
            if self._sharing is not None:
                for fd in self._sharing.rests():
                    self._taken_away(fd)
            self._rest()

    def _rest(self) -> None:
        if self._leaving:
            self._board.leave(self._slot)
        else:
            self._board.rest(self._slot)

    def _taken_away(self, fd: int) -> None:
        """Another worker has the connection; what was here of it is let go, and the supervisor knows."""
        connection = self._connections.pop(fd, None)
        if connection is not None:
            # Its copy lives on elsewhere, and this one would go on being heard by it.
            self._poll.unregister(fd)
            connection.close()

    def _together(self, handler: Handler, waiting: list[_Waiting]) -> list[_Waiting]:
        """Answers the invocations; what else there is comes back."""
        groups: dict[tuple[str, str], list[_Waiting]] = {}
        for one in waiting:
            if one.invocation:
                kind = one.request.text(b"content-type"), one.request.text(b"accept")
                groups.setdefault(kind, []).append(one)
        for (content_type, accept), group in groups.items():
            bodies = [one.request.body for one in group]
            answers = batching.together(handler, bodies, content_type, accept, self._batch.size)
            for one, answer in zip(group, answers, strict=True):
                self._answer(one.connection, answer)
        return [one for one in waiting if not one.invocation]

    def _route(self, request: Request) -> Answer:
        method, path, _ = request.line.split(b" ", 2)
        if path == b"/ping":
            return 200, "text/plain", b""
        if path == b"/execution-parameters":
            return 200, "application/json", PARAMETERS
        if path == b"/v2" and self._handler is not None:
            return self._handler.about()
        if self._models is not None and path.startswith(b"/models"):
            if method == b"POST" and path.endswith(b"/invoke"):
                return self._of_many(self._models, path, request)
            return self._models.route(method, path)
        if self._handler is not None and path == b"/invocations" and method == b"POST":
            return self._handler(request.body, request.text(b"content-type"), request.text(b"accept"))
        return 404, "text/plain", b"There is nothing at this path."

    def _of_many(self, models: Models, path: bytes, request: Request) -> Answer:
        model = models.get(model_of(path), request.text(b"x-amzn-sagemaker-target-model"))
        if isinstance(model, tuple):
            return model
        before = memory.own() if model.fresh else 0
        with model.working() as handler:
            answer = handler(request.body, request.text(b"content-type"), request.text(b"accept"))
        if model.fresh:
            models.settle(model, before)
        return answer

    def _answer(self, connection: Connection, answer: Answer) -> None:
        try:
            connection.respond(answer, lambda: self._board.begin(self._slot))
        except Exception as error:
            # The client is gone, or a stream broke half-way: the cut connection says so.
            if not isinstance(error, OSError):
                print(f"An answer broke off: {type(error).__name__}: {error}", flush=True)
            self._close(connection)
