"""DataProcessing: what of a mini-batch's records the model gets, and what of its answer and of the records is kept.

One shape a media type: Plain passes bytes through, Csv works on lines without reading numbers, JsonLines and Json on
documents. Called by segments.py; paths.py reads the expressions.
"""

import csv
import gc
import io
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, cast

from studiolo.workloads.serving.formats import dumps, loads, media
from studiolo.workloads.transform import paths
from studiolo.workloads.transform.paths import Item
from studiolo.workloads.transform.tables import Tables

CSV, JSON = "text/csv", "application/json"
LINES = ("application/jsonlines", "application/jsonl", "application/x-jsonlines", "application/x-ndjson")


class BadData(Exception):
    """A record, or what the model gave for it, is not what DataProcessing needs. index: which of the batch, if known."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


class Shape(Protocol):
    by_record: bool
    """Whether it looks at single records, so that a batch must be cut into them."""

    def payload(self, records: Sequence[bytes]) -> bytes:
        """What the model gets. Raises BadData."""
        ...

    def output(self, records: Sequence[bytes], body: bytes, content_type: str) -> bytes:
        """What is stored of the model's answer. Raises BadData."""
        ...


class Plain:
    by_record = False

    def payload(self, records: Sequence[bytes]) -> bytes:
        return b"\n".join(records)

    def output(self, records: Sequence[bytes], body: bytes, content_type: str) -> bytes:
        return body


def _predictions(document: Any) -> list[Any] | None:
    """The list in a JSON answer that holds one entry a record."""
    if isinstance(document, dict):
        held = cast(dict[str, Any], document)
        lists = [one for one in held.values() if isinstance(one, list)]
        return cast(list[Any], lists[0]) if len(lists) == 1 and len(held) == 1 else None
    return cast(list[Any], document) if isinstance(document, list) else None


def results(body: bytes, content_type: str, count: int) -> list[bytes]:
    """The answer's rows as they are written, one a record. Raises BadData where there are more or fewer."""
    kind = media(content_type)
    if kind == JSON:
        try:
            held = _predictions(loads(body))
        except ValueError:
            held = None
        if held is not None and (len(held) == count):
            return [dumps(one) for one in held]
        if count == 1:
            return [body.strip()]
    rows = body.replace(b"\r\n", b"\n").split(b"\n")
    if not rows[-1]:
        rows.pop()
    if len(rows) == count:
        return rows
    if len(rows) == 1 and kind == CSV:
        # Some algorithms answer with all predictions of a batch in one line.
        cells = rows[0].split(b",")
        if len(cells) == count:
            return cells
    raise BadData(
        f"the model gave {len(rows)} results for {count} records, so that they can't be matched (answer of type {kind})"
    )


def _cells(line: bytes) -> list[bytes]:
    if b'"' not in line:
        return line.split(b",")
    return [one.encode() for one in next(csv.reader([line.decode()]))]


def _row(cells: Sequence[bytes]) -> bytes:
    if not any(b'"' in one or b"," in one for one in cells):
        return b",".join(cells)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([one.decode() for one in cells])
    return buffer.getvalue().encode()


def _one_by_one(lines: Sequence[bytes], items: Sequence[Item]) -> list[bytes]:
    found: list[bytes] = []
    for index, line in enumerate(lines):
        try:
            cells = paths.picked(_cells(line), items)
        except paths.NoMatch as error:
            raise BadData(f"{error} (a column that the row does not have)", index) from None
        if not cells:
            raise BadData("nothing is left of the row by the filter", index)
        found.append(_row(cells))
    return found


def chosen(items: Sequence[Item]) -> Callable[[Sequence[bytes]], list[bytes]]:
    """Of each line the chosen columns; the usual choices without cutting the whole line. Raises BadData."""
    first = items[0]
    if len(items) == 1 and isinstance(first, int) and first >= 0:
        return lambda lines: [line.split(b",", first + 1)[first] for line in lines]
    if len(items) == 1 and isinstance(first, slice) and first.stop is None and (first.start or 0) > 0:
        start = first.start
        return lambda lines: [line.split(b",", start)[start] for line in lines]
    if tuple(items) == (-1,):
        return lambda lines: [line.rsplit(b",", 1)[-1] for line in lines]
    if tuple(items) == (0, -1):
        return lambda lines: [line.split(b",", 1)[0] + b"," + line.rsplit(b",", 1)[-1] for line in lines]
    return lambda lines: _one_by_one(lines, items)


class Csv:
    by_record = True

    def __init__(self, inputs: Sequence[Item] | None, join: bool, outputs: Sequence[Item] | None) -> None:
        self._inputs, self._join, self._outputs = inputs, join, outputs
        self._choose_in = chosen(inputs) if inputs else None
        self._choose_out = chosen(outputs) if outputs else None
        # The commonest of all, an id and the prediction: the join need not be made.
        self._ends = outputs is not None and tuple(outputs) == (0, -1)

    def tables(self) -> Tables:
        """The same for blocks that are columns of numbers."""
        return Tables(self._inputs, self._join, self._outputs)

    def payload(self, records: Sequence[bytes]) -> bytes:
        if self._choose_in is None or self._inputs is None:
            return b"\n".join(records)
        return b"\n".join(_with(self._choose_in, records, self._inputs))

    def output(self, records: Sequence[bytes], body: bytes, content_type: str) -> bytes:
        rows = results(body, content_type, len(records))
        if media(content_type) != CSV:
            rows = [_as_row(one) for one in rows]
        if self._join:
            pairs = zip(records, rows, strict=True)
            if self._ends and b"," not in body and not any(b'"' in one for one in records):
                return b"\n".join([line.split(b",", 1)[0] + b"," + row for line, row in pairs])
            rows = list(map(b",".join, pairs))
        if self._choose_out is not None and self._outputs is not None:
            rows = _with(self._choose_out, rows, self._outputs)
        return b"\n".join(rows)


