"""S3's aws-chunked framing: the body comes as `<hex size>[;chunk-signature=…]CRLF <data> CRLF … 0 CRLF trailers CRLF`.

boto3 sends it unsigned with a checksum trailer over https; other clients sign each chunk. Pure: bytes in, bytes out.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping

from studiolo.base.errors import ApiError
from studiolo.wire.sigv4 import EMPTY_SHA256, Signature, SignatureError, signing_key

MAX_LINE = 16 * 1024


def _incomplete(message: str) -> ApiError:
    return ApiError(message, code="IncompleteBody", status=400)


class ChunkSigner:
    """Checks the chain of chunk signatures that begins with the request's own."""

    def __init__(self, signature: Signature, secret: str) -> None:
        self._previous = signature.signature
        self._signature = signature
        self._key = signing_key(secret, signature.day, signature.region, signature.service)

    def _expected(self, algorithm: str, *hashes: str) -> str:
        text = "\n".join((algorithm, self._signature.time, self._signature.scope, self._previous, *hashes))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def check(self, claimed: str, digest: str) -> None:
        self._compare(claimed, self._expected("AWS4-HMAC-SHA256-PAYLOAD", EMPTY_SHA256, digest))

    def check_trailer(self, claimed: str, trailers: bytes) -> None:
        self._compare(claimed, self._expected("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(trailers).hexdigest()))

    def _compare(self, claimed: str, expected: str) -> None:
        if not hmac.compare_digest(claimed.encode(), expected.encode()):
            raise SignatureError("mismatch").named("rest-xml")
        self._previous = expected


class ChunkedDecoder:
    """Feed what arrives, take the payload out; `trailers` and `done` are set at the end."""

    def __init__(self, signer: ChunkSigner | None = None) -> None:
        self._signer = signer
        self._buffer = bytearray()
        self._left = 0
        self._hash = hashlib.sha256()
        self._claimed = ""
        self._state: Callable[[], bytes | None] = self._size_line
        self._raw_trailers = b""
        self.trailers: dict[str, str] = {}
        self.done = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._buffer += data
        while not self.done:
            piece = self._state()
            if piece is None:
                return
            if piece:
                yield piece

    def finish(self) -> Mapping[str, str]:
        if not self.done:
            raise _incomplete("The body ended before its last chunk.")
        return self.trailers

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > MAX_LINE:
                raise _incomplete("A chunk's size line is too long.")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _size_line(self) -> bytes | None:
        line = self._line()
        if line is None:
            return None
        size, _, extension = line.partition(b";")
        try:
            self._left = int(size, 16)
        except ValueError as error:
            raise _incomplete("A chunk's size is not a hexadecimal number.") from error
        self._claimed = extension.decode("latin-1").removeprefix("chunk-signature=")
        self._hash = hashlib.sha256()
        if self._left == 0:
            self._check_chunk()
            self._state = self._trailer_line
        else:
            self._state = self._data
        return b""

    def _check_chunk(self) -> None:
        if self._signer:
            self._signer.check(self._claimed, self._hash.hexdigest())

    def _data(self) -> bytes | None:
        if self._left == 0:
            if len(self._buffer) < 2:
                return None
            if not self._buffer.startswith(b"\r\n"):
                raise _incomplete("A chunk is longer than its size says.")
            del self._buffer[:2]
            self._check_chunk()
            self._state = self._size_line
            return b""
        if not self._buffer:
            return None
        piece = bytes(self._buffer[: self._left])
        del self._buffer[: len(piece)]
        self._left -= len(piece)
        if self._signer:
            self._hash.update(piece)
        return piece

    def _trailer_line(self) -> bytes | None:
        line = self._line()
        if line is None:
            return None
        if not line:
            self.done = True
            return b""
        name, _, value = line.decode("latin-1").partition(":")
        name = name.strip().lower()
        if name == "x-amz-trailer-signature":
            if self._signer:
                self._signer.check_trailer(value.strip(), self._raw_trailers)
        else:
            self.trailers[name] = value.strip()
            self._raw_trailers += line + b"\n"
        return b""
