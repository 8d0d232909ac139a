"""Answers into bytes: one function a protocol, driven by the operation's output shape."""

import base64
import functools
from collections.abc import Mapping
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import orjson
from botocore.model import OperationModel, Shape

from studiolo.wire.http import Response
from studiolo.wire.model import (
    element,
    is_event_stream,
    key_and_value,
    location,
    members,
    payload,
    wire_name,
)
from studiolo.wire.values import iso8601, write_text

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def to_json(shape: Shape, value: Any) -> Any:
    """Drops None and members the shape does not have; writes blobs and timestamps as JSON wants them."""
    kind = shape.type_name
    if kind == "structure":
        if shape.metadata.get("document"):
            return value
        known = members(shape)
        return {
            name: to_json(known[name], inner) for name, inner in value.items() if inner is not None and name in known
        }
    if kind == "list":
        held = element(shape)
        return [to_json(held, inner) for inner in value]
    if kind == "map":
        held = key_and_value(shape)[1]
        return {str(name): to_json(held, inner) for name, inner in value.items() if inner is not None}
    if kind == "blob":
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value
    if kind == "timestamp" and shape.serialization.get("timestampFormat") == "iso8601":
        return iso8601(value)
    return value


def json_answer(operation: OperationModel, document: Mapping[str, Any], version: str) -> Response:
    """An operation without output shape answers 200 with an empty body."""
    shape = operation.output_shape
    body = b"" if shape is None else orjson.dumps(to_json(shape, document))
    return Response(200, {"content-type": f"application/x-amz-json-{version}"}, body)


def _header_text(shape: Shape, value: Any) -> str:
    if shape.type_name == "list":
        return ",".join(write_text(element(shape), item, "rfc822") for item in value)
    return write_text(shape, value, "rfc822")


def rest_answer(operation: OperationModel, document: Mapping[str, Any], form: str) -> Response:
    """form: "json" or "xml". A streaming body (bytes or an async iterator) is handed on as it is."""
    shape = operation.output_shape
    response = Response(int(operation.http.get("responseCode", 200)), {})
    if shape is None:
        return response
    in_body: dict[str, Any] = {}
    for name, held in members(shape).items():
        value = document.get(name)
        if value is None:
            continue
        place = location(held)
        if place == "header":
            response.headers[wire_name(held, name).lower()] = _header_text(held, value)
        elif place == "headers":
            response.headers |= {f"{wire_name(held, name)}{key}".lower(): str(text) for key, text in value.items()}
        elif place == "statusCode":
            response.status = int(value)
        else:
            in_body[name] = value
    whole = payload(shape)
    if whole is None:
        if any(location(held) is None for held in members(shape).values()):
            response.body = _json(shape, in_body) if form == "json" else _xml_document(operation, shape, in_body)
            response.headers["content-type"] = "application/json" if form == "json" else "application/xml"
    elif whole in in_body:
        held, value = members(shape)[whole], in_body[whole]
        if is_event_stream(held):
            response.headers["content-type"] = "application/vnd.amazon.eventstream"
            response.body = value
        elif held.type_name in ("blob", "string"):
            response.body = value.encode() if isinstance(value, str) else value
        elif form == "json":
            response.headers["content-type"] = "application/json"
            response.body = _json(held, value)
        else:
            response.headers["content-type"] = "application/xml"
            name = wire_name(held, whole)
            response.body = (XML + _element(name, held, value, _namespace(held) or S3_NAMESPACE)).encode()
    return response


def _json(shape: Shape, value: Any) -> bytes:
    return orjson.dumps(to_json(shape, value))


S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def _namespace(shape: Shape) -> str | None:
    return shape.serialization.get("xmlNamespace", {}).get("uri")


