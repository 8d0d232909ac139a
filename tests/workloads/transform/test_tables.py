"""Blocks of CSV as columns, and lists out of JSON Lines, give byte for byte what they give line by line."""

import random
import socket

import numpy as np
import pytest

from studiolo.workloads.serving import bulk, formats
from studiolo.workloads.serving.handler import Handler
from studiolo.workloads.transform import segments
from studiolo.workloads.transform.plan import Plan
from studiolo.workloads.transform.worker import Worker

SUM = """
def model_fn(folder):
    return None

def predict_fn(rows, model):
    return rows.sum(axis=1)
"""
SEVERAL = """
def model_fn(folder):
    return None

def predict_fn(rows, model):
    return rows[:, :1] + [[0, 1]]
"""
FAILS = """
def model_fn(folder):
    return None

def predict_fn(rows, model):
    if (rows == 13).any():
        raise ValueError("thirteen")
    return rows.sum(axis=1)
"""
CELLS = [
    "0",
    "-1.5",
    "2.25e3",
    " 7",
    "0.1",
    "16777217",
    "1e-46",
    "3.4028235677973366e38",
    "0.30000000000000004",
    "1e39",
]


@pytest.fixture
def transform(tmp_path, monkeypatch):
    """(the result, whether blocks were columns) of a file; `careful`: line by line."""

    def run(data: bytes, script=SUM, careful=False, **changes):
        (tmp_path / "code").mkdir(exist_ok=True)
        (tmp_path / "code" / "inference.py").write_text(script)
        (tmp_path / "model").mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path)
        given = {
            "files": [], "content_type": "text/csv", "accept": "text/csv", "split": "Line", "single": False,
            "max_payload": 6 << 20, "assemble": "Line", "gzip": False, "input_filter": "$", "join": "None",
            "output_filter": "$", "workers": 1, "seconds": 60.0, "retries": 0,
        }  # fmt: skip
        asked: list[str] = []
        whole, rows = Handler.__call__, Handler.rows
        monkeypatch.setattr(Handler, "__call__", lambda self, *words: asked.append("lines") or whole(self, *words))
        monkeypatch.setattr(Handler, "rows", lambda self, *words: asked.append("columns") or rows(self, *words))
        if careful:
            monkeypatch.setattr(segments.tables, "usable", lambda: False)
            monkeypatch.setattr(segments.JsonLines, "rows", lambda self, records: None)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            worker = Worker(Plan(**(given | changes)), Handler(tmp_path), theirs)
            source, target = tmp_path / "source", tmp_path / "target"
            source.write_bytes(data)
            records = worker._segments.run(source, 0, len(data), target)
        monkeypatch.undo()
        return target.read_bytes(), records, set(asked)

    return run


def rows(count: int, width: int = 4, cells=CELLS, seed: int = 1) -> bytes:
    chance = random.Random(seed)
    return b"".join(f"id{at}x,{','.join(chance.choice(cells) for _ in range(width))}\n".encode() for at in range(count))


WAYS = [
    ("$[1:]", "Input", "$[0,-1]"),
    ("$[1:]", "Input", "$"),
    ("$[1:]", "None", "$"),
    ("$[1:3]", "Input", "$[0,2,2,-1]"),
    ("$[2,1]", "Input", "$[1:]"),
    ("$[-1]", "Input", "$[-1]"),
]


@pytest.mark.parametrize(("inputs", "join", "outputs"), WAYS)
def test_columns_give_what_lines_give(transform, inputs, join, outputs):
    data = rows(30_000)
    changes = {"input_filter": inputs, "join": join, "output_filter": outputs}
    quick, records, asked = transform(data, **changes)
    careful, also, lines = transform(data, careful=True, **changes)
    assert (asked, lines) == ({"columns"}, {"lines"})
    assert quick == careful and records == also == 30_000


@pytest.mark.parametrize("output", ["$[0]", "$[-1,0]", "$[-2:]"])
def test_other_choices_of_the_result_are_made_line_by_line(transform, output):
    changes = {"input_filter": "$[1:]", "join": "Input", "output_filter": output}
    data = rows(5_000)
    quick, _, asked = transform(data, **changes)
    assert asked == {"columns"} and quick == transform(data, careful=True, **changes)[0]


@pytest.mark.parametrize("outputs", ["$", "$[0,-1]"])
def test_several_results_a_row(transform, outputs):
    changes = {"input_filter": "$[1:]", "join": "Input", "output_filter": outputs, "script": SEVERAL}
    data = rows(5_000)
    quick, _, asked = transform(data, **changes)
    assert asked == {"columns"} and quick == transform(data, careful=True, **changes)[0]
    assert len(quick.split(b"\n")[0].split(b",")) == (7 if outputs == "$" else 2)


