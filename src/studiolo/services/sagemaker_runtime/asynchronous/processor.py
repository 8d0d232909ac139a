"""Takes queued invocations to their model, oldest first, as many at a time as the endpoint's instances allow.

The store is the queue; the front of each endpoint's line is kept in memory too, and is read from the store again where it
is not all there (after a start, or behind more than LINE requests). What is under way is known in memory only, so after a
kill it is queued as before and is done again; a result that was stored already is found by its name and not asked for twice.
Started and stopped by the wiring; fed by accept.py.
"""

import asyncio
import base64
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.blobs.protocol import BlobError, NoSuchKey, OutOfSpace
from studiolo.series.protocol import Point
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.sagemaker_runtime.ask import Ask, ModelError, Reply
from studiolo.services.sagemaker_runtime.asynchronous import invocation
from studiolo.services.sagemaker_runtime.dispatch import Dispatcher
from studiolo.services.sagemaker_runtime.router import Target
from studiolo.store.protocol import Missing, Query, Stale
from studiolo.store.scan import scan

log = logging.getLogger(__name__)

DEFAULT_CONCURRENCY = 4
LOOK = 1.0
"""Seconds between two looks at a queue that waits; what ends or comes is looked at without delay."""
METRICS = 2.0
MAX_BYTES = 512 * 2**20
"""Of inputs held in memory at once; a larger one is taken alone."""
PATIENCE = (0.2, 10.0)
"""Seconds before a request that nothing could answer is tried again: first and last."""

LINE = 1000
"""Requests of a line held in memory; the rest waits in the store."""


@dataclass(slots=True)
class Line:
    """The queue of one endpoint."""

    project: str
    name: str
    ready: deque[Key] = field(default_factory=deque[Key])
    known: set[Key] = field(default_factory=set[Key])
    """Those in `ready`, under way or postponed."""
    flying: int = 0
    more: bool = True
    """The store may hold others."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    pump: asyncio.Task[None] | None = None

    @property
    def empty(self) -> bool:
        return not self.known and not self.more


Ended = Callable[[Record, str | None], None]
"""Told of every ended invocation, and of its answer's content type."""


