"""The rpc-v2-cbor protocol: CBOR (RFC 8949) as far as Smithy uses it, and requests and answers made of it.

CloudWatch's model prefers it; newer SDKs speak it, botocore still chooses JSON. Written here, since general libraries
also decode shared references, big numbers and regular expressions, none of which a request may hold.
"""

import struct
from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel, Shape

from studiolo.base.errors import ApiError
from studiolo.wire.http import Request, Response
from studiolo.wire.model import element, key_and_value, members
from studiolo.wire.parse import MAX_DEPTH, from_document

HEADERS = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}


class BadCbor(ValueError):
    """The message says what is wrong with the bytes."""


class _Break:
    """Ends an item of indefinite length."""


_BREAK = _Break()
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLE: Mapping[int, Any] = {20: False, 21: True, 22: None, 23: None}


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _take(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        if len(piece) < count:
            raise BadCbor("it ends too early")
        self._at += count
        return piece

    def _argument(self, info: int) -> int | None:
        """None for an indefinite length."""
        if info < 24:
            return info
        if info in (24, 25, 26, 27):
            return int.from_bytes(self._take(1 << (info - 24)), "big")
        if info == 31:
            return None
        raise BadCbor("it has a length that CBOR reserves")

    def whole(self) -> Any:
        value = self.item(0)
        if self._at != len(self._data):
            raise BadCbor("something follows its end")
        if value is _BREAK:
            raise BadCbor("it ends what was not begun")
        return value

    def item(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise BadCbor("it is nested too deeply")
        first = self._take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self._simple(info)
        length = self._argument(info)
        if major in (2, 3):
            data = self._chunks(major) if length is None else self._take(length)
            try:
                return data if major == 2 else data.decode()
            except UnicodeDecodeError as error:
                raise BadCbor("a text is not UTF-8") from error
        if major == 4:
            return self._list(length, depth)
        if major == 5:
            return self._map(length, depth)
        if length is None:
            raise BadCbor("a number has no value")
        if major == 6:
            return self._tagged(length, depth)
        return length if major == 0 else -1 - length

    def _simple(self, info: int) -> Any:
        if info in _FLOATS:
            return struct.unpack(_FLOATS[info], self._take(1 << (info - 24)))[0]
        if info == 31:
            return _BREAK
        if info not in _SIMPLE:
            raise BadCbor("it has a simple value without a meaning")
        return _SIMPLE[info]

    def _chunks(self, major: int) -> bytes:
        held: list[bytes] = []
        while (first := self._take(1)[0]) != 0xFF:
            length = self._argument(first & 31)
            if first >> 5 != major or length is None:
                raise BadCbor("a text in pieces has a piece of another type")
            held.append(self._take(length))
        return b"".join(held)

    def _inner(self, depth: int) -> Any:
        value = self.item(depth + 1)
        if value is _BREAK:
            raise BadCbor("it ends what was not begun")
        return value

    def _list(self, length: int | None, depth: int) -> list[Any]:
        if length is not None:
            if length > len(self._data):
                raise BadCbor("it ends too early")
            return [self._inner(depth) for _ in range(length)]
        held: list[Any] = []
        while (value := self.item(depth + 1)) is not _BREAK:
            held.append(value)
        return held

    def _map(self, length: int | None, depth: int) -> dict[str, Any]:
        held: dict[str, Any] = {}
        while length is None or length > 0:
            key = self.item(depth + 1)
            if key is _BREAK and length is None:
                break
            if not isinstance(key, str):
                raise BadCbor("a name is not a text")
            held[key] = self._inner(depth)
            length = None if length is None else length - 1
        return held

    def _tagged(self, tag: int, depth: int) -> Any:
        value = self._inner(depth)
        if tag != 1:
            raise BadCbor(f"it has the tag {tag}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadCbor("a timestamp is not a number")
        return value


def loads(data: bytes) -> Any:
    """Timestamps come as epoch seconds. Raises BadCbor."""
    return _Reader(data).whole()


def _head(major: int, value: int) -> bytes:
    if value < 24:
        return bytes([major << 5 | value])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << (8 * size):
            return bytes([major << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError(f"{value} does not fit in 64 bits")


def _text(value: str) -> bytes:
    data = value.encode()
    return _head(3, len(data)) + data


def _float(value: float) -> bytes:
    return b"\xfb" + struct.pack(">d", value)


def dumps(shape: Shape, value: Any) -> bytes:
    """By the shape; None and members that the shape does not have are left out."""
    kind = shape.type_name
    if kind == "structure":
        known = members(shape)
        held = [(name, known[name], value[name]) for name in known if value.get(name) is not None]
        return _head(5, len(held)) + b"".join(_text(name) + dumps(inner, one) for name, inner, one in held)
    if kind == "list":
        return _head(4, len(value)) + b"".join(dumps(element(shape), one) for one in value)
    if kind == "map":
        inner = key_and_value(shape)[1]
        return _head(5, len(value)) + b"".join(_text(str(name)) + dumps(inner, one) for name, one in value.items())
    if kind == "boolean":
        return b"\xf5" if value else b"\xf4"
    if kind in ("integer", "long"):
        return _head(0, int(value)) if value >= 0 else _head(1, -1 - int(value))
    if kind in ("float", "double"):
        return _float(float(value))
    if kind == "timestamp":
        return b"\xc1" + _float(float(value))
    if kind == "blob":
        return _head(2, len(value)) + value
    return _text(str(value))


def read(operation: OperationModel, request: Request) -> dict[str, Any]:
    try:
        document = loads(request.body) if request.body else {}
    except BadCbor as error:
        message = f"The request body is not valid CBOR: {error}."
        raise ApiError(message, code="SerializationException", status=400) from error
    return from_document(operation.input_shape, document) if operation.input_shape is not None else {}


def answer(operation: OperationModel, document: Mapping[str, Any]) -> Response:
    shape = operation.output_shape
    return Response(200, dict(HEADERS), b"\xa0" if shape is None else dumps(shape, document))


def error(code: str, message: str) -> bytes:
    pairs = {"__type": code, "message": message, "Message": message}
    return _head(5, len(pairs)) + b"".join(_text(name) + _text(value) for name, value in pairs.items())
