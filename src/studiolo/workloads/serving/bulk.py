"""Large CSV bodies and long lists of predictions, several times faster than numpy reads and Python writes them.

Called by formats.py; None means "not by me", and the careful way is taken. Uses pandas' and orjson's parsers where the
environment has them. Numbers are the same either way: a float32 is written with as many digits as name it exactly.
"""

import io
import math
from typing import Any

SMALL = 16 * 1024
"""Bytes up to which importing and setting up costs more than it saves."""
FEW = 256


def read_csv(body: bytes, dtype: str) -> Any | None:
    """An array of plain numbers with as many in each row; else None."""
    if len(body) < SMALL or b'"' in body or dtype not in ("float32", "float64"):
        return None
    try:
        import pandas as pd
    except ImportError:
        return None
    try:
        table = pd.read_csv(
            io.BytesIO(body), header=None, dtype=dtype, na_values=[""], keep_default_na=False, engine="c"
        )
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