@pytest.mark.parametrize("assemble", ["Line", "None"])
def test_no_filter_at_all(transform, assemble):
    data = rows(5_000).replace(b"id", b"").replace(b"x", b"")
    quick, _, asked = transform(data, assemble=assemble)
    assert asked == {"columns"} and quick == transform(data, assemble=assemble, careful=True)[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"id77x", b'"id,77"'),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\n\n", 50),
        lambda data: data.replace(b"id4000x,", b"id4000x,1,"),
        lambda data: data.rstrip(b"\n"),
        lambda data: b"\xef\xbb\xbf" + data,
    ],
    ids=["quotes", "carriage returns", "empty lines", "a longer row", "no last line end", "byte order mark"],
)
def test_unusual_files_give_the_same(transform, change):
    changes = {"input_filter": "$[1:3]", "join": "Input", "output_filter": "$[0,-1]"}
    data = change(rows(5_000))
    assert transform(data, **changes)[:2] == transform(data, careful=True, **changes)[:2]


def test_empty_cells_are_missing_values(transform):
    changes = {"input_filter": "$[1:]", "join": "Input", "output_filter": "$[0,-1]"}
    data = rows(8_000, cells=["1", "", "2.5"])
    quick, _, asked = transform(data, **changes)
    assert asked == {"columns"} and quick == transform(data, careful=True, **changes)[0]
    assert b",nan\n" in quick


@pytest.mark.parametrize("careful", [False, True])
def test_the_record_that_fails_is_named(transform, careful):
    data = rows(9_000, cells=["1", "2"]).replace(b"id5000x,1,", b"id5000x,13,").replace(b"id5000x,2,", b"id5000x,13,")
    with pytest.raises(segments.Poisoned, match="thirteen") as poisoned:
        transform(data, script=FAILS, careful=careful, input_filter="$[1:]")
    assert poisoned.value.offset == data.index(b"id5000x")


@pytest.mark.parametrize("careful", [False, True])
def test_a_cell_that_is_no_number_is_named(transform, careful):
    data = rows(9_000).replace(b"id5000x,", b"id5000x,word", 1)
    with pytest.raises(segments.Poisoned, match="word") as poisoned:
        transform(data, careful=careful, input_filter="$[1:]")
    assert poisoned.value.offset == data.index(b"id5000x")


def documents(count: int, cells: list[str], width: int = 3) -> bytes:
    chance = random.Random(3)
    lists = (",".join(chance.choice(cells) for _ in range(width)) for _ in range(count))
    return b"".join(b'{"id": "n%d", "x": [%s], "y": {"z": 1}}\n' % (at, one.encode()) for at, one in enumerate(lists))


AS_JSON = {"content_type": "application/jsonlines", "accept": "application/jsonlines"}


@pytest.mark.parametrize("outputs", ["$", "$.SageMakerOutput", "$['id','SageMakerOutput']", "$.x[0]"])
@pytest.mark.parametrize(
    "cells",
    [["1", "-2.5e3", "0.1", "16777217", "1e-46", "1e39", "123456789012345678901"], ['"1.5"', "true", "null", "2"]],
    ids=["numbers", "others"],
)
def test_lists_of_json_lines_give_what_lines_give(transform, outputs, cells):
    changes = {**AS_JSON, "input_filter": "$.x", "join": "Input", "output_filter": outputs}
    data = documents(30_000, cells)
    quick, records, asked = transform(data, **changes)
    careful, also, lines = transform(data, careful=True, **changes)
    assert (asked, lines) == ({"columns"}, {"lines"})
    assert quick == careful and records == also == 30_000


@pytest.mark.parametrize("path", ["$.x", "$.id", "$.w"])
def test_json_lines_that_are_no_rows_fail_alike(transform, path):
    data = documents(300, ["1", "2"]).replace(b'"n250", "x": [', b'"n250", "x": [7,')
    changes = {**AS_JSON, "input_filter": path, "join": "Input"}
    with pytest.raises(segments.Poisoned) as quick:
        transform(data, **changes)
    with pytest.raises(segments.Poisoned) as careful:
        transform(data, careful=True, **changes)
    assert (quick.value.offset, quick.value.message) == (careful.value.offset, careful.value.message)


def test_numbers_are_those_that_numpy_reads():
    chance = random.Random(5)
    cells = [repr(chance.uniform(-1e3, 1e3) * 10 ** chance.randint(-40, 36)) for _ in range(40_000)]
    body = b"".join(f"{a},{b}\n".encode() for a, b in zip(cells[::2], cells[1::2], strict=True))
    careful = np.loadtxt(body.decode().splitlines(), delimiter=",", dtype="float32", ndmin=2)
    assert np.array_equal(formats.read_array(body, "text/csv"), careful)
    by_pandas = bulk._by_pandas(body, "float32")
    assert by_pandas is not None and np.array_equal(by_pandas, careful)
