"""Requests into parameters: one function a protocol, driven by the operation's input shape.

Answers documents as services/request.py describes them: timestamps as epoch seconds, blobs as bytes. Members the model
does not know are kept (a client may be newer than we are). Raises ApiError with the protocol's own code.
"""

import base64
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import orjson
from botocore.model import OperationModel, Shape

from studiolo.base.errors import ApiError
from studiolo.wire.http import Request
from studiolo.wire.model import (
    element,
    is_stream,
    key_and_value,
    location,
    members,
    payload,
    wire_name,
)
from studiolo.wire.values import BadValue, read_blob, read_text, read_time

MAX_DEPTH = 60


def _unreadable(message: str, code: str = "SerializationException") -> ApiError:
    return ApiError(message, code=code, status=400)


def _json_document(body: bytes) -> Any:
    if not body.strip():
        return {}
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise _unreadable(f"The request body is not valid JSON: {error}.") from error


_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
    "blob": (str, bytes),
}
_JSON_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
}


def _from_json(shape: Shape, value: Any, path: str, depth: int = 0) -> Any:
    """Checks types on the way; drops nulls."""
    kind = shape.type_name
    if depth > MAX_DEPTH:
        raise _unreadable(f"'{path}' is nested too deeply.")
    if kind == "structure" and shape.metadata.get("document"):
        return value
    wanted = _JSON_TYPES[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise _unreadable(
            f"'{path or 'The request'}' must be of type {kind}, not {_JSON_NAMES.get(type(value), 'null')}."
        )
    value = cast(Any, value)
    if kind == "structure":
        known = members(shape)
        out: dict[str, Any] = {}
        for name, inner in value.items():
            if inner is None:
                continue
            held = known.get(name)
            out[name] = _from_json(held, inner, f"{path}.{name}" if path else name, depth + 1) if held else inner
        return out
    if kind == "list":
        held = element(shape)
        return [
            _from_json(held, inner, f"{path}.{n}", depth + 1) for n, inner in enumerate(value, 1) if inner is not None
        ]
    if kind == "map":
        held = key_and_value(shape)[1]
        return {
            name: _from_json(held, inner, f"{path}.{name}", depth + 1)
            for name, inner in value.items()
            if inner is not None
        }
    try:
        if kind == "timestamp":
            return read_time(value)
        if kind == "blob":
            return value if isinstance(value, bytes) else read_blob(value)
    except BadValue as error:
        raise _unreadable(f"'{path}' must be {error}.") from error
    return value


def from_document(shape: Shape, document: Any) -> dict[str, Any]:
    """Of a protocol whose documents are like JSON's, with blobs as bytes."""
    return _from_json(shape, document, "")


def json_body(operation: OperationModel, request: Request) -> dict[str, Any]:
    document = _json_document(request.body)
    if operation.input_shape is None:
        return {}
    return _from_json(operation.input_shape, document, "")


# REST: URI, query string, headers, and a body that is one member, a document, or nothing.


def _header(shape: Shape, text: str) -> Any:
    if shape.type_name == "list":
        return [read_text(element(shape), item.strip()) for item in text.split(",") if item.strip()]
    if shape.serialization.get("jsonvalue") or shape.metadata.get("jsonvalue"):
        return orjson.loads(base64.b64decode(text))
    return read_text(shape, text)


def _query(shape: Shape, values: list[str]) -> Any:
    if shape.type_name == "list":
        return [read_text(element(shape), value) for value in values]
    return read_text(shape, values[0])


def _outside_body(operation: OperationModel, request: Request, uri: Mapping[str, str], code: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, shape in members(operation.input_shape).items():
        place, key = location(shape), wire_name(shape, name)
        try:
            if place == "uri" and key in uri:
                out[name] = read_text(shape, uri[key])
            elif place == "querystring" and shape.type_name == "map":
                out[name] = {k: v[0] for k, v in request.query.items()}
            elif place == "querystring" and key in request.query:
                out[name] = _query(shape, list(request.query[key]))
            elif place == "header" and key.lower() in request.headers:
                out[name] = _header(shape, request.headers[key.lower()])
            elif place == "headers":
                prefix = key.lower()
                found = {k[len(prefix) :]: v for k, v in request.headers.items() if k.startswith(prefix)}
                if found:
                    out[name] = found
        except (BadValue, ValueError) as error:
            raise _unreadable(f"The value of {key} must be {error}.", code) from error
    return out


def rest(operation: OperationModel, request: Request, uri: Mapping[str, str], form: str) -> dict[str, Any]:
    """form: "json" or "xml". A streaming body is left to the caller, who adds it under its member's name."""
    shape = operation.input_shape
    if shape is None:
        return {}
    out = _outside_body(operation, request, uri, "ValidationError" if form == "json" else "InvalidArgument")
    whole = payload(shape)
    if whole is not None:
        held = members(shape)[whole]
        if is_stream(held) or (not request.body and held.type_name == "structure"):
            return out
        if held.type_name == "blob":
            out[whole] = request.body
        elif held.type_name == "string":
            out[whole] = request.body.decode("utf-8", "replace")
        else:
            out[whole] = _document(held, request.body, form)
        return out
    in_body = {name: held for name, held in members(shape).items() if location(held) is None}
    if in_body and request.body:
        document = _document(shape, request.body, form)
        out |= {name: value for name, value in document.items() if name in in_body}
    return out


def _document(shape: Shape, body: bytes, form: str) -> Any:
    if form == "json":
        return _from_json(shape, _json_document(body), "")
    return _from_xml(shape, _xml_root(body))


def _xml_root(body: bytes) -> ElementTree.Element:
    # Refuses document types, so that no entity can be declared and expanded.
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise _unreadable("The XML you provided declares a document type, which is not accepted.", "MalformedXML")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise _unreadable(
            "The XML you provided was not well-formed or did not validate against our published schema", "MalformedXML"
        ) from error
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return root


def _from_xml(shape: Shape, node: ElementTree.Element) -> Any:
    kind = shape.type_name
    if kind == "structure":
        out: dict[str, Any] = {}
        for name, held in members(shape).items():
            key = wire_name(held, name)
            if held.serialization.get("xmlAttribute"):
                value = next(
                    (v for k, v in node.attrib.items() if k.rpartition("}")[2] == key.rpartition(":")[2]), None
                )
                if value is not None:
                    out[name] = value
                continue
            if held.type_name == "list" and held.serialization.get("flattened"):
                key = wire_name(element(held), key) if "name" not in held.serialization else key
                items = node.findall(key)
                if items:
                    out[name] = [_from_xml(element(held), item) for item in items]
                continue
            child = node.find(key)
            if child is not None:
                out[name] = _from_xml(held, child)
        return out
    if kind == "list":
        return [_from_xml(element(shape), child) for child in node]
    if kind == "map":
        key_shape, value_shape = key_and_value(shape)
        pairs: dict[str, Any] = {}
        for entry in node:
            one, other = entry.find(wire_name(key_shape, "key")), entry.find(wire_name(value_shape, "value"))
            if one is not None and other is not None:
                pairs[one.text or ""] = _from_xml(value_shape, other)
        return pairs
    try:
        return read_text(shape, node.text or "")
    except BadValue as error:
        raise _unreadable(f"The value of {node.tag} must be {error}.", "MalformedXML") from error


# Query: a form of flattened names, "Tags.member.1.Key=…".


def form_fields(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def query(operation: OperationModel, fields: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in fields.items():
        node, parts = tree, name.split(".")
        if len(parts) > MAX_DEPTH:
            raise _unreadable(f"'{name[:60]}…' is nested too deeply.", "MalformedInput")
        for part in parts[:-1]:
            inner = node.setdefault(part, {})
            if not isinstance(inner, dict):
                raise _unreadable(f"'{name}' is given twice in conflicting forms.", "MalformedInput")
            node = inner
        node[parts[-1]] = value
    return _from_tree(operation.input_shape, tree) if operation.input_shape else {}


def _numbered(tree: Mapping[str, Any]) -> list[Any]:
    items = sorted((int(key), value) for key, value in tree.items() if key.isdecimal() and len(key) < 10)
    return [value for _, value in items]


def _from_tree(shape: Shape, tree: Any) -> Any:
    kind = shape.type_name
    if kind in ("structure", "list", "map"):
        if not isinstance(tree, dict):
            if kind == "list" and tree == "":
                return []
            raise _unreadable(f"A member of type {kind} was given a plain value.", "MalformedInput")
        if kind == "structure":
            return {
                name: _from_tree(held, tree[wire_name(held, name)])
                for name, held in members(shape).items()
                if wire_name(held, name) in tree
            }
        flat = shape.serialization.get("flattened")
        if kind == "list":
            inner = tree if flat else tree.get(wire_name(element(shape), "member"), tree.get("member", {}))
            return [_from_tree(element(shape), item) for item in _numbered(inner if isinstance(inner, dict) else {})]
        key_shape, value_shape = key_and_value(shape)
        entries = _numbered(tree if flat else tree.get("entry", {}))
        key_name, value_name = wire_name(key_shape, "key"), wire_name(value_shape, "value")
        return {entry[key_name]: _from_tree(value_shape, entry[value_name]) for entry in entries if value_name in entry}
    if not isinstance(tree, str):
        raise _unreadable(f"A member of type {kind} was given a structure.", "MalformedInput")
    try:
        return read_text(shape, tree)
    except BadValue as error:
        raise _unreadable(f"'{tree[:100]}' must be {error}.", "MalformedInput") from error
