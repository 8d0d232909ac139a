"""Checksums that S3 clients send and ask for, over bytes that pass by.

awscrt (AWS's own, with the processor's instructions) brings CRC32C and CRC64NVME; it is loaded on first use, since few
clients ask for them and loading it takes longer than the rest of the server's start.
"""

import base64
import hashlib
import importlib
import zlib
from collections.abc import Callable
from typing import Any, Protocol


class Checksum(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


def _crt() -> Any:
    return importlib.import_module("awscrt.checksums")


class _Crc:
    def __init__(self, function: Callable[[bytes, int], int], width: int) -> None:
        self._function = function
        self._width = width
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._width, "big")


ALGORITHMS: dict[str, Callable[[], Checksum]] = {
    "crc32": lambda: _Crc(zlib.crc32, 4),
    "crc32c": lambda: _Crc(_crt().crc32c, 4),
    "crc64nvme": lambda: _Crc(_crt().crc64nvme, 8),
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
}
"""By the name in `x-amz-checksum-<name>`."""


def start(algorithm: str) -> Checksum:
    return ALGORITHMS[algorithm]()


def text(checksum: Checksum) -> str:
    return base64.b64encode(checksum.digest()).decode()
