"""The shortest way of an invocation: no task, no future, one callback when the model has answered.

Only for what most requests are: a real-time variant of one container that has an instance. Where no connection is kept, as on
the first requests of a new version, one is opened on the way. Everything else, and everything that goes wrong before an answer
began, takes the whole way (dispatch.py). Called by the server's protocol (server/quick.py).
"""

import asyncio
import time
from collections.abc import Callable

from studiolo.base.errors import ApiError
from studiolo.services.demand import Asked, Demand
from studiolo.services.sagemaker_runtime.ask import Ask, ModelError, Reply
from studiolo.services.sagemaker_runtime.client import Link
from studiolo.services.sagemaker_runtime.dispatch import Dispatcher, model_request, raise_for_status
from studiolo.services.sagemaker_runtime.measure import Measure
from studiolo.services.sagemaker_runtime.router import Generation, Instance, Target, Variant, least_busy

Done = Callable[[Reply | ApiError | None], None]
"""Told once: the answer, what the caller is told instead, or None where the whole way must be taken."""


class Quick:
    def __init__(self, dispatcher: Dispatcher, demand: Demand, measure: Measure) -> None:
        self._dispatcher = dispatcher
        self._demand = demand
        self._measure = measure

    def invoke(self, project: str, name: str, ask: Ask, done: Done) -> bool:
        """False where it can't be done this way; then `done` is never called."""
        target = self._dispatcher.router.find(project, name)
        generation = target.generation() if target is not None else None
        if target is None or generation is None or target.asynchronous is not None:
            return False
        variant = generation.pick(None)
        if variant is None or not variant.simple or not variant.instances:
            return False
        instance = least_busy(variant.instances)
        asked = self._demand.of(target.handle, variant.name)
        exchange = _Exchange(self, target, generation, variant, instance, ask, asked, done)
        link = instance.pools[0].idle()
        if link is None:
            exchange.connect()
        else:
            exchange.start(link)
        return True

    def finished(self, exchange: "_Exchange", milliseconds: float, status: int) -> None:
        exchange.answered = milliseconds
        variant = exchange.variant
        self._measure.count(exchange.target.handle, variant.name, milliseconds, status, len(variant.instances))

    def told(self, exchange: "_Exchange") -> None:
        """The answer is out: what the model did not take of the time was the studio's."""
        overhead = max(0.0, (time.perf_counter() - exchange.arrived) * 1000 - exchange.answered)
        self._measure.overhead(exchange.target.handle, exchange.variant.name, overhead)

    def observe(self, exchange: "_Exchange", reply: Reply) -> None:
        for observe in self._dispatcher.observers:
            observe(exchange.target, exchange.generation, exchange.variant, exchange.ask, reply)


class _Exchange:
    """One request on one connection."""

    __slots__ = (
        "answered", "arrived", "ask", "asked", "began", "done",
        "generation", "instance", "link", "opening", "quick", "target", "timer", "variant",
    )  # fmt: skip

    def __init__(
        self,
        quick: Quick,
        target: Target,
        generation: Generation,
        variant: Variant,
        instance: Instance,
        ask: Ask,
        asked: Asked,
        done: Done,
    ) -> None:
        self.quick, self.target, self.generation, self.variant = quick, target, generation, variant
        self.instance, self.ask, self.asked, self.done = instance, ask, asked, done
        self.arrived, self.answered = time.perf_counter(), 0.0

    def connect(self) -> None:
        self.instance.busy += 1
        self.opening = asyncio.ensure_future(self.instance.pools[0].take(fresh=True))
        self.opening.add_done_callback(self._connected)

    def _connected(self, opening: asyncio.Future[Link]) -> None:
        self.instance.busy -= 1
        if opening.cancelled() or opening.exception() is not None:
            # The instance went meanwhile; nothing was sent.
            self.done(None)
        else:
            self.start(opening.result())

    def start(self, link: Link) -> None:
        self.link = link
        self.instance.busy += 1
        self.asked.flying += 1
        self.began = time.perf_counter()
        self.timer = asyncio.get_running_loop().call_later(self.ask.timeout, self._late)
        ask = self.ask
        self.link.send_for(model_request("/invocations", ask, ask.body, ask.content_type, ask.accept), self._ended)

    def _release(self, status: int) -> None:
        self.timer.cancel()
        self.instance.busy -= 1
        self.asked.flying -= 1
        self.asked.last = time.monotonic()
        if status:
            self.quick.finished(self, (time.perf_counter() - self.began) * 1000, status)

    def _late(self) -> None:
        self.link.forget()
        self._release(500)
        self.done(ModelError(0, f"The model did not answer within {self.ask.timeout:g} seconds.", "primary"))

    def _ended(self, whole: bool) -> None:
        link = self.link
        if not whole:
            self._release(0 if link.unread else 500)
            # A kept connection that was closed meanwhile: nobody read the request, so it is sent anew.
            gone = ModelError(0, "The model's process ended while it answered.", "primary")
            self.done(None if link.unread else gone)
            return
        self._release(link.status)
        self.instance.pools[0].give(link)
        try:
            raise_for_status(self.target, self.variant, 0, link.status, link.body)
        except ModelError as error:
            self.done(error)
            return
        reply = Reply(self.variant.name, link.headers, link.body)
        self.done(reply)
        self.quick.told(self)
        self.quick.observe(self, reply)
