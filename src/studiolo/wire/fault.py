"""Errors into bytes, as each protocol and its clients expect them (a HEAD answer has no body: its status speaks)."""

from xml.sax.saxutils import escape

import orjson

from studiolo.base.errors import ApiError
from studiolo.wire import cbor
from studiolo.wire.encode import XML
from studiolo.wire.http import Response


def answer(
    error: ApiError, form: str, request_id: str, *, head: bool = False, resource: str = "", shape: str | None = None
) -> Response:
    """form: "json", "rpc-v2-cbor", "rest-json", "query" or "rest-xml". shape: the error's name in the model where the
    service once spoke query: clients then take `error.code` from a header, and this from the body."""
    headers = {"x-amzn-requestid": request_id, **error.headers}
    if shape is not None and form in ("json", "rpc-v2-cbor"):
        headers["x-amzn-query-error"] = f"{error.code};{'Sender' if error.status < 500 else 'Receiver'}"
    if form == "rpc-v2-cbor":
        return Response(error.status, headers | cbor.HEADERS, cbor.error(shape or error.code, error.message))
    if form in ("json", "rest-json"):
        code = shape or error.code
        headers["x-amzn-errortype"] = code
        headers["content-type"] = "application/x-amz-json-1.1" if form == "json" else "application/json"
        # The runtime models spell the member Message, the JSON services message: clients read both.
        body = orjson.dumps({"__type": code, "message": error.message, "Message": error.message, **error.members})
    elif form == "query":
        headers["content-type"] = "text/xml"
        kind = "Sender" if error.status < 500 else "Receiver"
        text = (
            f"{XML}<ErrorResponse><Error><Type>{kind}</Type><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        body = text.encode()
    else:
        headers |= {"content-type": "application/xml", "x-amz-request-id": request_id}
        extra = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in error.members.items())
        text = (
            f"{XML}<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>{extra}"
            f"<Resource>{escape(resource)}</Resource><RequestId>{request_id}</RequestId></Error>"
        )
        body = text.encode("utf-8", "replace")
    return Response(error.status, headers, b"" if head or error.status == 304 else body)
