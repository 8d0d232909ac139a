"""The data files below an object store: named by chance, never by key, counted in the index, removed when nobody uses or
reads them any more. Used by disk.py and uploads.py only.

A write goes to `tmp/`, is linked into `data/`, becomes visible by one transaction of the index and only then loses its
name in `tmp/`: what a kill leaves in between is told apart at the next start. Nothing is forced to the platter (a put
would wait for it); a power cut may take back the last seconds.
"""

import bisect
import errno
import io
import itertools
import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from studiolo.blobs.index import Index
from studiolo.blobs.sink import DiskSink, Publish

Segments = list[tuple[str, int]]
"""(file, size) in order; more than one after a multipart upload, which is never copied together."""
COPY_CHUNK = 16 * 2**20
OPENED_AT_ONCE = 8
"""Objects of more segments open them one by one, since open files are few."""


class Files:
    def __init__(self, root: Path, index: Index) -> None:
        self._data, self._tmp, self._index = root / "data", root / "tmp", index
        for folder in (self._data, self._tmp):
            folder.mkdir(mode=0o700, exist_ok=True)
        self._pins: Counter[str] = Counter()
        self._pinning = threading.Lock()
        self._sweep()

    def path(self, file: str) -> Path:
        return self._data / file[:2] / file

    def _sweep(self) -> None:
        """Finishes what a crash interrupted: files half-written, and files given up but still there."""
        for left in self._tmp.iterdir():
            if self._index.one("SELECT 1 FROM files WHERE file = ?", left.name) is None:
                self.path(left.name).unlink(missing_ok=True)
            left.unlink(missing_ok=True)
        self.remove([row[0] for row in self._index.all("SELECT file FROM files WHERE used <= 0")])

    def sink(self, algorithms: Iterable[str], publish: Publish) -> DiskSink:
        return DiskSink(self._tmp / uuid.uuid4().hex, algorithms, publish)

    def link(self, sink: DiskSink) -> str:
        """Puts the sink's file in its final place; it keeps its name in tmp until `settle` or `forget`."""
        path = self.path(sink.path.name)
        try:
            path.hardlink_to(sink.path)
        except FileNotFoundError:
            path.parent.mkdir(exist_ok=True)
            path.hardlink_to(sink.path)
        return sink.path.name

    def settle(self, file: str) -> None:
        """The index knows the file."""
        (self._tmp / file).unlink(missing_ok=True)

    def forget(self, file: str) -> None:
        """The index does not know the file and never will."""
        self.path(file).unlink(missing_ok=True)
        (self._tmp / file).unlink(missing_ok=True)

    def remove(self, files: Sequence[str]) -> None:
        """Removes files whose last use is gone; those still being read go when their reader is closed."""
        with self._pinning:
            files = [file for file in files if not self._pins[file]]
        if not files:
            return
        for file in files:
            self.path(file).unlink(missing_ok=True)
        with self._index.write() as writer:
            writer.executemany("DELETE FROM files WHERE file = ? AND used <= 0", [(file,) for file in files])

    def open(self, segments: Segments, still_there: Callable[[], bool]) -> "SegmentReader | None":
        """None where the object was replaced meanwhile: look it up again."""
        if len(segments) <= OPENED_AT_ONCE:
            opened: list[BinaryIO] = []
            try:
                for file, _ in segments:
                    opened.append(self.path(file).open("rb", buffering=0))  # type: ignore[arg-type]
            except FileNotFoundError:
                for stream in opened:
                    stream.close()
                if still_there():
                    raise
                return None
            return SegmentReader([size for _, size in segments], opened.__getitem__, lambda: _close(opened))
        names = [file for file, _ in segments]
        with self._pinning:
            self._pins.update(names)
        if not still_there():
            self._unpin(names)
            return None
        one = _OneAtATime([self.path(file) for file in names])

        def done() -> None:
            one.close()
            self._unpin(names)

        return SegmentReader([size for _, size in segments], one, done)

    def _unpin(self, names: Sequence[str]) -> None:
        with self._pinning:
            self._pins.subtract(names)
            for name in names:
                if self._pins[name] <= 0:
                    del self._pins[name]
        given_up = [name for name in names if self._index.one("SELECT 1 FROM files WHERE file=? AND used<=0", name)]
        self.remove(given_up)


def _close(opened: Sequence[BinaryIO]) -> None:
    for stream in opened:
        stream.close()


class _OneAtATime:
    """Opens the file that is being read, and closes the one before."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._open: tuple[int, BinaryIO] | None = None

    def __call__(self, number: int) -> BinaryIO:
        if self._open is None or self._open[0] != number:
            self.close()
            self._open = number, self._paths[number].open("rb", buffering=0)  # type: ignore[assignment]
        assert self._open is not None
        return self._open[1]

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


class SegmentReader(io.RawIOBase):
    """A seekable stream over an object's files; replacing or deleting the object meanwhile changes nothing for it."""

    def __init__(self, sizes: Sequence[int], file: Callable[[int], BinaryIO], done: Callable[[], None]) -> None:
        self._file = file
        self._done = done
        self._ends = list(itertools.accumulate(sizes))
        self._starts = [0, *self._ends][: len(sizes)]
        self._size = self._ends[-1] if self._ends else 0
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = max(0, offset + (0, self._position, self._size)[whence])
        return self._position

    def tell(self) -> int:
        return self._position

    def _piece(self, most: int) -> bytes:
        """What the segment at the position gives; empty at the end."""
        number = bisect.bisect_right(self._ends, self._position)
        if number == len(self._ends):
            return b""
        wanted = min(most, self._ends[number] - self._position)
        data = os.pread(self._file(number).fileno(), wanted, self._position - self._starts[number])
        self._position += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self._piece(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Like a buffered stream's: short only at the end."""
        left = self._size - self._position if size < 0 else min(size, self._size - self._position)
        out: list[bytes] = []
        while left > 0 and (piece := self._piece(left)):
            out.append(piece)
            left -= len(piece)
        return out[0] if len(out) == 1 else b"".join(out)

    def copy_to(self, target: BinaryIO) -> None:
        """All of it, by the kernel alone where it can (shared extents on file systems that have them)."""
        for number, (start, end) in enumerate(zip(self._starts, self._ends, strict=True)):
            copy_range(self._file(number).fileno(), target.fileno(), 0, end - start)

    def close(self) -> None:
        if not self.closed:
            self._done()
        super().close()


_NO_KERNEL_COPY = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


def copy_range(source: int, target: int, offset: int, size: int) -> None:
    """Copies to the target's own position."""
    end = offset + size
    while offset < end:
        try:
            moved = os.copy_file_range(source, target, min(end - offset, 2**30), offset)
        except OSError as error:
            if error.errno not in _NO_KERNEL_COPY:
                raise
            moved = os.write(target, os.pread(source, min(end - offset, COPY_CHUNK), offset))
        if moved == 0:
            raise OSError(errno.EIO, "A stored file is shorter than it was.")
        offset += moved
