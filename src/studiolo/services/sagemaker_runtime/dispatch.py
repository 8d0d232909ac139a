"""One invocation from an Ask to a Reply: find the endpoint, choose who answers, wake what sleeps, exchange the bytes.

Whatever ends under a request before a byte of an answer came (a version that is replaced, a crashed worker) is tried once
more elsewhere: a deployment fails nobody's request.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import orjson

from studiolo.base.arn import Arn
from studiolo.base.errors import ApiError
from studiolo.services.platform import Platform
from studiolo.services.sagemaker_runtime.ask import Ask, BrokenStream, ModelError, Reply, not_answering
from studiolo.services.sagemaker_runtime.client import Gone, Link, Pool
from studiolo.services.sagemaker_runtime.measure import Measure
from studiolo.services.sagemaker_runtime.multi_model import MultiModel
from studiolo.services.sagemaker_runtime.router import (
    COMPONENT,
    Generation,
    Instance,
    Router,
    Target,
    Variant,
    least_busy,
)
from studiolo.services.sagemaker_runtime.sessions import Sessions

WAKE = 60.0
"""Seconds a request waits for a sleeping variant to come up."""
TRIES = 4
ABOUT = 5.0
"""Seconds for what a container tells of itself."""

Observer = Callable[[Target, Generation, Variant, Ask, Reply], None]
"""Told of every answered invocation (data capture, shadows); must not block."""


class _Away(Exception):
    """The instance could not be reached, and nothing of the request was answered."""


class Dispatcher:
    def __init__(self, platform: Platform, measure: Measure) -> None:
        self._platform = platform
        self._demand = platform.demand
        self.router = Router(platform)
        self._measure = measure
        self._models = MultiModel(platform)
        self._sessions = Sessions()
        self.observers: list[Observer] = []

    async def invoke(self, project: str, name: str, ask: Ask, stream: bool = False) -> Reply:
        """Raises ApiError; ModelError where the model's own answer is no success."""
        began = time.perf_counter()
        for _ in range(TRIES):
            target = self._asked(self._target(project, name), ask)
            generation, variant = self._variant(target, name, ask)
            asked = self._demand.of(target.handle, variant.name)
            if variant.limit is not None and asked.flying + asked.waiting >= variant.limit:
                raise ApiError(
                    f"Rate exceeded: the variant {variant.name} takes {variant.limit} requests at a time.",
                    code="ThrottlingException",
                    status=429,
                )
            if not variant.instances:
                if not variant.sleeps:
                    raise not_answering(name)
                await self._wake(target, variant)
                continue
            instance = self._sessions.choose(ask, variant) or least_busy(variant.instances)
            asked.flying += 1
            try:
                reply = await self._ask(target, variant, instance, ask, stream)
            except _Away:
                # The table follows the world within milliseconds; until then others are asked.
                if instance in variant.instances:
                    variant.instances.remove(instance)
                continue
            finally:
                asked.flying -= 1
                asked.last = time.monotonic()
            for observe in self.observers:
                observe(target, generation, variant, ask, reply)
            if not stream:
                overhead = max(0.0, (time.perf_counter() - began) * 1000 - ask.answered)
                self._measure.overhead(target.handle, variant.name, overhead)
            return reply
        raise not_answering(name)

    async def ask_variant(self, target: Target, variant: Variant, ask: Ask) -> Reply:
        """Of one variant, whatever its weight; for shadows. Raises ApiError."""
        if not variant.instances:
            raise not_answering(target.key.name)
        try:
            return await self._ask(target, variant, least_busy(variant.instances), ask, stream=False)
        except _Away:
            raise not_answering(target.key.name) from None

    async def about(self, variant: Variant) -> Mapping[str, Any]:
        """What a variant's container tells of its model: platform, inputs and outputs; empty where it tells nothing."""
        request = b"GET /v2 HTTP/1.1\r\nhost: m\r\ncontent-length: 0\r\n\r\n"
        pool = least_busy(variant.instances).pools[0]
        try:
            link = await self._exchange(pool, request, False, ABOUT)
        except (_Away, ModelError):
            return {}
        pool.give(link)
        try:
            found = orjson.loads(link.body) if link.status == 200 else {}
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    # Choosing.

    def _target(self, project: str, name: str) -> Target:
        target = self.router.find(project, name)
        if target is None:
            raise ApiError(f"Endpoint {name} of account {project} not found.", code="ValidationError", status=400)
        if target.live is None:
            raise ApiError(
                f"Endpoint {name} of account {project} is {target.status}, not InService.",
                code="ValidationError",
                status=400,
            )
        return target

    def _asked(self, target: Target, ask: Ask) -> Target:
        """The endpoint itself, or the one of its inference components that is asked."""
        assert target.live is not None
        project, name = target.key.project, target.key.name
        if ask.component is None:
            if any(one.plan["Containers"] for one in target.live.variants):
                return target
            raise ApiError(
                "Inference Component Name header is required for endpoints to which you plan to deploy inference "
                "components. Please include Inference Component Name header or consider using SageMaker models.",
                code="ValidationError",
                status=400,
            )
        component = self.router.find(project, ask.component, COMPONENT)
        if component is None or component.endpoint.casefold() != name.casefold():
            raise ApiError(
                f"Inference component {ask.component} was not found for endpoint {name}.",
                code="ValidationError",
                status=400,
            )
        if component.live is None:
            raise ApiError(
                f"Inference component {ask.component} is {component.status}, not InService.",
                code="ValidationError",
                status=400,
            )
        for generation in (component.live, component.next):
            if generation is not None:
                generation.capture = target.live.capture
        return component

    def _variant(self, target: Target, name: str, ask: Ask) -> tuple[Generation, Variant]:
        generation = target.generation()
        assert generation is not None
        variant = generation.pick(ask.variant)
        if variant is None and ask.variant is not None and target.live is not None:
            generation, variant = target.live, target.live.pick(ask.variant)
        if (
            generation is target.next
            and target.live is not None
            and not (variant and (variant.instances or variant.sleeps))
        ):
            # The version being deployed has just lost its instances: the one in service stands in until that is seen.
            generation, variant = target.live, target.live.pick(ask.variant) or variant
        if variant is None:
            if ask.variant is not None:
                raise ApiError(
                    f"Variant {ask.variant} was not found for endpoint {name}.", code="ValidationError", status=400
                )
            raise not_answering(name)
        return generation, variant

    async def _wake(self, target: Target, variant: Variant) -> None:
        """Returns when the variant can be asked, or raises when it took too long."""
        asked = self._demand.of(target.handle, variant.name)
        asked.waiting += 1
        try:
            async with asyncio.timeout(WAKE):
                self._demand.wake(target.handle)
                while True:
                    change = asyncio.ensure_future(self.router.change(target.key))
                    await asyncio.sleep(0)
                    # Looked at while the change is waited for: one that came just before would never be told.
                    now = self.router.find(target.key.project, target.key.name, target.key.kind)
                    if now is None or _answers(now, variant.name):
                        change.cancel()
                        return
                    await change
        except TimeoutError:
            raise not_answering(target.key.name) from None
        finally:
            asked.waiting -= 1
            asked.last = time.monotonic()

    # Asking.

    async def _ask(self, target: Target, variant: Variant, instance: Instance, ask: Ask, stream: bool) -> Reply:
        """Through the container, or one after the other through all of them."""
        pools = list(enumerate(instance.pools))
        path = "/invocations"
        if variant.plan["Mode"] == "Direct" and len(pools) > 1:
            pools = [pools[self._container(variant, ask)]]
        elif ask.container is not None:
            raise ApiError(
                "TargetContainerHostname is for endpoints whose containers are invoked directly.",
                code="ValidationError",
                status=400,
            )
        if variant.plan["Containers"][pools[0][0]]["MultiModel"]:
            path = await self._models.path(target, variant, instance, ask)
        elif ask.model is not None:
            raise ApiError(
                "TargetModel is for endpoints of a multi-model container.", code="ValidationError", status=400
            )
        began, status = time.perf_counter(), 500
        instance.busy += 1
        held = True
        try:
            body, content_type = ask.body, ask.content_type
            for place, pool in pools[:-1]:
                link = await self._exchange(
                    pool, model_request(path, ask, body, content_type, None), False, ask.timeout
                )
                status = raise_for_status(target, variant, place, link.status, link.body)
                body, content_type = link.body, link.headers.get("content-type")
                pool.give(link)
            place, pool = pools[-1]
            link = await self._exchange(
                pool, model_request(path, ask, body, content_type, ask.accept), stream, ask.timeout
            )
            if stream and link.status < 300:
                held = False
                pieces = self._pieces(target, variant, instance, pool, link, began)
                return Reply(
                    variant.name, link.headers, pieces=pieces, session=self._sessions.note(ask, instance, link)
                )
            status = link.status
            if stream:
                link.body = b"".join([piece async for piece in link.pieces()])
            raise_for_status(target, variant, place, link.status, link.body)
            pool.give(link)
            return Reply(variant.name, link.headers, link.body, session=self._sessions.note(ask, instance, link))
        except ModelError as error:
            status = error.original or 500
            raise
        except _Away:
            status = 0
            raise
        finally:
            if held:
                instance.busy -= 1
                if status:
                    milliseconds = (time.perf_counter() - began) * 1000
                    self._measure.count(target.handle, variant.name, milliseconds, status, len(variant.instances))
                    ask.answered += milliseconds

    def _container(self, variant: Variant, ask: Ask) -> int:
        names = [one["Name"] for one in variant.plan["Containers"]]
        if ask.container is None:
            raise ApiError(
                f"TargetContainerHostname is needed: one of {', '.join(names)}.", code="ValidationError", status=400
            )
        if ask.container not in names:
            raise ApiError(
                f"There is no container {ask.container} here: it has {', '.join(names)}.",
                code="ValidationError",
                status=400,
            )
        return names.index(ask.container)

    async def _exchange(self, pool: Pool, request: bytes, stream: bool, timeout: float) -> Link:
        """Sends; once more on a new connection where nobody had read it, be it that a kept one was closed, that the
        worker was ended with others before it, or that the instance went with its queue."""
        for fresh in (False, True, True):
            try:
                link = await pool.take(fresh)
            except OSError:
                raise _Away from None
            try:
                link.send(request, stream)
                async with asyncio.timeout(timeout):
                    if stream:
                        await link.begun()
                    else:
                        await link.whole()
                return link
            except Gone as gone:
                link.close()
                if not gone.unread:
                    raise ModelError(0, "The model's process ended while it answered.", "primary") from None
            except TimeoutError:
                link.close()
                raise ModelError(0, f"The model did not answer within {timeout:g} seconds.", "primary") from None
            except asyncio.CancelledError:
                link.close()
                raise
        raise _Away

    async def _pieces(
        self, target: Target, variant: Variant, instance: Instance, pool: Pool, link: Link, began: float
    ) -> AsyncIterator[bytes]:
        asked = self._demand.of(target.handle, variant.name)
        asked.flying += 1
        try:
            async for piece in link.pieces():
                yield piece
            if not link.complete:
                raise BrokenStream
        finally:
            asked.flying -= 1
            instance.busy -= 1
            pool.give(link)
            milliseconds = (time.perf_counter() - began) * 1000
            self._measure.count(target.handle, variant.name, milliseconds, link.status, len(variant.instances))