class Processor:
    def __init__(self, platform: Platform, dispatcher: Dispatcher) -> None:
        self._platform = platform
        self._dispatcher = dispatcher
        self._lines: dict[tuple[str, str], Line] = {}
        self.flying: dict[Key, asyncio.Task[None]] = {}
        self._pauses: dict[Key, float] = {}
        self._bytes = 0
        self._room = asyncio.Condition()
        self._running = False
        self.ended: list[Ended] = []

    # Life.

    async def start(self) -> None:
        """Takes up every queue there is."""
        self._running = True
        for project, name in await asyncio.to_thread(self._queues):
            self._pump_of(self._line(project, name))

    def _queues(self) -> set[tuple[str, str]]:
        queued = scan(self._platform.store, Query(invocation.KIND, None, state=invocation.QUEUED))
        return {(one.key.project, str(one.spec["EndpointName"])) for one in queued}

    async def stop(self) -> None:
        self._running = False
        tasks = [*(line.pump for line in self._lines.values() if line.pump), *self.flying.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _line(self, project: str, name: str) -> Line:
        queue = (project, name.casefold())
        if queue not in self._lines:
            self._lines[queue] = Line(*queue)
        return self._lines[queue]

    def _pump_of(self, line: Line) -> None:
        line.wake.set()
        if self._running and (line.pump is None or line.pump.done()):
            line.pump = asyncio.create_task(self._pump(line))

    def add(self, record: Record) -> None:
        """What accept.py has written."""
        line = self._line(record.key.project, str(record.spec["EndpointName"]))
        if not line.more and len(line.ready) < LINE:
            line.ready.append(record.key)
            line.known.add(record.key)
        else:
            line.more = True
        self._pump_of(line)

    async def cancel(self, record: Record) -> None:
        """Takes it out of the queue, also while it runs. Does nothing to what has ended meanwhile."""
        task = self.flying.get(record.key)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        record = self._platform.store.get(record.key)
        if record.status["Status"] == invocation.QUEUED:
            self._finish(record, invocation.CANCELLED, None, None)

    # The queue of one endpoint.

    def _query(self, project: str, name: str, limit: int) -> Query:
        labels = {"EndpointName": name}
        return Query(invocation.KIND, project, state=invocation.QUEUED, labels=labels, sort="created", limit=limit)

    async def _pump(self, line: Line) -> None:
        """Until nothing is queued."""
        metered = 0.0
        while True:
            line.wake.clear()
            try:
                self._start_some(line)
                if time.monotonic() - metered > METRICS or line.empty:
                    metered = time.monotonic()
                    await asyncio.to_thread(self._meter, line.project, line.name)
            except Exception:
                log.exception("the queue of endpoint %s failed; again in %.0f s", line.name, LOOK)
            if line.empty and not line.wake.is_set():
                return
            try:
                async with asyncio.timeout(LOOK):
                    await line.wake.wait()
            except TimeoutError:
                continue

    def _start_some(self, line: Line) -> None:
        target = self._dispatcher.router.find(line.project, line.name)
        limit = self._limit(target)
        while line.flying < limit:
            if not line.ready:
                self._refill(line)
            if not line.ready:
                return
            line.flying += 1
            key = line.ready.popleft()
            self.flying[key] = asyncio.create_task(self._run(line, key))

    def _refill(self, line: Line) -> None:
        if not line.more:
            return
        page = self._platform.store.query(self._query(line.project, line.name, len(line.known) + LINE))
        new = [one.key for one in page.records if one.key not in line.known]
        line.ready.extend(new)
        line.known.update(new)
        line.more = page.token is not None

    def _limit(self, target: Target | None) -> int:
        if target is None or target.live is None or target.asynchronous is None:
            # What is queued is given up (no endpoint) or waits (no version in service).
            return 8
        each = target.asynchronous.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance")
        instances = sum(len(one.instances) for one in target.live.variants)
        return max(1, instances) * (each or DEFAULT_CONCURRENCY)

    def _meter(self, project: str, name: str) -> None:
        """AWS's metrics of a queue, under the endpoint."""
        target = self._dispatcher.router.find(project, name)
        if target is None:
            return
        store, now = self._platform.store, time.time()
        size = store.count(self._query(project, name, 1))
        oldest = store.query(self._query(project, name, 1)).records
        instances = sum(len(one.instances) for one in target.live.variants) if target.live else 0
        values = {
            "ApproximateBacklogSize": float(size),
            "ApproximateBacklogSizePerInstance": size / max(1, instances),
            "HasBacklogWithoutCapacity": 1.0 if size and not instances else 0.0,
            "ApproximateAgeOfOldestRequest": now - oldest[0].created if oldest else 0.0,
        }
        handle = target.handle
        self._platform.series.append([Point(handle, f"endpoint/{each}", now, value) for each, value in values.items()])

    # One invocation.

    async def _run(self, line: Line, key: Key) -> None:
        again: float | None = None
        try:
            record = self._platform.store.get(key)
            if record.status["Status"] == invocation.QUEUED:
                target = self._dispatcher.router.find(line.project, line.name)
                again = await self._carry_out(record, target)
        except (asyncio.CancelledError, Stale, Missing):
            # Stopped, cancelled by its owner, or deleted: what the store says holds.
            pass
        except Exception:
            log.exception("asynchronous invocation %s failed; it is tried again", key.name)
            again = self._pause(key)
        finally:
            self.flying.pop(key, None)
            line.flying -= 1
            if again is None:
                line.known.discard(key)
                self._pauses.pop(key, None)
            else:
                asyncio.get_running_loop().call_later(again, self._take_up, line, key)
            self._pump_of(line)

    def _take_up(self, line: Line, key: Key) -> None:
        line.ready.appendleft(key)
        self._pump_of(line)

    def _pause(self, key: Key) -> float:
        """Seconds to wait before something that nothing could answer is tried again: longer each time."""
        pause = self._pauses[key] = min(PATIENCE[1], self._pauses.get(key, PATIENCE[0] / 2) * 2)
        return pause

    async def _carry_out(self, record: Record, target: Target | None) -> float | None:
        """Seconds after which it must be tried again; None where it has ended."""
        now = self._platform.clock()
        if now > record.spec["Expires"]:
            return await self._fail(
                record, invocation.EXPIRED, "The request was not processed within its time to live."
            )
        if target is None:
            return await self._fail(
                record, invocation.FAILED, "The endpoint was deleted before the request was processed."
            )
        if target.live is None:
            return self._pause(record.key)
        place = s3uri.parse(record.spec["OutputLocation"])
        try:
            self._platform.blobs.head(place.bucket, place.key)
        except BlobError:
            pass
        else:
            # Answered by a server that was killed before it could say so.
            return self._finish(record, invocation.COMPLETED, now, None)
        size = await self._size(record)
        await self._take_room(size)
        try:
            return await self._ask(record, now)
        finally:
            await self._give_room(size)

    async def _size(self, record: Record) -> int:
        if "InputLocation" not in record.spec:
            return len(record.spec["_body"])
        uri = s3uri.parse(record.spec["InputLocation"])
        try:
            return self._platform.blobs.head(uri.bucket, uri.key).size
        except NoSuchKey:
            return 0

    async def _take_room(self, size: int) -> None:
        async with self._room:
            await self._room.wait_for(lambda: self._bytes == 0 or self._bytes + size <= MAX_BYTES)
            self._bytes += size

    async def _give_room(self, size: int) -> None:
        async with self._room:
            self._bytes -= size
            self._room.notify_all()

    def _body(self, record: Record) -> bytes:
        if "InputLocation" not in record.spec:
            return base64.b64decode(record.spec["_body"])
        uri = s3uri.own(self._platform.blobs, record.key.project, record.spec["InputLocation"])
        _, stream = self._platform.blobs.open_read(uri.bucket, uri.key)
        with stream:
            return stream.read()

    async def _ask(self, record: Record, began: float) -> float | None:
        spec = record.spec
        try:
            body = await asyncio.to_thread(self._body, record)
        except (NoSuchKey, ApiError):
            return await self._fail(
                record, invocation.FAILED, f"The input {spec.get('InputLocation')} is not there any more."
            )
        ask = Ask(
            body,
            spec.get("ContentType"),
            spec.get("Accept"),
            spec.get("CustomAttributes"),
            spec["InferenceId"],
            timeout=float(spec["Timeout"]),
        )
        try:
            reply = await self._dispatcher.invoke(record.key.project, spec["EndpointName"], ask)
        except ModelError as error:
            return await self._model_failed(record, error)
        except ApiError as error:
            if error.status < 500 and error.code != "ThrottlingException" and not self._soon(record):
                return await self._fail(record, invocation.FAILED, error.message)
            return self._pause(record.key)
        return await self._store(record, reply, began)

    def _soon(self, record: Record) -> bool:
        """Whether the endpoint is only between two states."""
        target = self._dispatcher.router.find(record.key.project, record.spec["EndpointName"])
        return target is not None and target.live is None

    async def _model_failed(self, record: Record, error: ModelError) -> float | None:
        attempts = record.status.get("Attempts", 0) + 1
        if error.original == 0 and attempts < invocation.MAX_ATTEMPTS and "within" not in error.message:
            # The process ended under it, by this request's fault or another's: a few more chances.
            status = {**record.status, "Attempts": attempts}
            self._platform.store.write(record, now=self._platform.clock(), status=status)
            return 0.0
        return await self._fail(record, invocation.FAILED, error.message)

    async def _store(self, record: Record, reply: Reply, began: float) -> float | None:
        place = s3uri.parse(record.spec["OutputLocation"])
        now = self._platform.clock()

        def put() -> None:
            kind = reply.content_type or "application/octet-stream"
            s3uri.put(self._platform.blobs, place, reply.body, kind, now=now)

        try:
            await asyncio.to_thread(put)
        except OutOfSpace:
            log.warning("no space for the result of %s; it is tried again", record.key.name)
            return self._pause(record.key)
        except BlobError as error:
            return await self._fail(record, invocation.FAILED, f"The result can't be stored at {place}: {error}")
        return self._finish(record, invocation.COMPLETED, began, None, reply.content_type)

    async def _fail(self, record: Record, word: str, reason: str) -> None:
        """The failure's object first: a record that says Failed has it."""
        if record.spec.get("FailureLocation"):
            place = s3uri.parse(record.spec["FailureLocation"])
            text = json.dumps({"inferenceId": record.spec["InferenceId"], "failureReason": reason}).encode()
            now = self._platform.clock()
            try:
                await asyncio.to_thread(s3uri.put, self._platform.blobs, place, text, "application/json", now=now)
            except BlobError as error:
                log.warning("the failure of %s could not be stored at %s: %s", record.key.name, place, error)
        self._finish(record, word, record.status.get("StartTime"), reason)

    def _finish(
        self, record: Record, word: str, began: float | None, reason: str | None, content_type: str | None = None
    ) -> None:
        now = self._platform.clock()
        status: dict[str, Any] = invocation.ended(record, word, now, reason)
        status["Attempts"] = record.status.get("Attempts", 0) + (word == invocation.COMPLETED)
        if began is not None:
            status["StartTime"] = began
        done = self._platform.store.write(record, now=now, status=status)
        for tell in self.ended:
            tell(done, content_type)
