"""The part of JSONPath that batch transform knows, against its table of operators and against plain Python."""

import random

import pytest

from studiolo.workloads.transform.paths import BadPath, NoMatch, apply, columns, parse, picked, reader

ROW = [10, 11, 12, 13, 14]
OBJECT = {"id": 7, "features": [1, 2, 3], "a b": {"x": 1, "y": 2}, "SageMakerOutput": {"score": 0.5}}


@pytest.mark.parametrize(
    ("path", "document", "expected"),
    [
        ("$", ROW, ROW),
        ("$[0]", ROW, 10),
        ("$[-1]", ROW, 14),
        ("$[1:]", ROW, [11, 12, 13, 14]),
        ("$[:2]", ROW, [10, 11]),
        ("$[1:3]", ROW, [11, 12]),
        ("$[-2:]", ROW, [13, 14]),
        ("$[0, 3,-1]", ROW, [10, 13, 14]),
        ("$[0,3:]", ROW, [10, 13, 14]),
        ("$[*]", ROW, ROW),
        ("$.id", OBJECT, 7),
        ("$.features", OBJECT, [1, 2, 3]),
        ("$.features[1]", OBJECT, 2),
        ("$['a b'].x", OBJECT, 1),
        ("$.['a b']['x','y']", OBJECT, {"x": 1, "y": 2}),
        ("$['a b'].*", OBJECT, [1, 2]),
        ("$['id','SageMakerOutput']", OBJECT, {"id": 7, "SageMakerOutput": {"score": 0.5}}),
        ("$.SageMakerOutput.score", OBJECT, 0.5),
        (r"$['it\'s']", {"it's": 1}, 1),
        ("$[']']", {"]": 1}, 1),
    ],
)
def test_a_path_leads_to(path, document, expected):
    assert apply(parse(path), document) == expected == reader(parse(path))(document)


@pytest.mark.parametrize(
    "path", ["", "id", "$..a", "$[", "$[1", "$['a", "$[?(@.a)]", "$[1,]", "$['a',1]", "$.", "$x", "$[]"]
)
def test_what_is_no_path_is_refused(path):
    with pytest.raises(BadPath):
        parse(path)


@pytest.mark.parametrize(
    ("path", "document"), [("$[9]", ROW), ("$.none", OBJECT), ("$[0]", OBJECT), ("$.id", ROW), ("$.*", 3)]
)
def test_what_is_not_there_is_said(path, document):
    for read in (lambda document: apply(parse(path), document), reader(parse(path))):
        with pytest.raises(NoMatch):
            read(document)


@pytest.mark.parametrize("path", ["$.a", "$[0][1]", "$['a']"])
def test_a_row_knows_indexes_only(path):
    with pytest.raises(BadPath):
        columns(parse(path))


def test_columns_are_what_python_would_choose():
    chance = random.Random(0)
    for _ in range(500):
        row = list(range(chance.randint(1, 8)))
        words, expected = [], []
        for _ in range(chance.randint(1, 3)):
            if chance.random() < 0.5:
                at = chance.randrange(-len(row), len(row))
                words.append(str(at))
                expected.append(row[at])
            else:
                start, stop = (chance.choice(["", chance.randint(-9, 9)]) for _ in range(2))
                words.append(f"{start}:{stop}")
                expected += row[slice(*(None if one == "" else one for one in (start, stop)))]
        items = columns(parse(f"$[{','.join(words)}]"))
        assert (row if items is None else picked(row, items)) == expected, words