def _xml_document(operation: OperationModel, shape: Shape, value: Mapping[str, Any]) -> bytes:
    # botocore's S3 model has lost the roots' names; its parser takes any, other clients want S3's own.
    if operation.name == "GetBucketLocation":
        text = escape(str(value.get("LocationConstraint") or ""))
        return f'{XML}<LocationConstraint xmlns="{S3_NAMESPACE}">{text}</LocationConstraint>'.encode()
    name = _ROOTS.get(operation.name) or shape.serialization.get("resultWrapper") or shape.name
    body = {key: inner for key, inner in value.items() if location(members(shape)[key]) is None}
    return (XML + _element(str(name), shape, body, S3_NAMESPACE)).encode()


_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "ListParts": "ListPartsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "GetObjectTagging": "Tagging",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
}


def _clean(text: str) -> str:
    """XML 1.0 can't hold most control characters; AWS escapes them so, and clients ask for encoding-type=url instead."""
    if text.isprintable():
        return escape(text)
    return "".join(
        character if character in "\t\n" or character >= " " else f"&#x{ord(character):X};"
        for character in escape(text)
    )


class _Member(NamedTuple):
    """How one member of a structure is written; worked out once, since listings write it thousands of times."""

    key: str
    label: str
    shape: Shape
    form: str
    """"attribute", "list" or "map" (flattened), "scalar", or "nested"."""
    each: str
    """The element's name in a flattened list."""
    of: Shape
    """The shape of what a flattened list holds."""


@functools.cache
def _plan(shape: Shape) -> tuple[_Member, ...]:
    return tuple(_member(key, held) for key, held in members(shape).items())


def _member(key: str, held: Shape) -> _Member:
    label, flattened = wire_name(held, key), held.serialization.get("flattened")
    if held.serialization.get("xmlAttribute"):
        return _Member(key, label, held, "attribute", label, held)
    if held.type_name == "list" and flattened:
        each = label if "name" in held.serialization else wire_name(element(held), label)
        return _Member(key, label, held, "list", each, element(held))
    if held.type_name == "map" and flattened:
        return _Member(key, label, held, "map", label, held)
    return _Member(
        key, label, held, "nested" if held.type_name in ("structure", "list", "map") else "scalar", label, held
    )


def _element(name: str, shape: Shape, value: Any, namespace: str | None = None) -> str:
    kind = shape.type_name
    attributes = f" xmlns={quoteattr(namespace)}" if namespace else ""
    if kind == "structure":
        inner: list[str] = []
        for key, label, held, form, each, of in _plan(shape):
            item = value.get(key)
            if item is None:
                continue
            if form == "scalar":
                inner.append(f"<{label}>{_clean(write_text(held, item))}</{label}>")
            elif form == "list":
                inner += [_element(each, of, one) for one in item]
            elif form == "map":
                inner += [_entry(label, held, pair) for pair in item.items()]
            elif form == "attribute":
                attributes += f" {label}={quoteattr(str(item))}"
                if label.startswith("xsi:") and "xmlns:xsi" not in attributes:
                    attributes += ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            else:
                inner.append(_element(label, held, item))
        return f"<{name}{attributes}>{''.join(inner)}</{name}>"
    if kind == "list":
        each = wire_name(element(shape), "member")
        return f"<{name}{attributes}>{''.join(_element(each, element(shape), one) for one in value)}</{name}>"
    if kind == "map":
        return f"<{name}{attributes}>{''.join(_entry('entry', shape, pair) for pair in value.items())}</{name}>"
    return f"<{name}{attributes}>{_clean(write_text(shape, value))}</{name}>"


def _entry(name: str, shape: Shape, pair: tuple[str, Any]) -> str:
    key_shape, value_shape = key_and_value(shape)
    key = _element(wire_name(key_shape, "key"), key_shape, pair[0])
    return f"<{name}>{key}{_element(wire_name(value_shape, 'value'), value_shape, pair[1])}</{name}>"


def query_answer(operation: OperationModel, document: Mapping[str, Any], namespace: str, request_id: str) -> Response:
    shape = operation.output_shape
    result = ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        result = _element(wrapper, shape, document)
    text = (
        f'{XML}<{operation.name}Response xmlns="{namespace}">{result}'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation.name}Response>"
    )
    return Response(200, {"content-type": "text/xml"}, text.encode())
