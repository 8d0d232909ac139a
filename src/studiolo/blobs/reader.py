"""A stored object as a seekable stream over its data files, opened one at a time."""

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

CHUNK = 16 * 2**20


class SegmentReader(io.RawIOBase):
    """`release` is called once, at the end: until then the files stay, whatever becomes of the object."""

    def __init__(self, files: Sequence[tuple[Path, int]], release: Callable[[], None]) -> None:
        self._files = files
        self._release: Callable[[], None] | None = release
        self._position = 0
        self._size = sum(size for _, size in files)
        self._opened: tuple[Path, int] | None = None

    @property
    def files(self) -> Sequence[tuple[Path, int]]:
        return self._files

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = max(0, offset + (0, self._position, self._size)[whence])
        return self._position

    def tell(self) -> int:
        return self._position

    def _descriptor(self, path: Path) -> int:
        if self._opened is None or self._opened[0] != path:
            self._shut()
            self._opened = (path, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        return self._opened[1]

    def _shut(self) -> None:
        if self._opened is not None:
            os.close(self._opened[1])
            self._opened = None

    def readinto(self, buffer: Any) -> int:
        start = 0
        for path, size in self._files:
            if self._position < start + size:
                wanted = min(len(buffer), start + size - self._position)
                got = os.preadv(self._descriptor(path), [memoryview(buffer)[:wanted]], self._position - start)
                self._position += got
                return got
            start += size
        return 0

    def read(self, size: int = -1) -> bytes:
        """Like a buffered stream's: short only at the end."""
        left = self._size - self._position if size < 0 else min(size, self._size - self._position)
        out: list[bytes | bytearray] = []
        while left > 0:
            buffer = bytearray(min(left, CHUNK))
            got = self.readinto(buffer)
            if not got:
                break
            del buffer[got:]
            out.append(buffer)
            left -= got
        return b"".join(out)

    def close(self) -> None:
        self._shut()
        release, self._release = self._release, None
        if release is not None:
            release()
        super().close()
