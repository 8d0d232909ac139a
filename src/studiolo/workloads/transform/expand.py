"""Files that can't be cut as they are, made into ones that can: gzip unpacked, Parquet's rows written as lines of CSV.

Parquet (application/x-parquet, split by Line) is our own addition; it needs pyarrow or duckdb in the model's environment.
"""

import gzip
import shutil
import zlib
from pathlib import Path

from studiolo.workloads.serving.formats import media
from studiolo.workloads.transform.plan import Plan
from studiolo.workloads.transform.segments import Poisoned

PARQUET = ("application/x-parquet", "application/parquet", "application/vnd.apache.parquet")
ROWS = 65_536


def needed(plan: Plan) -> bool:
    return plan.gzip or as_rows(plan)


def as_rows(plan: Plan) -> bool:
    return media(plan.content_type) in PARQUET and plan.split == "Line"


def expand(plan: Plan, source: Path, target: Path) -> int:
    """The size of what was made. Raises Poisoned, OSError."""
    if plan.gzip:
        _unpack(source, target)
    if as_rows(plan):
        packed = source
        if plan.gzip:
            packed = target.rename(target.with_name(f"{target.name}.parquet"))
        _rows(packed, target)
    return target.stat().st_size


def _unpack(source: Path, target: Path) -> None:
    try:
        with gzip.open(source) as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out, 1 << 20)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Poisoned(0, f"it is not gzip, although CompressionType says so: {error}") from None


def _rows(source: Path, target: Path) -> None:
    try:
        import pyarrow
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError:
        _rows_by_duckdb(source, target)
        return
    try:
        with pyarrow.parquet.ParquetFile(source) as table:
            options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
            with pyarrow.csv.CSVWriter(target, table.schema_arrow, write_options=options) as out:
                for batch in table.iter_batches(ROWS):
                    out.write_batch(batch)
    except pyarrow.ArrowException as error:
        raise Poisoned(0, f"it can't be read as Parquet: {error}") from None


def _rows_by_duckdb(source: Path, target: Path) -> None:
    try:
        import duckdb
    except ImportError:
        raise Poisoned(
            0, "Parquet needs pyarrow or duckdb in the model's environment: add one to its requirements.txt"
        ) from None
    try:
        link = duckdb.connect()
        link.execute(
            "COPY (SELECT * FROM read_parquet($1)) TO '" + str(target) + "' (FORMAT csv, HEADER false)", [str(source)]
        )
    except duckdb.Error as error:
        raise Poisoned(0, f"it can't be read as Parquet: {error}") from None
