"""The AWS wire as one visible chain: name the service → authenticate → name the operation → parse → validate →
authorise → dispatch → encode. Every step takes an Exchange and fills in what the next one needs.
"""

import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from studiolo.base.clock import Clock
from studiolo.base.errors import AccessDenied, ApiError, Unsupported
from studiolo.blobs.protocol import OutOfSpace
from studiolo.server.body import ClientGone, Receive, StreamBody, inflate, read_all
from studiolo.services.identity import Identity
from studiolo.services.request import Answer, Call, Caller, Service
from studiolo.store.protocol import StoreFull
from studiolo.wire import cbor, checksums, encode, eventstream, fault, model, parse, route, sigv4, validate
from studiolo.wire.chunked import ChunkedDecoder, ChunkSigner
from studiolo.wire.http import Request, Response
from studiolo.wire.naming import Names
from studiolo.wire.sigv4 import Signature, SignatureError

log = logging.getLogger(__name__)

MAX_DOCUMENT = 16 * 2**20
MAX_INVOCATION = 25 * 2**20
MAX_QUERY_FORM = 1 * 2**20
BEARER = ("/endpoints/", "/v2")
"""Below these a bearer token is taken: models are asked by curl and by tools that can't sign."""
RPC = ("json", "rpc-v2-cbor")
"""Forms that name the operation before the body."""


@dataclass(slots=True)
class Exchange:
    request: Request
    receive: Receive
    request_id: str
    service: str = ""
    form: str = "rest-xml"
    operation: str = ""
    caller: Caller | None = None
    signature: Signature | None = None
    secret: str = ""
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of a query request's form."""
    uri: Mapping[str, str] = field(default_factory=dict[str, str])


