"""One piece of one file: its records through the model, mini-batch by mini-batch, into a part of the result.

Called by worker.py, in one process a core. What is read is held a mini-batch at a time; the kernel reads on and writes
out while the model works.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studiolo.workloads.serving.formats import media
from studiolo.workloads.transform import split, tables
from studiolo.workloads.transform.invoke import Model, Reply
from studiolo.workloads.transform.plan import Plan
from studiolo.workloads.transform.shapes import CSV, JSON, LINES, BadData, Csv, JsonLines, Plain, Shape
from studiolo.workloads.transform.tables import Rows, Table, Tables

BATCH = 2 << 20
"""Bytes of a mini-batch where MaxPayloadInMB allows: large enough that the cost of a call is nothing, small enough that
what a call makes stays near the processor."""


class Poisoned(Exception):
    """The file can't be transformed. offset: byte at which the record begins that it fails at."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


@dataclass(frozen=True, slots=True)
class Batch:
    offset: int
    """Of its first record in the file."""
    records: Sequence[bytes]
    """Empty where only the whole matters: then `whole` is the payload."""
    whole: bytes
    count: int
    where: Callable[[int], int]
    """The offset of the record of an index."""
    table: Table | None = None
    """Where `whole` could be read as columns."""


def _fits(offset: int, size: int, limit: int) -> None:
    if limit and size > limit:
        raise Poisoned(offset, f"it has {size} bytes, more than MaxPayloadInMB allows ({limit // 2**20} MB)")


def _line_offset(base: int, data: bytes, wanted: int) -> int:
    """Where the line of an index begins that is not empty."""
    place = 0
    for line in data.splitlines(keepends=True):
        if line.strip(b"\r\n"):
            if wanted == 0:
                return base + place
            wanted -= 1
        place += len(line)
    return base + place


