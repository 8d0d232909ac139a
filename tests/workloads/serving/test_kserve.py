"""The open inference protocol's tensors, into arrays and back."""

import json

import numpy as np
import pytest

from studiolo.workloads.serving import kserve
from studiolo.workloads.serving.errors import Refused


def asked(*inputs, **more):
    found = kserve.request(json.dumps({"inputs": list(inputs), **more}).encode())
    assert found is not None
    return found


def tensor(name="x", shape=(2, 2), datatype="FP32", data=(1, 2, 3, 4)):
    return {"name": name, "shape": list(shape), "datatype": datatype, "data": list(data)}


@pytest.mark.parametrize("body", [b'{"inputs": [[1, 2]]}', b'{"instances": []}', b"[1]", b'{"inputs": "datatype', b""])
def test_other_bodies_are_left_to_others(body):
    assert kserve.request(body) is None


def test_tensors_are_read_flat_and_nested():
    assert asked(tensor()).tensors["x"].tolist() == [[1, 2], [3, 4]]
    nested = tensor() | {"data": [[1, 2], [3, 4]]}
    assert asked(nested).tensors["x"].dtype == np.float32
    assert asked(tensor(datatype="INT64")).tensors["x"].dtype == np.int64
    assert asked(tensor(datatype="BYTES", data=("a", "b", "c", "d"))).tensors["x"][0].tolist() == ["a", "b"]


def test_columns_become_one_table():
    two = asked(tensor("a", (2,), data=(1, 2)), tensor("b", (2, 1), data=(3, 4)))
    assert kserve.joined(two.tensors).tolist() == [[1, 3], [2, 4]]
    with pytest.raises(Refused):
        kserve.joined(asked(tensor("a", (2,), data=(1, 2)), tensor("b", (3,), data=(1, 2, 3))).tensors)


@pytest.mark.parametrize(
    "bad",
    [
        tensor(datatype="FP99"),
        tensor(shape=(3, 2)),
        tensor(shape=(-1, 2)),
        tensor(data=("a", 2, 3, 4)),
        {"name": "x", "datatype": "FP32", "data": [1]},
        {"name": "x", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": 4}},
    ],
)
def test_bad_tensors_are_refused_with_400(bad):
    with pytest.raises(Refused) as refused:
        asked(bad)
    assert refused.value.status == 400 and "x" in refused.value.message


def test_a_name_twice_is_refused():
    with pytest.raises(Refused):
        asked(tensor(), tensor())


def test_answers_take_the_same_form():
    document = kserve.Answered(asked(tensor(), id="7"), np.array([0.5, 1.5], np.float32)).document("line")
    assert document == {
        "model_name": "line",
        "id": "7",
        "outputs": [{"name": "predict", "shape": [2], "datatype": "FP32", "data": [0.5, 1.5]}],
    }
    texts = kserve.answer({}, np.array(["a", "b"]), "m")["outputs"][0]
    assert (texts["datatype"], texts["data"]) == ("BYTES", ["a", "b"])


def test_outputs_are_those_asked_for():
    both = {"label": np.array([1]), "score": np.array([0.5])}
    assert [one["name"] for one in kserve.answer({}, both, "m")["outputs"]] == ["label", "score"]
    assert [one["name"] for one in kserve.answer({"outputs": [{"name": "score"}]}, both, "m")["outputs"]] == ["score"]
    assert kserve.answer({"outputs": [{"name": "y"}]}, np.array([1]), "m")["outputs"][0]["name"] == "y"
    with pytest.raises(Refused):
        kserve.answer({"outputs": [{"name": "y"}]}, both, "m")
