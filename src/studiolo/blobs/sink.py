"""One write under way on disk: the bytes go to a file while their MD5 and checksums are computed beside it."""

import base64
import errno
import hashlib
import os
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from studiolo.blobs import protocol
from studiolo.blobs.protocol import Object, OutOfSpace, Part
from studiolo.wire import checksums

Publish = Callable[["DiskSink"], Object | Part]
BESIDE = 256 * 1024
"""From this size on, MD5 (the slowest part of a put) runs in a thread of its own while the bytes are written."""
_hashers = ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 2), thread_name_prefix="md5")


@contextmanager
def full_disk() -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutOfSpace("The disk is full.") from error
        raise


class DiskSink(protocol.Sink):
    """Not for two threads at once; its calls may come from different threads, one after another."""

    def __init__(self, path: Path, algorithms: Iterable[str], publish: Publish) -> None:
        self.path = path
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sums = {name: checksums.start(name) for name in algorithms}
        self._publish = publish
        self._hashing: Future[None] | None = None
        with full_disk():
            self._file: BinaryIO | None = path.open("xb", buffering=0)  # type: ignore[assignment]

    def write(self, data: bytes) -> None:
        if self._file is None:
            raise ValueError("The write is over.")
        self._note(data)
        view = memoryview(data)
        try:
            with full_disk():
                while view:
                    view = view[self._file.write(view) :]
        except BaseException:
            self.abort()
            raise

    def take(self, source: BinaryIO, copy: Callable[[int, int, int, int], None], chunk: int) -> None:
        """All of a file: copied by the kernel, and read only to be hashed."""
        if self._file is None:
            raise ValueError("The write is over.")
        try:
            with full_disk():
                while data := source.read(chunk):
                    offset = self.size
                    self._note(data)
                    copy(source.fileno(), self._file.fileno(), offset, len(data))
        except BaseException:
            self.abort()
            raise

    def _note(self, data: bytes) -> None:
        self._hashed()
        if len(data) >= BESIDE:
            self._hashing = _hashers.submit(self._md5.update, data)
        else:
            self._md5.update(data)
        for checksum in self._sums.values():
            checksum.update(data)
        self.size += len(data)

    def _hashed(self) -> None:
        if self._hashing is not None:
            self._hashing.result()
            self._hashing = None

    @property
    def etag(self) -> str:
        self._hashed()
        return self._md5.hexdigest()

    def digest(self, algorithm: str) -> str:
        if algorithm == "md5":
            return base64.b64encode(bytes.fromhex(self.etag)).decode()
        return checksums.text(self._sums[algorithm])

    @property
    def sums(self) -> dict[str, str]:
        return {name: checksums.text(checksum) for name, checksum in self._sums.items()}

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _finish(self) -> Object | Part:
        if self._file is None:
            raise ValueError("The write is over.")
        self._close()
        try:
            with full_disk():
                return self._publish(self)
        except BaseException:
            self.abort()
            raise

    def commit(self) -> Object:
        done = self._finish()
        assert isinstance(done, Object)
        return done

    def commit_part(self) -> Part:
        done = self._finish()
        assert isinstance(done, Part)
        return done

    def abort(self) -> None:
        self._close()
        self.path.unlink(missing_ok=True)
