"""The data files of disk.py: names of their own, moved into place by a link, removed when nobody uses or reads them.

What a crash leaves half-done is told apart at the next start by the names left in `tmp/` and by the index's counts.
"""

import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from studiolo.blobs.index import Index
from studiolo.blobs.protocol import Object, Part
from studiolo.blobs.sink import DiskSink


class Files:
    def __init__(self, root: Path, index: Index, *, durable: bool = False) -> None:
        self._data, self._tmp = root / "data", root / "tmp"
        for folder in (root, self._data, self._tmp):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._index = index
        self._durable = durable
        self._lock = threading.Lock()
        self._read: Counter[str] = Counter()
        """Files that readers need, by how many."""

    def path(self, file: str) -> Path:
        return self._data / file[:2] / file

    def sweep(self) -> None:
        """Finishes what a crash interrupted: files half-written, and files given up but still there."""
        for left in self._tmp.iterdir():
            if self._index.one("SELECT 1 FROM files WHERE file = ?", left.name) is None:
                self.path(left.name).unlink(missing_ok=True)
            left.unlink(missing_ok=True)
        self.remove([row[0] for row in self._index.all("SELECT file FROM files WHERE used <= 0")])

    def sink(self, algorithms: Iterable[str], publish: Callable[[DiskSink], Object | Part]) -> DiskSink:
        return DiskSink(self._tmp / uuid.uuid4().hex, algorithms, publish)

    def link(self, sink: DiskSink) -> str:
        """The sink's file in its final place, still named in tmp until the index knows it."""
        path = self.path(sink.path.name)
        try:
            path.hardlink_to(sink.path)
        except FileNotFoundError:
            path.parent.mkdir(exist_ok=True)
            path.hardlink_to(sink.path)
        if self._durable:
            # The bytes, their name, and the folder's own name; the index's transaction comes after.
            for one in (path, path.parent, self._data):
                _to_platter(one)
        return sink.path.name

    def unlink(self, file: str) -> None:
        self.path(file).unlink(missing_ok=True)

    def remove(self, files: Sequence[str]) -> None:
        """Of files that nobody uses any more, those that nobody reads; the others go with their last reader."""
        with self._lock:
            gone = [file for file in files if not self._read[file]]
            for file in gone:
                self.path(file).unlink(missing_ok=True)
        if gone:
            with self._index.write() as writer:
                writer.executemany("DELETE FROM files WHERE file = ? AND used <= 0", [(file,) for file in gone])

    def hold(self, files: Sequence[str]) -> bool:
        """Keeps them for a reader; False where one is gone already."""
        with self._lock:
            if not all(self.path(file).exists() for file in files):
                return False
            self._read.update(files)
            return True

    def let_go(self, files: Sequence[str]) -> None:
        with self._lock:
            self._read.subtract(files)
            free = [file for file in set(files) if not self._read[file]]
            for file in free:
                del self._read[file]
        unused: list[str] = []
        for file in free:
            row = self._index.one("SELECT used FROM files WHERE file = ?", file)
            if row is not None and row[0] <= 0:
                unused.append(file)
        self.remove(unused)


def _to_platter(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
