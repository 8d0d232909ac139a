"""Blocks of CSV as columns instead of lines: no Python for a single row, from the file to the joined result.

For what most jobs of CSV are: numbers without quotes, all rows of one width, a model that takes rows as they are read. For
anything else `read` and `output` say None, and shapes.py does it line by line, with the same bytes as the result. Needs
pyarrow in the model's environment. Called by segments.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from studiolo.workloads.serving import bulk
from studiolo.workloads.serving.formats import CSV, media
from studiolo.workloads.transform import paths
from studiolo.workloads.transform.paths import Item

COMMA, LINE = 0x2C, 0x0A


@dataclass(frozen=True, slots=True)
class Rows:
    """What the model gets, read already."""

    array: Any


@dataclass(frozen=True, slots=True)
class Table:
    count: int
    width: int
    rows: Rows
    held: Any
    """The Arrow table, which has the texts that the result needs, too, where it could be read at once."""


def usable() -> bool:
    """Loads what is needed, so that forked processes share it."""
    try:
        for name in ("numpy", "pyarrow.compute", "pyarrow.csv"):
            import_module(name)
    except ImportError:
        return False
    return True


class Tables:
    def __init__(self, inputs: Sequence[Item] | None, join: bool, outputs: Sequence[Item] | None) -> None:
        self._inputs, self._join, self._outputs = inputs, join, outputs

    def read(self, whole: bytes) -> Table | None:
        """Whole lines. An empty one among them is no row to the reader, so that the count does not agree."""
        if len(whole) < bulk.SMALL or b'"' in whole or b"\r" in whole or whole.startswith(b"\xef\xbb\xbf"):
            return None
        width = whole.partition(b"\n")[0].count(b",") + 1
        count = _lines_in(whole)
        wanted = _places(self._inputs, width)
        if not wanted:
            return None
        floats = list(dict.fromkeys(wanted))
        texts = [one for one in self._kept(width) if one not in floats]
        held = bulk.columns(whole, width, floats, texts)
        if held is None or held.num_rows != count:
            return None
        # Small bodies with empty cells are refused by the careful way, and an empty line is no row.
        strict = len(wanted) == 1 or count * len(wanted) < bulk.SMALL
        if strict and any(held.column(str(one)).null_count for one in floats):
            return None
        return Table(count, width, Rows(bulk.numbers(held, wanted, "float32")), held)

    def output(self, table: Table, whole: bytes, body: bytes, content_type: str) -> bytes | None:
        """What is stored, without the last line's end."""
        if media(content_type) != CSV or b"\r" in body or b'"' in body:
            return None
        results = body if body.endswith(b"\n") else body + b"\n"
        if _lines_in(results) != table.count:
            return None
        if not self._join:
            return results[:-1] if self._outputs is None else None
        if self._outputs is None:
            return _joined([_lines(whole)], results, b"")
        if b"," in results:
            return None
        places = _places(self._outputs, table.width + 1)
        if not places or places[-1] != table.width or table.width in places[:-1]:
            return None
        texts = self._texts(table, whole, places[:-1])
        return None if texts is None else _joined(texts, results, b",")

    def _kept(self, width: int) -> list[int]:
        """The columns of the input that the result names one by one."""
        if not self._join or self._outputs is None:
            return []
        return [one for one in dict.fromkeys(_places(self._outputs, width + 1) or ()) if one < width]

    def _texts(self, table: Table, whole: bytes, places: Sequence[int]) -> list[Any] | None:
        """Columns as they are written; what was read as numbers is read again."""
        import pyarrow

        found: dict[int, Any] = {}
        again: list[int] = []
        for one in places:
            column = table.held.column(str(one)) if str(one) in table.held.column_names else None
            if column is not None and column.type == pyarrow.binary():
                found[one] = column.combine_chunks()
            elif one not in again:
                again.append(one)
        if again:
            read = bulk.columns(whole, table.width, (), again)
            if read is None or read.num_rows != table.count:
                return None
            found |= {one: read.column(str(one)).combine_chunks() for one in again}
        return [found[one] for one in places]


def _places(items: Sequence[Item] | None, width: int) -> list[int] | None:
    """Of the columns, in order; None where a row of this width has not all of them."""
    try:
        return list(range(width)) if items is None else paths.picked(range(width), items)
    except paths.NoMatch:
        return None


def _lines_in(data: bytes) -> int:
    """Several times faster than bytes.count, where lines are short."""
    import numpy as np

    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == LINE)) + (not data.endswith(b"\n"))


def _ends(text: Any) -> Any:
    """Where each line begins, and after the last its end, of a text with a line's end at its end."""
    import numpy as np

    places = np.flatnonzero(text == LINE)
    found = np.zeros(len(places) + 1, dtype=np.int32)
    found[1:] = places + 1
    return found


def _pieces(text: Any, ends: Any) -> Any:
    """An array of the bytes between one end and the next, the last byte included."""
    import pyarrow

    buffers = [None, pyarrow.py_buffer(ends), pyarrow.py_buffer(text)]
    return pyarrow.BinaryArray.from_buffers(pyarrow.binary(), len(ends) - 1, buffers)


def _lines(whole: bytes) -> Any:
    """The lines, each with a comma behind it instead of its end."""
    import numpy as np

    text = np.frombuffer(whole if whole.endswith(b"\n") else whole + b"\n", np.uint8).copy()
    ends = _ends(text)
    text[ends[1:] - 1] = COMMA
    return _pieces(text, ends)


def _joined(columns: Sequence[Any], results: bytes, separator: bytes) -> bytes:
    """Row by row the columns and the result, whose line's end is the row's."""
    import numpy as np
    import pyarrow.compute

    text = np.frombuffer(results, np.uint8)
    join: Any = pyarrow.compute.call_function
    rows = join("binary_join_element_wise", [*columns, _pieces(text, _ends(text)), pyarrow.scalar(separator)])
    _, offsets, values = rows.buffers()
    places = np.frombuffer(offsets, np.int32)
    return values.to_pybytes()[int(places[rows.offset]) : int(places[rows.offset + len(rows)]) - 1]
