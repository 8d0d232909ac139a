"""Reading the log files that jobs leave: one line each, "<epoch ms>\\t<text>", in order of time.

A position is a byte offset, so a reader goes on where it stopped, however long the file and while it still grows. Bytes
that are no UTF-8 are shown as U+FFFD.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from studiolo.series.protocol import LogLine

BLOCK = 1 << 16


def _line(raw: bytes, offset: int) -> LogLine:
    stamp, _, text = raw.partition(b"\t")
    time = int(stamp) if stamp.isdigit() else 0
    return LogLine(time, text.decode("utf-8", "replace"), offset, offset + len(raw) + 1)


def forward(path: Path, offset: int = 0, limit: int = 10_000, max_bytes: int = 1 << 20) -> list[LogLine]:
    """Whole lines from a line's beginning onwards, at most so many and so many bytes (one line at least)."""
    found: list[LogLine] = []
    size = 0
    try:
        with path.open("rb") as file:
            file.seek(offset)
            for raw in file:
                if not raw.endswith(b"\n") or len(found) >= limit or (found and size + len(raw) > max_bytes):
                    break
                found.append(_line(raw[:-1], offset))
                offset += len(raw)
                size += len(raw)
    except FileNotFoundError:
        return []
    return found


def backward(path: Path, before: int, limit: int = 10_000, max_bytes: int = 1 << 20) -> list[LogLine]:
    """The lines that end before a position, in order of time."""
    try:
        with path.open("rb") as file:
            start = max(0, before - max_bytes)
            file.seek(start)
            data = file.read(before - start)
    except FileNotFoundError:
        return []
    if start > 0:
        cut = data.find(b"\n") + 1
        data, start = data[cut:], start + cut
    found: list[LogLine] = []
    for raw in data.split(b"\n")[:-1]:
        found.append(_line(raw, start))
        start += len(raw) + 1
    return found[-limit:]


def size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _line_at(fd: int, offset: int, end: int) -> tuple[int, LogLine] | None:
    """The first whole line that begins at or after an offset."""
    start = offset
    if offset > 0:
        while start < end:
            block = os.pread(fd, BLOCK, start - 1)
            cut = block.find(b"\n")
            if cut >= 0:
                start = start - 1 + cut + 1
                break
            start += len(block) or end
    data = b""
    while start + len(data) < end:
        block = os.pread(fd, BLOCK, start + len(data))
        if not block:
            return None
        data += block
        if b"\n" in block:
            return start, _line(data[: data.find(b"\n")], start)
    return None


def offset_of_time(path: Path, time: int) -> int:
    """Where the first line of this time (epoch ms) or later begins, by bisection; the file's end if there is none."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return 0
    try:
        end = os.fstat(fd).st_size
        low, high = 0, end
        while low < high:
            middle = (low + high) // 2
            found = _line_at(fd, middle, end)
            if found is None or found[1].time >= time:
                high = middle
            else:
                low = found[1].next
        found = _line_at(fd, low, end)
        return found[0] if found else end
    finally:
        os.close(fd)


def bounds(path: Path) -> tuple[int | None, int | None]:
    """Times of the first and the last line."""
    first = forward(path, 0, 1)
    last = backward(path, size(path), 1, 300_000)
    return (first[0].time if first else None), (last[-1].time if last else None)


def tail(path: Path, lines: int) -> Sequence[str]:
    return [line.text for line in backward(path, size(path), lines, 64 * 1024)]


def iterate(path: Path, offset: int = 0) -> Iterator[LogLine]:
    while batch := forward(path, offset):
        yield from batch
        offset = batch[-1].next
