"""The `sagemaker-runtime` service: invocations, from the caller's bytes to the model's and back, untouched."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from studiolo.base.arn import Arn
from studiolo.base.errors import ApiError, Unsupported
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker_runtime.client import Gone, Link, Pool
from studiolo.services.sagemaker_runtime.measure import Measure
from studiolo.services.sagemaker_runtime.router import Router, Target, Variant, least_busy

TIMEOUT = 60.0
STREAM_TIMEOUT = 480.0
NOT_YET = ("TargetModel", "TargetContainerHostname", "InferenceComponentName", "SessionId", "EnableExplanations")


class RuntimeService:
    name = "sagemaker-runtime"

    def __init__(self, platform: Platform) -> None:
        self._router = Router(platform)
        self._measure = Measure(platform.series)
        self._handlers: dict[str, Handler] = {
            "InvokeEndpoint": self._invoke,
            "InvokeEndpointWithResponseStream": self._stream,
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        """A viewer may ask a model; nothing is changed by it."""
        return True

    def flush(self) -> None:
        self._measure.flush()

    def _find(self, call: Call) -> tuple[Target, Variant]:
        name, account = call.params["EndpointName"], call.caller.project
        for member in NOT_YET:
            if call.params.get(member):
                refused = Unsupported(f"{member} is not supported by this version of studiolo.")
                refused.code = "ValidationError"
                raise refused
        target = self._router.find(account, name)
        if target is None:
            raise ApiError(f"Endpoint {name} of account {account} not found.", code="ValidationError", status=400)
        wanted = call.params.get("TargetVariant")
        variant = target.pick(wanted)
        if variant is None:
            if wanted is not None and target.variants:
                raise ApiError(
                    f"Variant {wanted} was not found for endpoint {name}.", code="ValidationError", status=400
                )
            if target.variants:
                raise ApiError(
                    f"No instance of endpoint {name} answers at the moment; it is being started again.",
                    code="ServiceUnavailable",
                    status=503,
                )
            raise ApiError(
                f"Endpoint {name} of account {account} is {target.status}, not InService.",
                code="ValidationError",
                status=400,
            )
        return target, variant

    def _request(self, call: Call, accept: str | None) -> bytes:
        body = call.params.get("Body", b"")
        head = f"POST /invocations HTTP/1.1\r\nhost: m\r\ncontent-length: {len(body)}\r\n"
        for name, value in (
            ("content-type", call.params.get("ContentType")),
            ("accept", accept),
            ("x-amzn-sagemaker-custom-attributes", call.params.get("CustomAttributes")),
            ("x-amzn-sagemaker-inference-id", call.params.get("InferenceId")),
        ):
            if value:
                head += f"{name}: {_one_line(value)}\r\n"
        return head.encode("latin-1", "replace") + b"\r\n" + body

    async def _exchange(self, pool: Pool, request: bytes, stream: bool) -> Link:
        """Sends; where a kept connection turns out dead before a byte came back, once more on a new one."""
        for fresh in (False, True):
            try:
                link = await pool.take(fresh)
            except OSError:
                raise ApiError("The model's instance does not answer; it is being started again.",
                               code="ServiceUnavailable", status=503) from None  # fmt: skip
            try:
                link.send(request, stream)
                async with asyncio.timeout(STREAM_TIMEOUT if stream else TIMEOUT):
                    if stream:
                        await link.begun()
                    else:
                        link.body = await link.whole()  # type: ignore[attr-defined]
                return link
            except Gone as gone:
                link.close()
                if fresh or not gone.clean:
                    raise _model_error(500, "The model's process ended while it answered.", "primary") from None
            except TimeoutError:
                link.close()
                message = f"The model did not answer within {TIMEOUT:g} seconds."
                raise _model_error(0, message, "primary") from None
            except asyncio.CancelledError:
                link.close()
                raise
        raise AssertionError

    async def _invoke(self, call: Call) -> Mapping[str, Any]:
        target, variant = self._find(call)
        pool, began, status = least_busy(variant.pools), time.perf_counter(), 500
        pool.busy += 1
        try:
            link = await self._exchange(pool, self._request(call, call.params.get("Accept")), stream=False)
            status, body, content_type = link.status, link.body, link.headers.get("content-type")  # type: ignore[attr-defined]
            pool.give(link)
        finally:
            pool.busy -= 1
            self._measure.count(target.key.handle(), variant.name, (time.perf_counter() - began) * 1000, status)
        if status >= 300:
            raise self._failed(call, status, body, variant.name)
        return {
            "Body": body,
            "ContentType": content_type,
            "InvokedProductionVariant": variant.name,
            "CustomAttributes": call.params.get("CustomAttributes"),
        }

    def _failed(self, call: Call, status: int, body: bytes, variant: str) -> ApiError:
        group = f"log-group:/aws/sagemaker/Endpoints/{call.params['EndpointName']}"
        return _model_error(
            status, body.decode("utf-8", "replace")[:8000], variant, str(Arn("logs", call.caller.project, group))
        )

    async def _stream(self, call: Call) -> Mapping[str, Any]:
        target, variant = self._find(call)
        pool, began = least_busy(variant.pools), time.perf_counter()
        pool.busy += 1
        try:
            link = await self._exchange(pool, self._request(call, call.params.get("Accept")), stream=True)
            if link.status >= 300:
                body = b"".join([piece async for piece in link.pieces()])
                raise self._failed(call, link.status, body, variant.name)
        except BaseException:
            pool.busy -= 1
            self._measure.count(target.key.handle(), variant.name, (time.perf_counter() - began) * 1000, 500)
            raise

        async def events() -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
            try:
                async for piece in link.pieces():
                    yield {"PayloadPart": {"Bytes": piece}}
                if not link.complete:
                    yield {
                        "ModelStreamError": {
                            "Message": "The model's process ended while it answered.",
                            "ErrorCode": "ModelInvocationTimeExceeded",
                        }
                    }
            finally:
                pool.busy -= 1
                pool.give(link)
                self._measure.count(
                    target.key.handle(), variant.name, (time.perf_counter() - began) * 1000, link.status
                )

        return {
            "Body": events(),
            "ContentType": link.headers.get("content-type"),
            "InvokedProductionVariant": variant.name,
            "CustomAttributes": call.params.get("CustomAttributes"),
        }


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def _model_error(status: int, text: str, variant: str, log: str = "") -> ApiError:
    kind = "server" if status >= 500 or status == 0 else "client"
    message = f'Received {kind} error ({status}) from primary with message "{text}".'
    if log:
        message += f" See {log} for more information."
    members = {"OriginalStatusCode": status, "OriginalMessage": text, "LogStreamArn": log}
    return ApiError(message, code="ModelError", status=424, members=members)
