"""AWS's event stream framing (application/vnd.amazon.eventstream), for answers that come in pieces.

A message is: total length, headers' length, CRC of these two, headers, payload, CRC of everything before.
"""

import struct
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from botocore.model import Shape

from studiolo.wire.encode import to_json
from studiolo.wire.model import members


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    head = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value.encode())) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack("!I", zlib.crc32(message))


def event(stream: Shape, name: str, value: Mapping[str, Any]) -> bytes:
    """One event of an event-stream shape, e.g. ("PayloadPart", {"Bytes": b"…"})."""
    shape = members(stream)[name]
    if shape.metadata.get("exception"):
        headers = {":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}
        return frame(headers, orjson.dumps(to_json(shape, value)))
    headers = {":message-type": "event", ":event-type": name}
    blob = next((key for key, held in members(shape).items() if held.serialization.get("eventpayload")), None)
    if blob:
        return frame({**headers, ":content-type": "application/octet-stream"}, value.get(blob, b""))
    return frame({**headers, ":content-type": "application/json"}, orjson.dumps(to_json(shape, value)))


def initial(members_of_output: Mapping[str, Any]) -> bytes:
    """The first event of a JSON service's stream: what of the answer is no event."""
    headers = {":message-type": "event", ":event-type": "initial-response", ":content-type": "application/json"}
    return frame(headers, orjson.dumps(members_of_output))


async def encode(
    stream: Shape, events: AsyncIterator[Mapping[str, Mapping[str, Any]]], first: bytes = b""
) -> AsyncIterator[bytes]:
    """events yield {"EventName": {...}}; first is sent before them."""
    if first:
        yield first
    async for item in events:
        for name, value in item.items():
            yield event(stream, name, value)
