"""The control loop: changes of records and of what runs become keys, and keys go to their kind's controller.

It knows no kind. What fails is logged and tried again, later each time; nothing a controller does can end the loop. What
goes on failing is told to the controller, so that the record's owner learns of it.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studiolo.base.record import Key
from studiolo.control.protocol import Controller, TellsFailure
from studiolo.control.queue import Queue
from studiolo.run.protocol import Runner
from studiolo.store.protocol import Change, Store

log = logging.getLogger(__name__)

Source = Callable[[Callable[[str], None]], Callable[[], None]]
"""Takes a watcher of handles, gives its unsubscriber."""

WORKERS = 16
SWEEP = 300.0
"""Seconds between two looks at every key that is not at rest: a safety net, nothing relies on it."""
FIRST_RETRY, LAST_RETRY = 0.2, 60.0
PATIENCE_TRIES, PATIENCE_SECONDS = 10, 100.0
"""So many failures in a row, over so long, are told to the controller. By back-off alone the tenth try comes after 102 s;
the time counts as well, since changes of the record make tries come sooner."""


def backoff(failures: int, jitter: float) -> float:
    """Seconds before the next try after so many failures in a row; jitter between 0 and 1."""
    return min(FIRST_RETRY * 2 ** (failures - 1), LAST_RETRY) * (0.75 + 0.5 * jitter)


@dataclass(slots=True)
class _Failures:
    first: float
    last: float = 0.0
    count: int = 0


class ControlLoop:
    def __init__(
        self, store: Store, runner: Runner, controllers: Sequence[Controller], wakers: Sequence[Source] = ()
    ) -> None:
        """wakers: further sources of handles whose controller should look now."""
        self._store = store
        self._wakers = wakers
        self._runner = runner
        self._controllers = {controller.kind: controller for controller in controllers}
        self._failures: dict[Key, _Failures] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._unwatch: list[Callable[[], None]] = []

    async def start(self) -> None:
        self._queue = Queue()
        loop = asyncio.get_running_loop()

        def add(key: Key) -> None:
            if key.kind in self._controllers:
                loop.call_soon_threadsafe(self._queue.add, key)

        def changed(change: Change) -> None:
            if change.record is not None:
                add(change.key)

        sources = (self._runner.watch, *self._wakers)
        self._unwatch = [self._store.watch(changed)]
        self._unwatch += [watch(lambda handle: add(Key.of_handle(handle))) for watch in sources]
        self._tasks = [asyncio.create_task(self._work()) for _ in range(WORKERS)]
        self._tasks.append(asyncio.create_task(self._sweep()))

    async def _sweep(self) -> None:
        while True:
            for controller in self._controllers.values():
                try:
                    for key in controller.keys():
                        self._queue.add(key)
                except Exception:
                    log.exception("listing the keys of %s failed; again in %.0f s", controller.kind, SWEEP)
            await asyncio.sleep(SWEEP)

    async def _work(self) -> None:
        while True:
            key = await self._queue.take()
            try:
                await self._reconcile(key)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                # The controller's own, not ours: the worker goes on.
                log.warning("reconciling %s was cancelled from inside", key.handle())
            finally:
                self._queue.done(key)

    async def _reconcile(self, key: Key) -> None:
        now = asyncio.get_running_loop().time
        known = self._failures.get(key)
        if known is not None and now() < known.last + FIRST_RETRY:
            # A controller that writes and then fails wakes itself by its own change: not without a breath between.
            self._queue.add_at(key, known.last + FIRST_RETRY)
            return
        try:
            again = await self._controllers[key.kind].reconcile(key)
        except Exception as error:
            await self._failed(key, error)
            return
        self._failures.pop(key, None)
        if again is not None:
            self._queue.add_at(key, now() + again.after)

    async def _failed(self, key: Key, error: Exception) -> None:
        now = asyncio.get_running_loop().time()
        known = self._failures.setdefault(key, _Failures(now))
        known.last, known.count = now, known.count + 1
        delay = backoff(known.count, random.random())
        log.error(
            "reconciling %s failed (%d in a row); again in %.1f s", key.handle(), known.count, delay, exc_info=error
        )
        self._queue.add_at(key, now + delay)
        controller = self._controllers[key.kind]
        if known.count < PATIENCE_TRIES or now - known.first < PATIENCE_SECONDS:
            return
        if isinstance(controller, TellsFailure):
            try:
                await controller.failing(key, error, known.count)
            except Exception:
                log.exception("that %s fails could not be told", key.handle())

    async def stop(self) -> None:
        """Ends between two steps where possible; a step cut short is taken again by the next server."""
        for unwatch in self._unwatch:
            unwatch()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
