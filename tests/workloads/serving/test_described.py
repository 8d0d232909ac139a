from types import SimpleNamespace as Thing

import numpy as np

from studiolo.workloads.serving import described
from studiolo.workloads.serving.described import Column
from studiolo.workloads.serving.served import Served, Tabular

NAMES = ["city", "size", "note", "plan"]
ENCODER = Thing(categories_=[np.array(["Urbino", "Gubbio"], dtype=object)])


def texts(model, names=NAMES):
    return {one.name: one.sample for one in described.columns(model, names) if one.datatype == "BYTES"}


def test_each_library_says_how_wide_in_its_own_word():
    for model in (
        Thing(n_features_in_=3),
        Thing(num_feature=lambda: 3),
        Thing(num_features=lambda: 3),
        Thing(feature_names_=["a", "b", "c"]),
    ):
        assert described.width(model) == 3
    assert described.width(Thing()) is None


def test_columns_are_texts_where_their_encoder_knows_texts():
    assert texts(Thing()) == {}
    for chosen in (["city"], [0], slice(0, 1), slice("city", "city"), [True, False, False, False], "city"):
        assert texts(Thing(transformers_=[("a", ENCODER, chosen), ("b", "drop", [1])])) == {"city": "Urbino"}, chosen
    # Numbers may be encoded, too.
    assert texts(Thing(transformers_=[("a", Thing(categories_=[np.array([1, 2])]), ["size"])])) == {}
    assert texts(Thing(transformers_=[("a", Thing(vocabulary_={"good": 0}), "note")])) == {"note": "good"}


def test_columns_are_known_behind_what_fills_holes():
    filler = Thing(statistics_=np.array([1.5, 2.5]))
    words = Thing(statistics_=np.array(["basic"], dtype=object))
    inner = Thing(steps=[("fill", filler), ("encode", ENCODER)])
    plan = Thing(steps=[("fill", words), ("scale", Thing())])
    columns = Thing(transformers_=[("a", inner, ["city"]), ("b", plan, [3])])
    assert texts(Thing(steps=[("columns", columns), ("model", Thing())])) == {"city": "Urbino", "plan": "basic"}
    # Behind another step the columns are not those of the table any more.
    assert texts(Thing(steps=[("scale", Thing()), ("columns", columns)])) == {}


def test_catboost_names_its_columns_of_text():
    model = Thing(get_cat_feature_indices=lambda: [0], get_text_feature_indices=lambda: [2])
    assert texts(model) == {"city": "a", "note": "a"}


def test_what_comes_back_is_described_by_predicting():
    model = Served(lambda data: data @ np.ones((2, 3), dtype="float32"), Thing(n_features_in_=2))
    assert model.inputs() == [{"name": "input", "datatype": "FP32", "shape": [-1, 2]}]
    assert model.outputs() == [{"name": "predict", "datatype": "FP32", "shape": [-1, 3]}]


def test_a_table_with_names_is_an_input_for_each():
    steps = Thing(transformers_=[("a", ENCODER, ["city"])])
    model = Tabular(lambda table: table["city"] == "Urbino", steps, NAMES[:2], texts=True)
    assert [tuple(one.values()) for one in model.inputs()] == [("city", "BYTES", [-1, 1]), ("size", "FP64", [-1, 1])]
    assert model.outputs() == [{"name": "predict", "datatype": "BOOL", "shape": [-1]}]
    assert model.columns() == [Column("city", "BYTES", "Urbino"), Column("size")]


def test_a_model_that_takes_no_made_up_rows_tells_nothing_of_its_answers():
    def refuse(data):
        raise ValueError("no such city")

    assert Served(refuse, Thing(n_features_in_=2)).outputs() == []
    assert Served(lambda data: data, Thing()).outputs() == []
