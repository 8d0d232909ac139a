"""What is in the columns of a data set's files, by DuckDB: counts, ranges, quantiles, the commonest values, histograms.

Blocks; called by the controller in a worker thread. The files are hostile for all we know: DuckDB reads them within a
bound of memory, and every name of theirs is quoted.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

BINS = 20
TOP = 50
GRID = 100
"""Quantiles kept, so that two versions can be compared without their bytes."""
MAX_COLUMNS = 500
READERS = {
    "csv": "read_csv({files}, union_by_name=true)",
    "jsonl": "read_json({files}, union_by_name=true)",
    "parquet": "read_parquet({files}, union_by_name=true)",
}
SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".csv.gz": "csv", ".tsv.gz": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl", ".json": "jsonl", ".parquet": "parquet",
}  # fmt: skip
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",
           "DOUBLE", "DECIMAL")  # fmt: skip


class BadData(Exception):
    """The files can't be read as the table they are named as; the message is for the version's owner."""


def format_of(paths: Sequence[str]) -> str:
    """The one tabular format of all files, "files" where there is none or more than one."""
    found = {next((SUFFIXES[end] for end in SUFFIXES if path.lower().endswith(end)), "files") for path in paths}
    return found.pop() if len(found) == 1 else "files"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def profile(files: Sequence[Path], form: str, scratch: Path, say: Callable[[float], None]) -> Mapping[str, Any]:
    """RowCount and Columns. say: the share that is done. Raises BadData."""
    try:
        import duckdb
    except ImportError:
        raise BadData(
            'Profiles need the data extra: install "studiolo[data]" and register the version again.'
        ) from None
    settings = {"memory_limit": "1GB", "threads": "2", "temp_directory": str(scratch / "spill")}
    with duckdb.connect(":memory:", config={**settings}) as base:
        try:
            names = "[" + ", ".join("'" + str(one).replace("'", "''") + "'" for one in files) + "]"
            base.execute(f"CREATE VIEW rows AS SELECT * FROM {READERS[form].format(files=names)}")
            columns = base.execute("DESCRIBE rows").fetchall()
            count = int((base.execute("SELECT count(*) FROM rows").fetchone() or (0,))[0])
            found: list[dict[str, Any]] = []
            for number, (name, kind, *_) in enumerate(columns[:MAX_COLUMNS]):
                found.append(_column(base, str(name), str(kind), count))
                say((number + 1) / len(columns))
        except duckdb.Error as error:
            raise BadData(f"The files can't be read as {form}: {str(error).replace(str(scratch), '')[:800]}") from error
    return {"RowCount": count, "Columns": found}


def _column(base: Any, name: str, kind: str, count: int) -> dict[str, Any]:
    column = _quoted(name)
    numeric = kind.partition("(")[0] in NUMBERS
    value = f"CAST({column} AS DOUBLE)" if numeric else f"CAST({column} AS VARCHAR)"
    held = f"{value} IS NOT NULL" + (f" AND isfinite({value})" if numeric else "")
    nulls, distinct, low, high = base.execute(
        f"SELECT count(*) FILTER ({column} IS NULL), approx_count_distinct({column}), "
        f"min({value}) FILTER ({held}), max({value}) FILTER ({held}) FROM rows"
    ).fetchone()
    found: dict[str, Any] = {"Name": name, "Type": kind, "Nulls": int(nulls), "Distinct": min(int(distinct), count)}
    top = base.execute(
        f"SELECT left(CAST({column} AS VARCHAR), 200), count(*) AS n FROM rows WHERE {column} IS NOT NULL "
        f"GROUP BY 1 ORDER BY n DESC, 1 LIMIT {TOP + 1}"
    ).fetchall()
    found["TopValues"] = [{"Value": str(text), "Count": int(times)} for text, times in top[:TOP]]
    found["Complete"] = len(top) <= TOP
    if len(top) <= TOP:
        found["Distinct"] = len(top)
    if low is None:
        return found
    if not numeric:
        return {**found, "Smallest": str(low)[:200], "Largest": str(high)[:200]}
    grid = ", ".join(str(step / GRID) for step in range(GRID + 1))
    mean, deviation, quantiles = base.execute(
        f"SELECT avg({value}), stddev_samp({value}), quantile_cont({value}, [{grid}]) FROM rows WHERE {held}"
    ).fetchone()
    found |= {"Minimum": low, "Maximum": high, "Mean": mean, "Quantiles": [float(one) for one in quantiles]}
    if deviation is not None and math.isfinite(deviation):
        found["StandardDeviation"] = deviation
    width = (high - low) / BINS
    if width > 0 and math.isfinite(width):
        bins = dict(
            base.execute(
                f"SELECT least(CAST(floor(({value} - ?) / ?) AS BIGINT), {BINS - 1}) AS bin, count(*) "
                f"FROM rows WHERE {held} GROUP BY 1",
                [low, width],
            ).fetchall()
        )
        found["Histogram"] = [int(bins.get(bin, 0)) for bin in range(BINS)]
    else:
        found["Histogram"] = [count - int(nulls)]
    return found
