"""Large CSV bodies and long lists of predictions, several times faster than numpy reads and Python writes them.

Called by formats.py, and by batch transform for a file's columns (workloads/transform/tables.py); None means "not by me",
and the careful way is taken. Uses the parsers of pyarrow or pandas and orjson where the environment has them. Numbers are
the same either way: each is read as the double nearest to it, and a float32 is written with as many digits as name it
exactly.
"""

import io
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

SMALL = 16 * 1024
"""Bytes up to which importing and setting up costs more than it saves."""
FEW = 256
WIDE, ROWS = 256, 100
"""Columns from which, and rows below which, a table is not read by columns."""


def read_csv(body: bytes, dtype: str) -> Any | None:
    """An array of plain numbers with as many in each row; else None."""
    if len(body) < SMALL or b'"' in body or dtype not in ("float32", "float64"):
        return None
    first = body.partition(b"\n")[0]
    width = first.count(b",") + 1
    if width > WIDE and len(body) < ROWS * len(first):
        # A column costs as much as many of its cells: a picture in a row is read quicker cell by cell.
        return None
    try:
        table = columns(body, width, range(width), ())
    except ImportError:
        table = None
    # An empty line is no row, but may be an empty cell: which it is, is not decided here.
    if table is None or (width == 1 and table.column(0).null_count):
        return _by_pandas(body, dtype)
    return numbers(table, range(width), dtype)


def columns(body: bytes, width: int, floats: Sequence[int], texts: Sequence[int]) -> Any | None:
    """An Arrow table of some columns, each in one piece: "0", "1", … as doubles or as they are written. None where rows
    differ in width, a cell is no number, or anything else is unusual. The body has no quotes."""
    import pyarrow
    import pyarrow.csv

    parse, convert, names = _options(width, tuple(floats), tuple(texts))
    # The whole body as one block, on this thread alone: each process has its core.
    read = pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(body) + 1)
    reader: Any = pyarrow.csv.read_csv
    try:
        return reader(pyarrow.BufferReader(body), read_options=read, parse_options=parse, convert_options=convert)
    except pyarrow.ArrowException:
        return None


@lru_cache(maxsize=64)
def _options(width: int, floats: tuple[int, ...], texts: tuple[int, ...]) -> tuple[Any, Any, list[str]]:
    import pyarrow
    import pyarrow.csv

    types = {str(at): pyarrow.float64() for at in floats} | {str(at): pyarrow.binary() for at in texts}
    convert = pyarrow.csv.ConvertOptions(
        column_types=types, include_columns=list(types), null_values=[""], strings_can_be_null=False, check_utf8=False
    )
    parse = pyarrow.csv.ParseOptions(quote_char=False, double_quote=False)
    return parse, convert, [str(at) for at in range(width)]


def numbers(table: Any, places: Sequence[int], dtype: str) -> Any:
    """Columns of such a table as an array; an empty cell is NaN."""
    import numpy as np

    found = np.empty((table.num_rows, len(places)), dtype=dtype)
    # What is too large for a float32 is infinite, as numpy's own reader has it.
    with np.errstate(over="ignore"):
        for at, place in enumerate(places):
            row = 0
            for piece in table.column(str(place)).chunks:
                found[row : row + len(piece), at] = piece.to_numpy(zero_copy_only=False)
                row += len(piece)
    return found


def _by_pandas(body: bytes, dtype: str) -> Any | None:
    try:
        import pandas as pd
    except ImportError:
        return None
    try:
        import numpy as np

        reader: Any = pd.read_csv
        with np.errstate(over="ignore"):
            table = reader(
                io.BytesIO(body), header=None, dtype=dtype, na_values=[""], keep_default_na=False, engine="c",
                float_precision="round_trip",
            )  # fmt: skip
    except (ValueError, OverflowError):
        return None
    # A short row would be filled up silently; one that is longer than the first was refused above.
    if body.count(b",") != len(table) * (len(table.columns) - 1):
        return None
    return table.to_numpy(dtype=dtype)


def write_csv(prediction: Any) -> bytes | None:
    """One float32 a line; None where it is anything else."""
    if str(getattr(prediction, "dtype", "")) != "float32" or getattr(prediction, "ndim", 0) != 1:
        return None
    if len(prediction) < FEW:
        return None
    try:
        import orjson
    except ImportError:
        return None
    if not math.isfinite(float(abs(prediction).max())):
        return None
    text = orjson.dumps(prediction, option=orjson.OPT_SERIALIZE_NUMPY)
    return text[1:-1].replace(b",", b"\n")