def raise_for_status(target: Target, variant: Variant, place: int, status: int, body: bytes) -> int:
    """The status of a container's answer where it is a success; raises ModelError with AWS's sentence where not."""
    if status < 300:
        return status
    containers = variant.plan["Containers"]
    name = "primary" if len(containers) == 1 else containers[place]["Name"]
    group = f"log-group:/aws/sagemaker/{target.key.kind}s/{target.key.name}"
    text = body.decode("utf-8", "replace")[:8000]
    raise ModelError(status, text, name, str(Arn("logs", target.key.project, group)))


def _answers(target: Target, variant: str) -> bool:
    """Whether the wait for a variant is over: it has an instance, or there is no such thing to wait for."""
    found = target.live.pick(variant) if target.live else None
    return found is None or bool(found.instances) or not found.sleeps


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def model_request(path: str, ask: Ask, body: bytes, content_type: str | None, accept: str | None) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: m\r\ncontent-length: {len(body)}\r\n"
    for name, value in (
        ("content-type", content_type),
        ("accept", accept),
        ("x-amzn-sagemaker-custom-attributes", ask.custom_attributes),
        ("x-amzn-sagemaker-inference-id", ask.inference_id),
        ("x-amzn-sagemaker-target-model", ask.model),
        ("x-amzn-sagemaker-session-id", ask.session),
    ):
        if value:
            head += f"{name}: {_one_line(value)}\r\n"
    return head.encode("latin-1", "replace") + b"\r\n" + body
