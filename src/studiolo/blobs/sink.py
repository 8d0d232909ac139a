"""One write under way: bytes into a file below `tmp/`, their digests beside it."""

import base64
import errno
import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from studiolo.blobs import protocol
from studiolo.blobs.protocol import Object, OutOfSpace, Part
from studiolo.wire import checksums

LARGE = 1 << 20
_hashing = ThreadPoolExecutor(4, "hashing")
"""Large pieces are hashed while they are written: MD5 is slower than the disk."""


class DiskSink(protocol.Sink):
    def __init__(self, path: Path, algorithms: Iterable[str], publish: "Callable[[DiskSink], Object | Part]") -> None:
        self.path = path
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sums = {name: checksums.start(name) for name in algorithms}
        self._publish = publish
        self._file: BinaryIO | None = path.open("xb", buffering=0)

    def write(self, data: bytes) -> None:
        assert self._file is not None
        if len(data) < LARGE:
            self._store(data)
            self.note(data)
            return
        noting = _hashing.submit(self.note, data)
        try:
            self._store(data)
        finally:
            noting.result()

    def _store(self, data: bytes) -> None:
        assert self._file is not None
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) or 0 :]
        except OSError as error:
            self.abort()
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise OutOfSpace("The disk is full.") from error
            raise

    def note(self, data: bytes | memoryview) -> None:
        """Counts bytes that reached the file by another way."""
        self._md5.update(data)
        for checksum in self._sums.values():
            checksum.update(bytes(data) if isinstance(data, memoryview) else data)
        self.size += len(data)

    @property
    def etag(self) -> str:
        return self._md5.hexdigest()

    @property
    def md5(self) -> str:
        return base64.b64encode(self._md5.digest()).decode()

    def digest(self, algorithm: str) -> str:
        return self.md5 if algorithm == "md5" else checksums.text(self._sums[algorithm])

    @property
    def sums(self) -> dict[str, str]:
        return {name: checksums.text(checksum) for name, checksum in self._sums.items()}

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def commit(self) -> Object:
        self._close()
        try:
            done = self._publish(self)
        except BaseException:
            self.abort()
            raise
        assert isinstance(done, Object)
        return done

    def commit_part(self) -> Part:
        self._close()
        try:
            done = self._publish(self)
        except BaseException:
            self.abort()
            raise
        assert isinstance(done, Part)
        return done

    def abort(self) -> None:
        self._close()
        self.path.unlink(missing_ok=True)
