"""The parts of each file put together in order, as they come in; whole results appear at once, under their final name.

Pure bookkeeping over a folder; called by main.py's supervisor only.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class _File:
    parts: int
    next: int = 0
    ready: set[int] = field(default_factory=set[int])


class Assembly:
    def __init__(self, parts: Path, output: Path) -> None:
        self._parts, self._output = parts, output
        self._files: dict[int, _File] = {}

    def expect(self, file: int, parts: int) -> None:
        self._files[file] = _File(parts)

    def part(self, file: int, index: int) -> Path:
        """Where a part is to be written."""
        return self._parts / f"{file}-{index}.part"

    def done(self, file: int, index: int) -> bool:
        """Notes a part; True where the file's result is whole now."""
        held = self._files.get(file)
        if held is None:
            return False
        held.ready.add(index)
        whole = self._parts / f"{file}.whole"
        if held.parts == 1:
            self.part(file, index).rename(whole)
            held.next = 1
        while held.next in held.ready and held.next < held.parts:
            _append(whole, self.part(file, held.next), first=held.next == 0)
            held.next += 1
        if held.next < held.parts:
            return False
        whole.rename(self._output / str(file))
        del self._files[file]
        return True

    def drop(self, file: int) -> None:
        """Of a file that failed nothing is kept."""
        self._files.pop(file, None)
        for path in self._parts.glob(f"{file}-*.part"):
            path.unlink(missing_ok=True)
        (self._parts / f"{file}.whole").unlink(missing_ok=True)
        (self._output / str(file)).unlink(missing_ok=True)


def _append(whole: Path, part: Path, first: bool) -> None:
    if first:
        part.rename(whole)
        return
    with part.open("rb", buffering=0) as source, whole.open("r+b", buffering=0) as target:
        target.seek(0, os.SEEK_END)
        left = os.fstat(source.fileno()).st_size
        try:
            while left:
                left -= os.sendfile(target.fileno(), source.fileno(), None, left)
        except OSError:
            # Not every file system can; what was sent so far is in place, and the source stands behind it.
            shutil.copyfileobj(source, target, 1 << 20)
    part.unlink()
