"""Request bodies: read whole up to a limit, or streamed while their hash, length and checksums are checked."""

import hashlib
import hmac
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import nullcontext
from typing import Any

from studiolo.base.behind import Behind
from studiolo.base.errors import ApiError
from studiolo.wire import checksums
from studiolo.wire.chunked import ChunkedDecoder

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


BATCH = 1 << 20
"""Bytes from which hashing and writing are worth a thread."""


class ClientGone(Exception):
    """The client closed the connection before its body was complete."""


async def pieces(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


def too_large(limit: int) -> ApiError:
    return ApiError(
        f"The request body is larger than the {limit} bytes this operation takes.",
        code="RequestEntityTooLargeException",
        status=413,
    )


async def read_all(receive: Receive, declared: str | None, limit: int) -> bytes:
    if declared and declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    body, size = [], 0
    async for piece in pieces(receive):
        body.append(piece)
        size += len(piece)
        if size > limit:
            raise too_large(limit)
    return b"".join(body)


def inflate(body: bytes, limit: int) -> bytes:
    """A gzip body, as botocore sends large documents of CloudWatch."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise ApiError("The request body is not valid gzip.", code="SerializationException", status=400) from error
    if len(data) > limit:
        raise too_large(limit)
    if not unpacker.eof:
        raise ApiError("The request body is not valid gzip.", code="SerializationException", status=400)
    return data


def _update(sums: Sequence[Any], data: bytes) -> None:
    for one in sums:
        one.update(data)


class StreamBody:
    """services.request.Body over ASGI. sha256: what the signature claims of the payload, None where it claims nothing;
    checksum: (algorithm, base64) claimed in a header; trailers may bring one too."""

    def __init__(
        self,
        receive: Receive,
        length: int | None,
        *,
        sha256: str | None = None,
        decoder: ChunkedDecoder | None = None,
        trailer_algorithm: str | None = None,
        limit: int | None = None,
    ) -> None:
        self.length = length
        self._receive = receive
        self._sha256 = sha256
        self._decoder = decoder
        self._trailer = trailer_algorithm
        self._limit = limit
        self.trailers: dict[str, str] = {}

    async def read(self) -> bytes:
        return b"".join([piece async for piece in self])

    def _large(self) -> bool:
        return self.length is None or self.length >= BATCH

    async def _batches(self) -> AsyncIterator[bytes]:
        """The payload in pieces of at least BATCH bytes, the last one excepted."""
        held: list[bytes] = []
        size = 0
        async for raw in pieces(self._receive):
            for piece in self._decoder.feed(raw) if self._decoder else (raw,):
                held.append(piece)
                size += len(piece)
            if size >= BATCH:
                yield b"".join(held)
                held, size = [], 0
        if held:
            yield b"".join(held)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        digest = hashlib.sha256() if self._sha256 else None
        checksum = checksums.start(self._trailer) if self._trailer else None
        sums = [one for one in (digest, checksum) if one is not None]
        size = 0
        # Digests are taken beside what the taker does with the bytes, and beside receiving the next ones.
        async with Behind(lambda batch: _update(sums, batch)) if self._large() else nullcontext() as summing:
            async for batch in self._batches():
                size += len(batch)
                if self._limit is not None and size > self._limit:
                    raise too_large(self._limit)
                if sums and summing is not None:
                    await summing.put(batch)
                elif sums:
                    _update(sums, batch)
                yield batch
        if self._decoder:
            self.trailers = dict(self._decoder.finish())
        if self.length is not None and size != self.length:
            raise ApiError(
                "You did not provide the number of bytes specified by the Content-Length HTTP header",
                code="IncompleteBody",
                status=400,
            )
        if digest and self._sha256 and not hmac.compare_digest(digest.hexdigest(), self._sha256.lower()):
            raise ApiError(
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                code="XAmzContentSHA256Mismatch",
                status=400,
            )
        if checksum and self._trailer:
            claimed = self.trailers.get(f"x-amz-checksum-{self._trailer}")
            if claimed is not None and claimed != checksums.text(checksum):
                raise ApiError(
                    f"Value for x-amz-checksum-{self._trailer} trailing header is invalid.",
                    code="BadDigest",
                    status=400,
                )