class Segments:
    def __init__(self, plan: Plan, shape: Shape, model: Model, progress: Callable[[int, int], None]) -> None:
        """progress: called with bytes and records after each mini-batch."""
        self._plan, self._shape, self._model, self._progress = plan, shape, model, progress
        # A JSON document is a request of its own: several in one body would be none.
        self._single = plan.single or media(plan.content_type) == JSON

        self._tables = self._columns()
        self._documents = shape if isinstance(shape, JsonLines) and self._takes(LINES) else None
        self._regular = True

    def _takes(self, kinds: Sequence[str]) -> bool:
        """Whether the model takes rows that are read already, of a body of one of these forms."""
        return self._model.rows is not None and media(self._model.content_type) in kinds

    def _columns(self) -> Tables | None:
        if self._single or not self._takes((CSV,)) or not tables.usable():
            return None
        if isinstance(self._shape, Csv):
            return self._shape.tables()
        return Tables(None, False, None) if isinstance(self._shape, Plain) else None

    def run(self, source: Path, start: int, end: int, target: Path) -> int:
        """How many records; the part lies at `target` then. Raises Poisoned, OSError."""
        total = 0
        self._regular = True
        with source.open("rb") as file, target.open("wb") as out:
            for batch in self._batches(file, start, end):
                kept = self._kept(batch)
                if self._plan.assemble == "Line" and kept and not kept.endswith(b"\n"):
                    kept += b"\n"
                out.write(kept)
                total += batch.count
                self._progress(len(batch.whole) or sum(map(len, batch.records)), batch.count)
        return total

    # Reading.

    def _batches(self, file: BinaryIO, start: int, end: int) -> Iterator[Batch]:
        if self._plan.split == "None":
            data = file.read()
            _fits(0, len(data), self._plan.max_payload)
            if data:
                yield Batch(0, [data], data, 1, lambda index: 0)
        elif self._plan.split == "Line":
            yield from self._lines(file, start, end)
        else:
            yield from self._framed(split.FRAMED[self._plan.split](file))

    def _lines(self, file: BinaryIO, start: int, end: int) -> Iterator[Batch]:
        limit = self._plan.max_payload
        for offset, data in split.blocks(file, start, end, min(limit, BATCH) if limit else BATCH):
            if (table := self._table(offset, data, limit)) is not None:
                yield table
                continue
            if not self._single and not self._shape.by_record and (not limit or len(data) <= limit):
                whole = split.plain(data)
                if whole:
                    count = whole.count(b"\n") + (not whole.endswith(b"\n"))
                    yield Batch(offset, (), whole, count, _finder(offset, data))
                continue
            lines = split.lines_of(data)
            sizes = [len(line) for line in lines]
            for first, last in split.batches(sizes, limit, self._single):
                where = _finder(offset, data, first)
                _fits_lines(sizes, first, limit, where)
                yield Batch(offset, lines[first:last], b"", last - first, where)

    def _table(self, offset: int, data: bytes, limit: int) -> Batch | None:
        """A block as columns; after one that can't be, those behind it are not tried."""
        if self._tables is None or not self._regular or (limit and len(data) > limit):
            return None
        table = self._tables.read(data)
        self._regular = table is not None
        return Batch(offset, (), data, table.count, _finder(offset, data), table) if table is not None else None

    def _framed(self, records: Iterator[tuple[int, bytes]]) -> Iterator[Batch]:
        limit = self._plan.max_payload or BATCH
        held: list[bytes] = []
        offsets: list[int] = []
        size = 0
        try:
            for offset, record in records:
                _fits(offset, len(record), self._plan.max_payload)
                if held and (self._single or size + len(record) > limit):
                    yield _frames(held, offsets)
                    held, offsets, size = [], [], 0
                held.append(record)
                offsets.append(offset)
                size += len(record)
        except split.BadRecord as error:
            raise Poisoned(error.offset, error.message) from None
        if held:
            yield _frames(held, offsets)

    # Asking.

    def _payload(self, batch: Batch) -> bytes | Rows:
        if batch.table is not None:
            return batch.table.rows
        if self._documents is not None and (array := self._documents.rows(batch.records)) is not None:
            return Rows(array)
        if self._shape.by_record or not batch.whole:
            return self._shape.payload(batch.records)
        return batch.whole

    def _kept(self, batch: Batch) -> bytes:
        try:
            reply = self._model(self._payload(batch))
            if reply.status != 200:
                raise self._found(batch, reply)
            return self._output(batch, reply)
        except BadData as error:
            raise Poisoned(batch.where(error.index or 0), error.message) from None

    def _output(self, batch: Batch, reply: Reply) -> bytes:
        if batch.table is None or self._tables is None or not self._shape.by_record:
            return self._shape.output(batch.records, reply.body, reply.content_type)
        kept = self._tables.output(batch.table, batch.whole, reply.body, reply.content_type)
        if kept is not None:
            return kept
        return self._shape.output(split.lines_of(batch.whole), reply.body, reply.content_type)

    def _found(self, batch: Batch, reply: Reply) -> Poisoned:
        """Which record it is that the model fails at, by halving; where no single one does, the batch as a whole."""
        records = list(batch.records) or split.lines_of(batch.whole)
        separator = b"" if self._plan.split in split.FRAMED else b"\n"
        first, last, bad = 0, len(records), reply
        while last - first > 1:
            middle = (first + last) // 2
            half = records[first:middle]
            payload = self._shape.payload(half) if self._shape.by_record else separator.join(half)
            answer = self._model.once(payload)
            if answer.status != 200:
                last, bad = middle, answer
            else:
                first = middle
        index = first if len(records) > 1 else 0
        return Poisoned(batch.where(index), f"the model answered {bad.status}: {bad.reason}")


def _finder(offset: int, data: bytes, first: int = 0) -> Callable[[int], int]:
    return lambda index: _line_offset(offset, data, first + index)


def _fits_lines(sizes: Sequence[int], first: int, limit: int, where: Callable[[int], int]) -> None:
    if limit and sizes[first] > limit:
        _fits(where(0), sizes[first], limit)


def _frames(records: list[bytes], offsets: list[int]) -> Batch:
    return Batch(offsets[0], records, b"".join(records), len(records), lambda index: offsets[index])
