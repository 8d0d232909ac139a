"""Checksums that S3 clients send and ask for, over bytes that pass by, and those of uploads in parts.

awscrt (AWS's own, with the processor's instructions) brings CRC32C, CRC64NVME (the AWS CLI's default) and the sums of
joined parts; it is loaded on first use, since loading it takes longer than the rest of the server's start.
"""

import base64
import hashlib
import importlib
import zlib
from collections.abc import Callable, Sequence
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
JOINABLE = frozenset({"crc32", "crc32c", "crc64nvme"})
"""Those of a whole that can be told from its parts' (S3's FULL_OBJECT)."""


def start(algorithm: str) -> Checksum:
    return ALGORITHMS[algorithm]()


def text(checksum: Checksum) -> str:
    return base64.b64encode(checksum.digest()).decode()


def joined(algorithm: str, parts: Sequence[tuple[str, int]]) -> str:
    """The checksum of parts laid end to end, out of each part's (base64, size)."""
    combine = getattr(_crt(), f"combine_{algorithm}")
    total, width = 0, 4
    for number, (value, size) in enumerate(parts):
        raw = base64.b64decode(value)
        width = len(raw)
        part = int.from_bytes(raw, "big")
        total = combine(total, part, size) if number else part
    return base64.b64encode(total.to_bytes(width, "big")).decode()


def of_parts(algorithm: str, values: Sequence[str]) -> str:
    """S3's COMPOSITE checksum: that of the parts' checksums, and how many there were."""
    checksum = start(algorithm)
    for value in values:
        checksum.update(base64.b64decode(value))
    return f"{text(checksum)}-{len(values)}"
