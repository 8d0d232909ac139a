"""Invocations straight from the connection to the model: uvicorn's protocol with one shorter way through it.

Every other request, and every invocation that is not plain or that fails before the model has answered, goes the one visible
chain (aws.py) as if this module did not exist; so what is refused, and how, is said in one place. What is checked here is
what the chain checks of such a request: signature, key, project, names.
"""

import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from studiolo.base.clock import Clock
from studiolo.base.errors import ApiError
from studiolo.server.spaces import SpacePages
from studiolo.server.tunnel import upgrade
from studiolo.services.identity import Identity
from studiolo.services.sagemaker_runtime.ask import Ask, Reply
from studiolo.services.sagemaker_runtime.quick import Done, Quick
from studiolo.wire import fault, sigv4
from studiolo.wire.http import Request, Response
from studiolo.wire.sigv4 import SignatureError

MAX_BODY = 1 << 20
MAX_HEADER = 1024
_PATH = re.compile(r"/endpoints/([a-zA-Z0-9][-a-zA-Z0-9]{0,62})/invocations")
_PLAIN = re.compile(r"[\x20-\x7e]*")
_CUSTOM = "x-amzn-sagemaker-custom-attributes"
Answered = Callable[[bytes | None], None]
"""Told once: the bytes of the answer, or None where the chain must be asked."""


class QuickInvocations:
    def __init__(self, quick: Quick, identity: Identity, clock: Clock) -> None:
        self._quick = quick
        self._identity = identity
        self._clock = clock

    def begin(self, path: bytes, headers: list[tuple[bytes, bytes]], body: bytes, answered: Answered) -> bool:
        """False where the request is not one for this way; then `answered` is never called."""
        match = _PATH.fullmatch(path.decode("latin-1"))
        if match is None:
            return False
        found: dict[str, str] = {}
        for raw_name, raw_value in headers:
            name = raw_name.decode("latin-1")
            if name in found or name.startswith("x-amzn-sagemaker-"):
                return False
            found[name] = raw_value.decode("latin-1")
        content_type, accept = found.get("content-type"), found.get("accept")
        for value in (content_type, accept):
            if value is not None and (len(value) > MAX_HEADER or not _PLAIN.fullmatch(value)):
                return False
        project = self._project(Request("POST", match.string, "", found), body)
        if project is None:
            return False
        return self._quick.invoke(project, match[1], Ask(body, content_type, accept), _told(answered))

    def _project(self, request: Request, body: bytes) -> str | None:
        """Of the caller, if the signature is right."""
        try:
            signature = sigv4.read(request)
            if signature is None or signature.form != "header" or signature.service != "sagemaker":
                return None
            credential = self._identity.access_key(signature.key_id)
            if credential is None or (credential.token is not None and credential.token != signature.token):
                return None
            now = self._clock()
            if credential.expires is not None and credential.expires < now:
                return None
            claimed = request.headers.get("x-amz-content-sha256")
            digest = hashlib.sha256(body).hexdigest()
            if claimed and claimed not in (digest, sigv4.UNSIGNED):
                return None
            sigv4.verify(signature, request, credential.secret, claimed or digest, now)
        except SignatureError:
            return None
        return credential.caller.project or None


def _told(answered: Answered) -> Done:
    def done(result: Reply | ApiError | None) -> None:
        if result is None:
            answered(None)
            return
        id = str(uuid.uuid4())
        if isinstance(result, ApiError):
            answered(_bytes(fault.answer(result, "rest-json", id)))
            return
        headers = {"x-amzn-requestid": id, "x-amzn-invoked-production-variant": result.variant}
        if result.content_type:
            headers["content-type"] = result.content_type
        if _CUSTOM in result.headers:
            headers[_CUSTOM] = result.headers[_CUSTOM]
        answered(_bytes(Response(200, headers, result.body)))

    return done


def _bytes(response: Response) -> bytes:
    assert isinstance(response.body, bytes)
    lines = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    reason = {200: "OK", 424: "Failed Dependency"}.get(response.status, "Status")
    head = f"HTTP/1.1 {response.status} {reason}\r\n{lines}content-length: {len(response.body)}\r\n\r\n"
    return head.encode("latin-1", "replace") + response.body


class QuickProtocol(HttpToolsProtocol):
    """`quick` and `spaces` are set on a subclass by `protocol_of`."""

    quick: QuickInvocations
    spaces: SpacePages | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taking: list[bytes] | None = None
        self._flying = False
        self._overrun = False
        """Another request came before the answer to the last one: it is not read, and the connection ends."""
        self._leaving = False

    def _is_plain(self) -> bool:
        if not self.url.startswith(b"/endpoints/") or not self.url.endswith(b"/invocations"):
            return False
        parser, cycle = cast(Any, self.parser), cast(Any, self.cycle)
        if parser.get_method() != b"POST" or not parser.should_keep_alive():
            return False
        if cycle is not None and not cycle.response_complete:
            return False
        length = next((value for name, value in self.headers if name == b"content-length"), b"")
        plain = length.isdigit() and int(length) <= MAX_BODY and not self.expect_100_continue
        return plain and not any(name in (b"transfer-encoding", b"upgrade") for name, _ in self.headers)

    def on_message_begin(self) -> None:
        if self._flying:
            self._overrun = True
        else:
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._overrun:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._overrun:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._overrun:
            return
        if self._is_plain():
            self._taking = []
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._overrun:
            return
        if self._taking is not None:
            self._taking.append(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._overrun:
            return
        if self._taking is None:
            super().on_message_complete()
            return
        body, self._taking = b"".join(self._taking), None
        self._flying = True
        if not self.quick.begin(self.url, self.headers, body, lambda answer: self._answered(answer, body)):
            self._flying = False
            self._whole_way(body)

    def _whole_way(self, body: bytes) -> None:
        # The parser is done with the request, so what it would say of it is said for it.
        super().on_headers_complete()
        super().on_body(body)
        super().on_message_complete()

    def _answered(self, answer: bytes | None, body: bytes) -> None:
        self._flying = False
        if self.transport.is_closing():
            return
        if answer is None:
            if self._overrun:
                self.transport.close()
            elif cast(Any, self.parser) is not None:
                self._whole_way(body)
            return
        self.transport.write(answer)
        if self._overrun or self._leaving:
            self.transport.close()
        else:
            self.on_response_complete()

    # WebSockets lead into spaces and nowhere else.

    def _should_upgrade(self) -> bool:
        cycle = cast(Any, self.cycle)
        free = cycle is None or cycle.response_complete
        return (
            self.spaces is not None
            and free
            and self._get_upgrade() == b"websocket"
            and self.url.startswith(b"/spaces/")
        )

    def handle_websocket_upgrade(self) -> None:
        assert self.spaces is not None
        upgrade(self.spaces, self)

    def shutdown(self) -> None:
        if self._flying:
            self._leaving = True
        else:
            super().shutdown()


def protocol_of(quick: QuickInvocations, spaces: SpacePages | None = None) -> type[HttpToolsProtocol]:
    return type("QuickProtocol", (QuickProtocol,), {"quick": quick, "spaces": spaces})
