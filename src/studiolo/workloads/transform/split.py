"""Files into records, and records into mini-batches, as SplitType, BatchStrategy and MaxPayloadInMB say.

Called by segments.py in a job's processes. A file of lines is cut into ranges of bytes that are worked on at once: a
range holds the lines that begin in it, so that wherever it is cut each line is read once.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

READ = 1 << 20
RECORDIO_MAGIC = 0xCED7230A


class BadRecord(Exception):
    """At `offset` the file is not what SplitType says, or a record is too large to be sent."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


def ranges(size: int, length: int) -> list[tuple[int, int]]:
    """A file's bytes in pieces of about `length`; one empty piece for an empty file."""
    return [(start, min(size, start + length)) for start in range(0, size, length)] or [(0, 0)]


def blocks(file: BinaryIO, start: int, end: int, length: int) -> Iterator[tuple[int, bytes]]:
    """(offset, whole lines) of the lines that begin at or after `start` and before `end`, about `length` bytes a time."""
    place = start
    if start > 0:
        # The line that runs across `start` is the range's before; one that begins just there is ours.
        file.seek(start - 1)
        place = start - 1 + len(file.readline())
    else:
        file.seek(0)
    while place < end:
        data = file.read(min(length, end - place))
        if not data:
            return
        if not data.endswith(b"\n"):
            data += file.readline()
        yield place, data
        place += len(data)


def lines_of(data: bytes) -> list[bytes]:
    """Without line ends; empty lines are no records."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    found = data.split(b"\n")
    if not found[-1]:
        found.pop()
    return found if b"" not in found else [line for line in found if line]


def plain(data: bytes) -> bytes:
    """The same lines as lines_of, still in one piece."""
    if b"\r" in data or b"\n\n" in data or data.startswith(b"\n"):
        return b"\n".join(lines_of(data))
    return data


def recordio(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(offset, record with its frame) of a RecordIO file; a record in several parts comes whole."""
    place, held, began = 0, b"", 0
    while head := file.read(8):
        if len(head) < 8 or struct.unpack_from("<I", head)[0] != RECORDIO_MAGIC:
            raise BadRecord(place, "here the file is no RecordIO")
        word = struct.unpack_from("<I", head, 4)[0]
        flag, length = word >> 29, word & ((1 << 29) - 1)
        padded = (length + 3) // 4 * 4
        data = file.read(padded)
        if len(data) < padded:
            raise BadRecord(place, "the last RecordIO record is cut off")
        began = place if not held else began
        held += head + data
        place += 8 + padded
        if flag in (0, 3):
            yield began, held
            held = b""
    if held:
        raise BadRecord(began, "the last RecordIO record is cut off")


def tfrecord(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(offset, record with its frame) of a TFRecord file."""
    place = 0
    while head := file.read(12):
        length = struct.unpack_from("<Q", head)[0] if len(head) == 12 else -1
        rest = file.read(length + 4) if 0 <= length < 1 << 40 else b""
        if length < 0 or len(rest) < length + 4:
            raise BadRecord(place, "here the file is no TFRecord, or it is cut off")
        yield place, head + rest
        place += 16 + length


FRAMED: dict[str, Callable[[BinaryIO], Iterator[tuple[int, bytes]]]] = {"RecordIO": recordio, "TFRecord": tfrecord}


def batches(sizes: Sequence[int], limit: int, single: bool) -> Iterator[tuple[int, int]]:
    """(first, after the last) of the mini-batches: as many records as fit `limit` bytes, 0 for no limit. The index of one
    that alone does not fit is that of a batch of its own: the caller refuses it."""
    if single:
        yield from ((at, at + 1) for at in range(len(sizes)))
        return
    if not limit or sum(sizes) + len(sizes) <= limit:
        if sizes:
            yield 0, len(sizes)
        return
    first, total = 0, 0
    for at, size in enumerate(sizes):
        if at > first and total + size > limit:
            yield first, at
            first, total = at, 0
        total += size + 1
    if first < len(sizes):
        yield first, len(sizes)
