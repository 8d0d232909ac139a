"""Checksums that S3 clients send and ask for, over bytes that pass by."""

import base64
import hashlib
import zlib
from typing import Protocol

import google_crc32c


class Checksum(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


ALGORITHMS = {"crc32": _Crc32, "crc32c": google_crc32c.Checksum, "sha1": hashlib.sha1, "sha256": hashlib.sha256}
"""By the name in `x-amz-checksum-<name>`. crc64nvme has no small maintained implementation: refused by name."""


def start(algorithm: str) -> Checksum:
    return ALGORITHMS[algorithm]()


def text(checksum: Checksum) -> str:
    return base64.b64encode(checksum.digest()).decode()
