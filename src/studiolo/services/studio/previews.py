"""What an object holds, as far as a person needs to see it: a bounded look that hostile files can't make costly."""

import csv
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from studiolo.base.errors import ValidationError
from studiolo.blobs.protocol import Object

MAX_BYTES = 2 * 2**20
MAX_TEXT = 200_000
MAX_COLUMNS = 200
MAX_CELL = 500
IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp")
TABLES = {".csv": ",", ".tsv": "\t"}


def _cell(value: Any) -> str | None:
    return None if value is None else str(value)[:MAX_CELL]


def _kind(values: list[str]) -> str:
    def all_are(kind: type) -> bool:
        try:
            return all(kind(value) is not None for value in values if value != "")
        except ValueError:
            return False

    return "bigint" if all_are(int) else "double" if all_are(float) else "string"


def _table(stream: BinaryIO, size: int, separator: str, rows: int, offset: int) -> dict[str, Any]:
    text = stream.read(MAX_BYTES).decode("utf-8-sig", "replace")
    truncated = size > MAX_BYTES
    if truncated:
        text = text[: text.rfind("\n") + 1]
    try:
        found = list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error as error:
        return {"Format": "text", "Text": f"{error}\n\n{text[:MAX_TEXT]}", "Truncated": truncated}
    found = [row for row in found if row]
    if not found:
        return {"Format": "csv", "Columns": [], "Rows": [], "TotalRows": 0, "Truncated": False}
    numeric = all(_kind([value]) != "string" for value in found[0])
    names = [f"column {number}" for number in range(1, len(found[0]) + 1)] if numeric else found[0]
    body = found if numeric else found[1:]
    width = min(len(names), MAX_COLUMNS)
    sample = body[:200]
    columns = [{"Name": names[n], "Type": _kind([row[n] for row in sample if n < len(row)])} for n in range(width)]
    page = [[_cell(value) for value in row[:width]] for row in body[offset : offset + rows]]
    return {
        "Format": "csv", "Columns": columns, "Rows": page, "Truncated": truncated,
        "TotalRows": None if truncated else len(body),
    }  # fmt: skip


def _parquet(stream: BinaryIO, rows: int, offset: int) -> dict[str, Any]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise ValidationError('Parquet previews need the data extra: install "studiolo[data]".') from None
    try:
        file = parquet.ParquetFile(stream)
        schema = file.schema_arrow
        names = schema.names[:MAX_COLUMNS]
        skipped, table = 0, None
        for batch in file.iter_batches(batch_size=max(rows, 1), columns=names):
            if skipped + batch.num_rows > offset:
                table = batch.slice(max(0, offset - skipped), rows)
                break
            skipped += batch.num_rows
        columns = [{"Name": name, "Type": str(schema.field(name).type)} for name in names]
        values = table.to_pylist() if table is not None else []
        page = [[_cell(row[name]) for name in names] for row in values]
        total = file.metadata.num_rows
    except Exception as error:
        raise ValidationError(f"The object can't be read as Parquet: {error}") from error
    return {
        "Format": "parquet",
        "Columns": columns,
        "Rows": page,
        "TotalRows": total,
        "Truncated": total > offset + rows,
    }


def _lines(stream: BinaryIO, size: int, rows: int, offset: int) -> dict[str, Any]:
    text = stream.read(MAX_BYTES).decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    documents: list[Any] = []
    for line in lines[offset : offset + rows]:
        try:
            documents.append(json.loads(line))
        except (ValueError, RecursionError):
            return {"Format": "text", "Text": text[:MAX_TEXT], "Truncated": size > MAX_TEXT}
    names: dict[str, None] = {}
    for document in documents:
        names |= dict.fromkeys(document if isinstance(document, dict) else ["value"])
    columns = [{"Name": name, "Type": "json"} for name in list(names)[:MAX_COLUMNS]]
    page = [
        [_cell((document if isinstance(document, dict) else {"value": document}).get(one["Name"])) for one in columns]
        for document in documents
    ]
    return {"Format": "jsonl", "Columns": columns, "Rows": page, "Truncated": size > MAX_BYTES}


def _archive(stream: BinaryIO, name: str, rows: int) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    truncated = False
    try:
        if name.endswith(".zip"):
            with zipfile.ZipFile(stream) as archive:
                for entry in archive.infolist():
                    entries.append({"Name": entry.filename[:MAX_CELL], "Size": entry.file_size})
                    if len(entries) >= rows:
                        truncated = True
                        break
        else:
            with tarfile.open(fileobj=stream) as archive:
                for member in archive:
                    entries.append({"Name": member.name[:MAX_CELL], "Size": member.size})
                    # Reading a member's head may mean unpacking what lies before it: not without end.
                    if len(entries) >= rows or archive.offset > 512 * 2**20:
                        truncated = True
                        break
    except Exception as error:
        raise ValidationError(f"The object is no readable archive: {error}") from error
    return {"Format": "archive", "Entries": entries, "Truncated": truncated}


def preview(found: Object, stream: BinaryIO, rows: int, offset: int) -> Mapping[str, Any]:
    name = found.key.lower()
    suffix = PurePosixPath(name).suffix
    if suffix in IMAGES:
        return {"Format": "image", "Truncated": False}
    if suffix in TABLES:
        return _table(stream, found.size, TABLES[suffix], rows, offset)
    if suffix == ".parquet":
        return _parquet(stream, rows, offset)
    if suffix in (".jsonl", ".ndjson"):
        return _lines(stream, found.size, rows, offset)
    if name.endswith((".tar.gz", ".tgz", ".tar", ".zip", ".tar.bz2", ".tar.xz")):
        return _archive(stream, name, rows)
    head = stream.read(MAX_TEXT)
    if b"\x00" in head[:4096]:
        return {"Format": "binary", "Truncated": False}
    text = head.decode("utf-8", "replace")
    kind = {".json": "json", ".ipynb": "notebook"}.get(suffix, "text")
    return {"Format": kind, "Text": text, "Truncated": found.size > MAX_TEXT}