class AwsWire:
    def __init__(self, services: Sequence[Service], identity: Identity, clock: Clock) -> None:
        self._services = {service.name: service for service in services}
        self._identity = identity
        self._clock = clock
        self._names = Names(self._services)

    def operations(self) -> dict[str, list[str]]:
        """What each service does; the browser's pages offer nothing that would be refused."""
        return {name: sorted(service.operations()) for name, service in self._services.items()}

    # 1. Name the service.

    async def name_service(self, exchange: Exchange, given: str | None) -> None:
        request, scope = exchange.request, exchange.signature.service if exchange.signature else None
        named = self._names.of(request, scope, given)
        exchange.form, exchange.operation = named.form, named.operation
        if named.service is None:
            asked = request.headers.get("x-amz-target") or request.raw_path
            raise ApiError(f"{asked} is no operation of this studio.", code="UnknownOperationException", status=404)
        if named.service not in self._services:
            raise Unsupported(f"The service {named.service!r} is not part of this version of studiolo.")
        exchange.service = named.service

    # 2. Authenticate.

    def read_signature(self, exchange: Exchange) -> None:
        exchange.signature = sigv4.read(exchange.request)

    def look_up(self, exchange: Exchange) -> None:
        """The caller the signature claims; verified by `check_signature` once the body is at hand."""
        signature = exchange.signature
        if signature is None:
            self._bearer(exchange)
            return
        credential = self._identity.access_key(signature.key_id)
        if credential is None:
            raise SignatureError("unknown").named(exchange.form)
        if credential.token is not None and credential.token != signature.token:
            raise SignatureError("unknown").named(exchange.form)
        exchange.caller, exchange.secret = credential.caller, credential.secret
        if credential.expires is not None and credential.expires < self._clock():
            raise SignatureError("token").named(exchange.form)

    def _bearer(self, exchange: Exchange) -> None:
        """`Authorization: Bearer <access key id>:<secret>`, for invocations by curl."""
        authorization = exchange.request.headers.get("authorization", "")
        if not authorization.startswith("Bearer ") or not exchange.request.raw_path.startswith(BEARER):
            raise SignatureError("missing").named(exchange.form)
        key_id, _, secret = authorization[len("Bearer ") :].partition(":")
        credential = self._identity.access_key(key_id)
        if credential is None or not hmac.compare_digest(credential.secret.encode(), secret.encode()):
            raise SignatureError("unknown").named(exchange.form)
        exchange.caller = credential.caller

    def check_signature(self, exchange: Exchange, payload_hash: str) -> None:
        if exchange.signature is not None:
            try:
                sigv4.verify(exchange.signature, exchange.request, exchange.secret, payload_hash, self._clock())
            except SignatureError as error:
                raise error.named(exchange.form) from None

    # 3. Name the operation.

    def name_operation(self, exchange: Exchange) -> None:
        if exchange.form in RPC:
            return
        if exchange.form == "query":
            exchange.fields = parse.form_fields(exchange.request.body)
            exchange.operation = exchange.fields.get("Action") or exchange.request.first("Action") or ""
            return
        found = route.find(exchange.service, exchange.request)
        if found is None:
            known = any(
                route.find(exchange.service, Request(method, exchange.request.raw_path, "", {}))
                for method in ("GET", "PUT", "POST", "DELETE")
            )
            if known or exchange.service == "s3":
                raise ApiError(
                    "The specified method is not allowed against this resource.", code="MethodNotAllowed", status=405
                )
            raise ApiError("There is nothing at this path.", code="UnknownOperationException", status=404)
        exchange.operation, exchange.uri = found

    # 4. The body, as the operation wants it.

    async def take_body(self, exchange: Exchange) -> Any:
        """A StreamBody for a streaming member, else None with request.body filled in; checks the signature."""
        request = exchange.request
        claimed = request.headers.get("x-amz-content-sha256")
        if exchange.form == "rest-xml":
            self.name_operation(exchange)
            shape = self._operation(exchange).input_shape
            member = model.payload(shape)
            presigned = exchange.signature is not None and exchange.signature.form != "header"
            signed_hash = claimed or request.first("X-Amz-Content-Sha256") or sigv4.UNSIGNED
            self.check_signature(exchange, signed_hash)
            if member and model.is_stream(model.members(shape)[member]):
                return self._stream(exchange, signed_hash, presigned)
            body = self._stream(exchange, signed_hash, presigned, MAX_DOCUMENT)
            request.body = await body.read()
            return None
        limit = MAX_INVOCATION if exchange.service == "sagemaker-runtime" else MAX_DOCUMENT
        if exchange.form == "query":
            limit = MAX_QUERY_FORM
        await self._take_whole(exchange, limit)
        if exchange.form in RPC and request.headers.get("content-encoding", "") == "gzip":
            request.body = inflate(request.body, limit)
        self.name_operation(exchange)
        return None

    async def _take_whole(self, exchange: Exchange, limit: int) -> None:
        """Reads the body and checks the signature."""
        request = exchange.request
        claimed = request.headers.get("x-amz-content-sha256")
        request.body = await read_all(exchange.receive, request.headers.get("content-length"), limit)
        if exchange.signature is not None:
            presigned = exchange.signature.form != "header"
            digest = hashlib.sha256(request.body).hexdigest() if not presigned else sigv4.EMPTY_SHA256
            if claimed and claimed not in (digest, sigv4.UNSIGNED):
                raise SignatureError("mismatch").named(exchange.form)
            self.check_signature(exchange, claimed or digest)

    async def identify(self, request: Request, receive: Receive, request_id: str, limit: int) -> Caller:
        """Who asks a model in another protocol than AWS's (open_inference.py); the body is read then. Raises ApiError."""
        exchange = Exchange(request, receive, request_id, service="sagemaker-runtime", form="rest-json")
        await self._known(exchange, limit)
        return self.authorise(exchange)

    async def signed(self, request: Request, receive: Receive, request_id: str, limit: int) -> Caller:
        """Who signed a request that is no operation of a service (tracking.py); the body is read then. Raises ApiError."""
        exchange = Exchange(request, receive, request_id, form="rest-json")
        await self._known(exchange, limit)
        if exchange.caller is None:
            raise SignatureError("missing").named(exchange.form)
        return exchange.caller

    async def _known(self, exchange: Exchange, limit: int) -> None:
        self.read_signature(exchange)
        self.look_up(exchange)
        await self._take_whole(exchange, limit)

    def _stream(self, exchange: Exchange, signed_hash: str, presigned: bool, limit: int | None = None) -> StreamBody:
        headers = exchange.request.headers
        declared = headers.get("x-amz-decoded-content-length") or headers.get("content-length")
        if declared is not None and not declared.isdecimal():
            raise ApiError("Content-Length must be a number.", code="InvalidArgument", status=400)
        chunked = signed_hash.startswith("STREAMING-") or "aws-chunked" in headers.get("content-encoding", "")
        decoder = None
        if chunked:
            signed = signed_hash.startswith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
            signer = ChunkSigner(exchange.signature, exchange.secret) if signed and exchange.signature else None
            decoder = ChunkedDecoder(signer)
            declared = headers.get("x-amz-decoded-content-length")
        trailer = headers.get("x-amz-trailer", "").strip().lower().removeprefix("x-amz-checksum-") or None
        if trailer is not None and trailer not in checksums.ALGORITHMS:
            raise ApiError(
                f"The checksum {trailer} is not supported; use {', '.join(checksums.ALGORITHMS)}.",
                code="InvalidRequest",
                status=400,
            )
        plain = len(signed_hash) == 64 and not presigned
        return StreamBody(
            exchange.receive,
            int(declared) if declared else None,
            sha256=signed_hash if plain else None,
            decoder=decoder,
            trailer_algorithm=trailer,
            limit=limit,
        )

    # 5.-7. Parse and validate, authorise, dispatch, encode.

    def _operation(self, exchange: Exchange) -> Any:
        found = model.operation(exchange.service, exchange.operation)
        if found is None:
            code = "InvalidAction" if exchange.form == "query" else "UnknownOperationException"
            raise ApiError(
                f"{exchange.operation or 'Nothing'} is no operation of {exchange.service}.", code=code, status=400
            )
        return found

    def parse(self, exchange: Exchange, stream: Any) -> dict[str, Any]:
        operation = self._operation(exchange)
        if exchange.form == "json":
            params = parse.json_body(operation, exchange.request)
        elif exchange.form == "rpc-v2-cbor":
            params = cbor.read(operation, exchange.request)
        elif exchange.form == "query":
            params = parse.query(operation, exchange.fields)
        else:
            params = parse.rest(operation, exchange.request, exchange.uri, exchange.form.removeprefix("rest-"))
            if stream is not None:
                params[model.payload(operation.input_shape) or "Body"] = stream
        return params

    def validate(self, exchange: Exchange, params: Mapping[str, Any]) -> None:
        code = {
            "s3": "InvalidArgument",
            "sagemaker-runtime": "ValidationError",
            "logs": "InvalidParameterException",
            "cloudwatch": "ValidationError",
        }
        default = "ValidationError" if exchange.form == "query" else "ValidationException"
        if exchange.service == "sagemaker-runtime":
            # The model still says 6 MiB; AWS takes what `MAX_INVOCATION` says, and so does the body's reader.
            params = {**params, "Body": b""}
        validate.check(self._operation(exchange).input_shape, params, code.get(exchange.service, default))

    def authorise(self, exchange: Exchange) -> Caller:
        caller, service = exchange.caller, self._services[exchange.service]
        if caller is None:
            raise SignatureError("missing").named(exchange.form)
        if not caller.may_write and not service.reads(exchange.operation):
            raise _denied(exchange, f"User {caller.user} is a viewer of this project and may not {exchange.operation}.")
        if not caller.project and exchange.service != "studio":
            raise _denied(exchange, f"User {caller.user} is no member of this project.")
        return caller

    async def dispatch(self, exchange: Exchange, caller: Caller, params: Mapping[str, Any]) -> Response:
        service = self._services[exchange.service]
        handler = service.handler(exchange.operation)
        if handler is None:
            refused = Unsupported.operation(exchange.operation)
            if exchange.form == "rest-xml":
                refused.code, refused.status = "NotImplemented", 501
            raise refused
        call = Call(caller, exchange.service, exchange.operation, params, exchange.request_id, exchange.request.headers)
        return self.encode(exchange, await handler(call))

    def encode(self, exchange: Exchange, result: Mapping[str, Any] | Answer | None) -> Response:
        answer = result if isinstance(result, Answer) else Answer(result or {})
        operation = self._operation(exchange)
        streamed = model.event_stream(operation.output_shape)
        if exchange.form == "json" and streamed is not None:
            shape = model.members(operation.output_shape)[streamed]
            rest = {name: value for name, value in answer.document.items() if name != streamed}
            first = eventstream.initial(encode.to_json(operation.output_shape, rest))
            body = eventstream.encode(shape, answer.document[streamed], first)
            response = Response(200, {"content-type": "application/vnd.amazon.eventstream"}, body)
        elif exchange.form == "json":
            version = model.service(exchange.service).metadata.get("jsonVersion", "1.1")
            response = encode.json_answer(operation, answer.document, version)
        elif exchange.form == "rpc-v2-cbor":
            response = cbor.answer(operation, answer.document)
        elif exchange.form == "query":
            namespace = model.service(exchange.service).metadata.get("xmlNamespace", "")
            response = encode.query_answer(operation, answer.document, namespace, exchange.request_id)
        else:
            response = encode.rest_answer(operation, answer.document, exchange.form.removeprefix("rest-"))
            member = model.payload(operation.output_shape)
            if member and model.is_event_stream(model.members(operation.output_shape)[member]):
                stream: Any = response.body
                response.body = eventstream.encode(model.members(operation.output_shape)[member], stream)
        if answer.status is not None:
            response.status = answer.status
        response.headers |= answer.headers
        response.headers["x-amzn-requestid"] = exchange.request_id
        if exchange.service == "s3":
            response.headers["x-amz-request-id"] = exchange.request_id
        return response

    # The chain.

    async def __call__(
        self,
        request: Request,
        receive: Receive,
        request_id: str,
        caller: Caller | None = None,
        service: str | None = None,
    ) -> Response:
        """caller and service are given for the browser's API, which is authenticated by its session."""
        exchange = Exchange(request, receive, request_id)
        try:
            if caller is None:
                self.read_signature(exchange)
            await self.name_service(exchange, service or _service_of_path(request))
            if caller is None:
                self.look_up(exchange)
            exchange.caller = caller or exchange.caller
            stream = await self.take_body(exchange)
            params = self.parse(exchange, stream)
            authorised = self.authorise(exchange)
            self.validate(exchange, params)
            return await self.dispatch(exchange, authorised, params)
        except ApiError as refused:
            error = refused
            if exchange.form == "rest-xml" and error.code == "ValidationException":
                error.code = "InvalidRequest"
        except (StoreFull, OutOfSpace):
            error = ApiError(
                "The studio's disk is full: free some space and try again.", code="ResourceLimitExceeded", status=400
            )
            if exchange.form == "rest-xml":
                error.code, error.status = "InsufficientStorage", 507
        except ClientGone:
            error = ApiError("The client closed the connection.", code="RequestTimeout", status=400)
        except Exception:
            log.exception("request %s: %s %s failed", request_id, exchange.service, exchange.operation)
            error = ApiError(f"The studio failed to answer; its log tells more under request {request_id}.")
            if exchange.form == "rest-xml":
                error.code = "InternalError"
        head, service = request.method == "HEAD", exchange.service
        shape = model.error_name(service, error.code) if service and model.was_query(service) else None
        where = unquote(request.raw_path)
        return fault.answer(error, exchange.form, request_id, head=head, resource=where, shape=shape)


def _service_of_path(request: Request) -> str | None:
    """For curl with a bearer token: invocations carry no credential scope."""
    bearer = request.headers.get("authorization", "").startswith("Bearer ")
    return "sagemaker-runtime" if bearer and request.raw_path.startswith("/endpoints/") else None


def _denied(exchange: Exchange, message: str) -> AccessDenied:
    error = AccessDenied(message)
    if exchange.form not in RPC:
        error.status = 403
    if exchange.form in ("rest-xml", "query"):
        error.code = "AccessDenied"
    return error
