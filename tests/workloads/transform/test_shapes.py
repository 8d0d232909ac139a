"""DataProcessing: what the model gets and what is kept, by each form of data."""

import csv
import io
import random

import pytest

from studiolo.workloads.transform import paths, shapes
from studiolo.workloads.transform.shapes import BadData, make


def through(content_type, inputs, join, outputs, records, body, answered=None):
    shape = make(content_type, inputs, join, outputs)
    return shape.payload(records), shape.output(records, body, answered or content_type)


def test_nothing_asked_is_nothing_done():
    assert through("image/png", "$", "None", "$", [b"x"], b"y") == (b"x", b"y")


@pytest.mark.parametrize(
    ("inputs", "join", "outputs", "payload", "kept"),
    [
        ("$[1:]", "Input", "$", b"1,2\n3,4", b"a,1,2,0.5\nb,3,4,0.7"),
        ("$[1:]", "Input", "$[0,-1]", b"1,2\n3,4", b"a,0.5\nb,0.7"),
        ("$[1]", "Input", "$[3]", b"1\n3", b"0.5\n0.7"),
        ("$[-1]", "Input", "$[1:]", b"2\n4", b"1,2,0.5\n3,4,0.7"),
        ("$[0,2]", "None", "$[0]", b"a,2\nb,4", b"0.5\n0.7"),
    ],
)
def test_csv(inputs, join, outputs, payload, kept):
    assert through("text/csv", inputs, join, outputs, [b"a,1,2", b"b,3,4"], b"0.5\n0.7\n") == (payload, kept)


def test_csv_results_in_other_forms_are_matched():
    for body, answered in ((b"[0.5,0.7]", "application/json"), (b"0.5,0.7", "text/csv; charset=utf-8"),
                           (b'{"predictions":[{"score":0.5},{"score":0.7}]}', "application/json")):  # fmt: skip
        _, kept = through("text/csv", "$", "Input", "$", [b"a", b"b"], body, answered)
        assert kept == b"a,0.5\nb,0.7"


def test_the_quick_ways_choose_what_the_careful_one_does():
    chance = random.Random(3)
    cells = ["1", "x", " ", "a,b", 'q"q', "é"]
    for _ in range(300):
        width = chance.randint(1, 5)
        rows = [[chance.choice(cells) for _ in range(width)] for _ in range(chance.randint(1, 5))]
        lines = []
        for row in rows:
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="").writerow(row)
            lines.append(buffer.getvalue().encode())
        predictions = [[str(chance.randint(0, 9))] for _ in rows]
        body = "\n".join(one[0] for one in predictions).encode()
        path = chance.choice(["$[0,-1]", "$[0]", "$[-1]", "$[1:]", "$[:1]", "$[-1,0]"])
        _, kept = through("text/csv", "$", "Input", path, lines, body)
        items = paths.columns(paths.parse(path))
        expected = [paths.picked(row + one, items) for row, one in zip(rows, predictions, strict=True)]
        assert list(csv.reader(io.StringIO(kept.decode()))) == expected, (path, rows)


@pytest.mark.parametrize("path", ["$[7]", "$[7:]", "$[0,7]"])
def test_a_column_that_a_row_has_not_is_said_with_the_row(path):
    with pytest.raises(BadData) as bad:
        make("text/csv", path, "None", "$").payload([b"1,2,3,4,5,6,7,8", b"1,2"])
    assert bad.value.index == 1


def test_results_that_can_not_be_matched_are_refused():
    with pytest.raises(BadData, match="3 results for 2 records"):
        through("text/csv", "$", "Input", "$", [b"1", b"2"], b"1\n2\n3")


def test_json_lines():
    records = [b'{"id": 1, "features": [1, 2]}', b'{"id": 2, "features": [3, 4]}']
    payload, kept = through(
        "application/jsonlines",
        "$.features",
        "Input",
        "$['id','SageMakerOutput']",
        records,
        b'{"score":0.5}\n{"score":0.7}\n',
    )
    assert payload.replace(b" ", b"") == b"[1,2]\n[3,4]"
    assert kept.replace(b" ", b"") == (
        b'{"id":1,"SageMakerOutput":{"score":0.5}}\n{"id":2,"SageMakerOutput":{"score":0.7}}'
    )
    with pytest.raises(BadData) as bad:
        make("application/jsonlines", "$.features", "None", "$").payload([records[0], b"{}"])
    assert bad.value.index == 1


def test_a_json_document_is_kept_whole():
    _, kept = through("application/json", "$", "Input", "$", [b"[1, 2]"], b'{"predictions": [3]}')
    assert kept.replace(b" ", b"") == b'{"SageMakerInput":[1,2],"SageMakerOutput":{"predictions":[3]}}'
    _, kept = through("application/json", "$", "Input", "$", [b'{"key": 1}'], b'{"label": 1}')
    assert kept.replace(b" ", b"") == b'{"key":1,"SageMakerOutput":{"label":1}}'


def test_other_forms_have_no_fields():
    with pytest.raises(paths.BadPath):
        make("image/png", "$", "Input", "$")
    assert isinstance(make("image/png", "$", "None", "$"), shapes.Plain)
