"""The `sagemaker-runtime` service: invocations, from the caller's bytes to the model's and back, untouched."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from studiolo.base.errors import ApiError, Unsupported
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Handler
from studiolo.services.sagemaker_runtime.ask import Ask, BrokenStream, Reply
from studiolo.services.sagemaker_runtime.asynchronous.accept import Accept
from studiolo.services.sagemaker_runtime.asynchronous.notify import Notify
from studiolo.services.sagemaker_runtime.asynchronous.processor import Processor
from studiolo.services.sagemaker_runtime.capture import Capture
from studiolo.services.sagemaker_runtime.dispatch import Dispatcher
from studiolo.services.sagemaker_runtime.measure import Measure
from studiolo.services.sagemaker_runtime.open_inference import OpenInference
from studiolo.services.sagemaker_runtime.quick import Quick
from studiolo.services.sagemaker_runtime.shadow import Shadow

STREAM_TIMEOUT = 480.0
NOT_YET = ("EnableExplanations",)


class RuntimeService:
    name = "sagemaker-runtime"

    def __init__(self, platform: Platform) -> None:
        self._measure = Measure(platform.series)
        self._capture = Capture(platform)
        self.dispatcher = Dispatcher(platform, self._measure)
        self.dispatcher.observers += [self._capture, Shadow(platform, self.dispatcher, self._capture)]
        self.quick = Quick(self.dispatcher, platform.demand, self._measure)
        self.open_inference = OpenInference(self.dispatcher)
        self.processor = Processor(platform, self.dispatcher)
        self.processor.ended.append(Notify(platform))
        self._handlers: dict[str, Handler] = {
            "InvokeEndpointAsync": Accept(platform, self.dispatcher.router, self.processor),
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
        """Writes what is held in memory; called before the server ends."""
        self._measure.flush()
        self._capture.flush()

    def _check_real_time(self, call: Call) -> None:
        name = call.params["EndpointName"]
        target = self.dispatcher.router.find(call.caller.project, name)
        if target is not None and target.asynchronous is not None:
            raise ApiError(
                f"Endpoint {name} is asynchronous: use InvokeEndpointAsync.", code="ValidationError", status=400
            )

    async def _invoke(self, call: Call) -> Mapping[str, Any]:
        self._check_real_time(call)
        params = call.params
        reply = await self.dispatcher.invoke(call.caller.project, params["EndpointName"], _ask(params))
        return {"Body": reply.body, **_about(params, reply)}

    async def _stream(self, call: Call) -> Mapping[str, Any]:
        self._check_real_time(call)
        params, ask = call.params, _ask(call.params)
        ask.timeout = STREAM_TIMEOUT
        reply = await self.dispatcher.invoke(call.caller.project, params["EndpointName"], ask, stream=True)
        return {"Body": _events(reply), **_about(params, reply)}


def _ask(params: Mapping[str, Any]) -> Ask:
    get = params.get
    for member in NOT_YET:
        if get(member):
            refused = Unsupported(f"{member} is not supported by this version of studiolo.")
            refused.code = "ValidationError"
            raise refused
    return Ask(
        get("Body", b""),
        get("ContentType"),
        get("Accept"),
        get("CustomAttributes"),
        get("InferenceId"),
        get("TargetVariant"),
        get("TargetModel"),
        get("TargetContainerHostname"),
        get("SessionId"),
        get("InferenceComponentName"),
    )


def _about(params: Mapping[str, Any], reply: Reply) -> dict[str, Any]:
    return {
        "ContentType": reply.content_type,
        "InvokedProductionVariant": reply.variant,
        "CustomAttributes": reply.headers.get("x-amzn-sagemaker-custom-attributes") or params.get("CustomAttributes"),
        **reply.session,
    }


async def _events(reply: Reply) -> AsyncIterator[Mapping[str, Mapping[str, Any]]]:
    assert reply.pieces is not None
    try:
        async for piece in reply.pieces:
            yield {"PayloadPart": {"Bytes": piece}}
    except BrokenStream:
        message = "The model's process ended while it answered."
        yield {"ModelStreamError": {"Message": message, "ErrorCode": "ModelInvocationTimeExceeded"}}