def _with(
    choose: Callable[[Sequence[bytes]], list[bytes]], lines: Sequence[bytes], items: Sequence[Item]
) -> list[bytes]:
    """The quick way where no line has quotes and all have the columns; else the careful one, which says which has not."""
    if not any(b'"' in line for line in lines):
        try:
            return choose(lines)
        except IndexError:
            pass
    return _one_by_one(lines, items)


def _as_row(result: bytes) -> bytes:
    """A JSON result as cells of a row."""
    try:
        value = loads(result)
    except ValueError:
        return result
    if isinstance(value, dict):
        value = list(cast(dict[str, Any], value).values())
    cells = cast(list[Any], value) if isinstance(value, list) else [value]
    return _row([one.encode() if isinstance(one, str) else dumps(one) for one in cells])


def _value(result: bytes) -> Any:
    """A result as a JSON value; what is none becomes a text."""
    try:
        return loads(result)
    except ValueError:
        return result.decode("utf-8", "replace")


def _joined(given: Any, result: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        return {**cast(dict[str, Any], given), "SageMakerOutput": result}
    return {"SageMakerInput": given, "SageMakerOutput": result}


@contextmanager
def uncollected() -> Generator[None]:
    """While a mini-batch's documents are made the collector would look at them over and over: none of them is garbage.
    No code of the model's runs inside."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class JsonLines:
    by_record = True

    def __init__(self, inputs: Sequence[paths.Step], join: bool, outputs: Sequence[paths.Step]) -> None:
        self._inputs, self._join = inputs, join
        self._choose_in, self._choose_out = paths.reader(inputs), paths.reader(outputs)
        self._held: tuple[Sequence[bytes], list[Any]] = ((), [])

    def _documents(self, records: Sequence[bytes]) -> list[Any]:
        """Read once: what the model gets and what is joined with its answer are the same records."""
        if self._held[0] is not records:
            self._held = (records, [_document(index, record) for index, record in enumerate(records)])
        return self._held[1]

    def rows(self, records: Sequence[bytes]) -> Any | None:
        """What the model gets as an array, where the filter leaves lists of numbers, all of one length; else None. It is
        read of the documents as formats.py reads it of `payload`. Raises BadData."""
        if not self._inputs:
            return None
        with uncollected():
            lists = _chosen(self._choose_in, self._documents(records))
        if not all(type(one) is list for one in lists):
            return None
        try:
            import numpy as np

            # What is too large for a float32 is infinite.
            with np.errstate(over="ignore"):
                array = np.asarray(lists, dtype="float32")
        except (ImportError, ValueError, TypeError, OverflowError):
            return None
        return array if array.ndim == 2 and array.size else None

    def payload(self, records: Sequence[bytes]) -> bytes:
        if not self._inputs:
            return b"\n".join(records)
        with uncollected():
            return b"\n".join(map(dumps, _chosen(self._choose_in, self._documents(records))))

    def output(self, records: Sequence[bytes], body: bytes, content_type: str) -> bytes:
        with uncollected():
            values: list[Any] = list(map(_value, results(body, content_type, len(records))))
            if self._join:
                values = list(map(_joined, self._documents(records), values))
                self._held = ((), [])
            return b"\n".join(map(dumps, _chosen(self._choose_out, values)))


def _document(index: int, record: bytes) -> Any:
    try:
        return loads(record)
    except ValueError as error:
        raise BadData(f"it is no JSON: {error}", index) from None


def _chosen(choose: Callable[[Any], Any], documents: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    try:
        for document in documents:
            found.append(choose(document))
    except paths.NoMatch as error:
        raise BadData(str(error), len(found)) from None
    return found


class Json(JsonLines):
    """One document a request: the answer is kept whole, whatever it holds."""

    def output(self, records: Sequence[bytes], body: bytes, content_type: str) -> bytes:
        value = _value(body.strip())
        document = _joined(_document(0, records[0]), value) if self._join else value
        return dumps(_chosen(self._choose_out, [document])[0])


def make(content_type: str, inputs: str, join: str, outputs: str) -> Shape:
    """Raises paths.BadPath."""
    if inputs == "$" and outputs == "$" and join == "None":
        return Plain()
    first, last, kind = paths.parse(inputs), paths.parse(outputs), media(content_type)
    if kind == CSV:
        return Csv(paths.columns(first), join == "Input", paths.columns(last))
    if kind in LINES:
        return JsonLines(first, join == "Input", last)
    if kind == JSON:
        return Json(first, join == "Input", last)
    raise paths.BadPath(f"DataProcessing works on text/csv, application/jsonlines and application/json, not on {kind}.")
