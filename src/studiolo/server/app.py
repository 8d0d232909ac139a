"""The ASGI application: which of the doors a request takes (health, spaces, MLflow, browser, AWS wire, web pages).

Raw ASGI, since every request to a live endpoint passes here. Called by run.py (uvicorn) and by tests in process.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from studiolo.base.clock import Clock, system_clock
from studiolo.base.config import Config
from studiolo.base.errors import ApiError
from studiolo.server.aws import AwsWire
from studiolo.server.browser import Browser
from studiolo.server.open_inference import OpenInferenceDoor, is_for
from studiolo.server.spaces import SpacePages, of_request
from studiolo.server.static import Static
from studiolo.server.tracking import TrackingPages
from studiolo.services.identity import Identity
from studiolo.services.presence import Presence
from studiolo.services.request import Service
from studiolo.services.sagemaker.tracking.door import TrackingDoor
from studiolo.services.sagemaker.workbench.door import Door
from studiolo.services.sagemaker_runtime.open_inference import OpenInference
from studiolo.services.sign_on import SingleSignOn
from studiolo.store.protocol import Store
from studiolo.wire import fault
from studiolo.wire.http import Request, Response

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
VIRTUAL_HOST_SUFFIXES = (".s3.localhost", ".localhost")


def _request(scope: Scope) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    raw_path = scope.get("raw_path") or scope["path"].encode()
    return Request(
        scope["method"], raw_path.decode("latin-1").partition("?")[0], scope["query_string"].decode("latin-1"), headers
    )


class App:
    def __init__(
        self,
        services: Sequence[Service],
        identity: Identity,
        store: Store,
        config: Config,
        ui: Path | None,
        clock: Clock = system_clock,
        sign_on: SingleSignOn | None = None,
        door: Door | None = None,
        open_inference: OpenInference | None = None,
        presence: Presence | None = None,
        tracking: TrackingDoor | None = None,
    ) -> None:
        self._aws = AwsWire(services, identity, clock)
        self._open_inference = OpenInferenceDoor(self._aws, open_inference) if open_inference else None
        self._browser = Browser(self._aws, identity, store, config, sign_on, presence, self._open_inference)
        self._static = Static(ui)
        self.spaces = SpacePages(door, identity, self._browser, store) if door else None
        self._tracking = (
            TrackingPages(tracking, identity, self._aws, self.spaces, clock) if tracking and self.spaces else None
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        if scope["type"] != "http":
            return None
        request = _request(scope)
        request_id = str(uuid.uuid4())
        address = (scope.get("client") or ("",))[0]
        body_read = _has_no_body(request)

        async def watched() -> MutableMapping[str, Any]:
            nonlocal body_read
            message = await receive()
            body_read = body_read or not message.get("more_body")
            return message

        if self.spaces is not None and request.raw_path.startswith("/spaces/") and self._into_a_space(request):
            answer = await self.spaces(request, watched, send)
        elif self._tracking is not None and self._tracking.is_for(request):
            answer = await self._tracking(request, watched, send, request_id)
        else:
            answer = await self._answer(request, watched, request_id, address)
        if answer is None:
            return None
        response = answer
        if not body_read:
            # What is left of the body would be taken for the next request.
            response.headers["connection"] = "close"
        return await self._send(response, send, watched, request)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _answer(self, request: Request, receive: Receive, request_id: str, address: str) -> Response:
        path = request.raw_path
        if path == "/healthz":
            return Response(200, {"content-type": "application/json"}, b'{"status":"ok"}')
        if path.startswith(("/api/", "/oidc/")) or path == "/signin":
            try:
                return await self._browser(request, receive, request_id, address)
            except Exception:
                log.exception("request %s failed", request_id)
                return fault.answer(
                    ApiError(f"The studio failed; see request {request_id} in its log."), "json", request_id
                )
        if self._open_inference is not None and is_for(path):
            return await self._open_inference(request, receive, request_id)
        if self._is_page(request):
            page = self._static(request)
            if page is not None:
                return page
        _to_path_style(request)
        return await self._aws(request, receive, request_id)

    def _is_page(self, request: Request) -> bool:
        return request.method in ("GET", "HEAD") and not ("authorization" in request.headers or _signed_query(request))

    def _into_a_space(self, request: Request) -> bool:
        """A bucket may be called so, too, but whoever asks for its objects signs."""
        signed = request.headers.get("authorization", "").startswith("AWS") or _signed_query(request)
        return not signed and of_request(request.raw_path) is not None

    async def _send(self, response: Response, send: Send, receive: Receive, request: Request) -> None:
        headers = [(name.encode("latin-1"), _header_bytes(value)) for name, value in response.headers.items()]
        body = response.body
        head = request.method == "HEAD"
        if isinstance(body, bytes):
            if "content-length" not in response.headers and response.status not in (204, 304):
                headers.append((b"content-length", str(len(body)).encode()))
            await send({"type": "http.response.start", "status": response.status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if head else body})
            return
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if not head:
            await _stream(body, send, receive)
        await send({"type": "http.response.body", "body": b""})


async def _stream(body: AsyncIterator[bytes], send: Send, receive: Receive) -> None:
    """Piece by piece, until the client has gone: some streams have no end of their own."""

    async def until_gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    gone = asyncio.create_task(until_gone())
    try:
        async for piece in body:
            if gone.done():
                break
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        gone.cancel()
        if isinstance(body, AsyncGenerator):
            await body.aclose()


def _signed_query(request: Request) -> bool:
    return any(name in request.query for name in ("X-Amz-Algorithm", "X-Amz-Credential", "AWSAccessKeyId"))


def _has_no_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers


def _header_bytes(value: str) -> bytes:
    # Line breaks in a stored header would end it and begin another.
    return value.replace("\r", " ").replace("\n", " ").encode("utf-8" if not value.isascii() else "ascii")


def _to_path_style(request: Request) -> None:
    """`bucket.localhost` becomes `/bucket/…`, with the path that was signed kept beside it."""
    host = request.headers.get("host", "").partition(":")[0]
    for suffix in VIRTUAL_HOST_SUFFIXES:
        if host.endswith(suffix) and "s3/aws4_request" in request.headers.get(
            "authorization", ""
        ) + request.query_string.replace("%2F", "/"):
            request.signed_path = request.raw_path
            request.raw_path = f"/{host.removesuffix(suffix)}{request.raw_path}"
            return
