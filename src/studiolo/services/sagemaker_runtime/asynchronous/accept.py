"""InvokeEndpointAsync: checks, writes one record, answers. When 202 is said, the request is kept."""

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import ApiError
from studiolo.blobs.protocol import NoSuchKey
from studiolo.services import s3uri
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker_runtime.asynchronous import invocation
from studiolo.services.sagemaker_runtime.asynchronous.processor import Processor
from studiolo.services.sagemaker_runtime.router import Router

MAX_INPUT = 2**30


def _refused(message: str) -> ApiError:
    return ApiError(message, code="ValidationError", status=400)


class Accept:
    def __init__(self, platform: Platform, router: Router, processor: Processor) -> None:
        self._platform = platform
        self._router = router
        self._processor = processor

    def _config(self, call: Call) -> Mapping[str, Any]:
        name = call.params["EndpointName"]
        target = self._router.find(call.caller.project, name)
        if target is None:
            raise _refused(f"Endpoint {name} of account {call.caller.project} not found.")
        if target.live is None:
            raise _refused(f"Endpoint {name} of account {call.caller.project} is {target.status}, not InService.")
        if target.asynchronous is None:
            raise _refused(
                f"Endpoint {name} is not asynchronous: its configuration has no AsyncInferenceConfig. Use InvokeEndpoint."
            )
        return target.asynchronous

    def _input(self, call: Call) -> dict[str, Any]:
        location, body = call.params.get("InputLocation"), call.params.get("Body")
        if bool(location) == bool(body):
            raise _refused("Specify either InputLocation or a body, and not both.")
        if body:
            return {"_body": base64.b64encode(body).decode()}
        try:
            uri = s3uri.own(self._platform.blobs, call.caller.project, str(location))
            size = self._platform.blobs.head(uri.bucket, uri.key).size
        except NoSuchKey:
            raise _refused(f"There is no object at {location}.") from None
        except ApiError as error:
            raise _refused(error.message) from None
        if size > MAX_INPUT:
            raise _refused(f"The input has {size} bytes; an asynchronous request takes at most {MAX_INPUT}.")
        return {"InputLocation": location}

    async def __call__(self, call: Call) -> Mapping[str, Any]:
        config, params, now = self._config(call), call.params, self._platform.clock()
        id = str(uuid.uuid4())
        places = invocation.locations(config, id, params.get("S3OutputPathExtension"), params.get("Filename"))
        output = config["OutputConfig"]
        spec = {
            "EndpointName": call.params["EndpointName"],
            "InferenceId": params.get("InferenceId", id),
            **self._input(call),
            **{name: params[name] for name in ("ContentType", "Accept", "CustomAttributes") if params.get(name)},
            "OutputLocation": places.output,
            "FailureLocation": places.failure,
            "Expires": now + params.get("RequestTTLSeconds", invocation.DEFAULT_TTL),
            "Timeout": params.get("InvocationTimeoutSeconds", invocation.DEFAULT_TIMEOUT),
            "_topics": output.get("NotificationConfig", {}),
        }
        key = invocation.key(call.caller.project, id)
        status = {"Status": invocation.QUEUED, "Attempts": 0}
        self._processor.add(self._platform.store.create(key, spec, status, now=now))
        return {
            "InferenceId": spec["InferenceId"],
            "OutputLocation": places.output,
            "FailureLocation": places.failure,
        }
