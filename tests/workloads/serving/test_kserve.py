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
    body, kind = kserve.Answered(asked(tensor(), id="7"), np.array([0.5, 1.5], np.float32)).body("line")
    assert kind == "application/json" and json.loads(body) == {
        "model_name": "line",
        "id": "7",
        "outputs": [{"name": "predict", "shape": [2], "datatype": "FP32", "data": [0.5, 1.5]}],
    }
    assert outputs({}, np.array(["a", "b"])) == [
        {"name": "predict", "shape": [2], "datatype": "BYTES", "data": ["a", "b"]}
    ]


def outputs(document, prediction):
    return json.loads(kserve.Answered(kserve.Asked(document, {}), prediction).body("m")[0])["outputs"]


def test_outputs_are_those_asked_for():
    both = {"label": np.array([1]), "score": np.array([0.5])}
    assert [one["name"] for one in outputs({}, both)] == ["label", "score"]
    assert [one["name"] for one in outputs({"outputs": [{"name": "score"}]}, both)] == ["score"]
    assert outputs({"outputs": [{"name": "y"}]}, np.array([1]))[0]["name"] == "y"
    with pytest.raises(Refused):
        outputs({"outputs": [{"name": "y"}]}, both)


def binary(document, tail):
    head = json.dumps(document).encode()
    return kserve.request(head + tail, kserve.typed(len(head)))


def sized(name, shape, datatype, size):
    return {"name": name, "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": size}}


def test_binary_tensors_follow_the_json():
    numbers, texts = np.arange(4, dtype="<i2"), b"\x01\x00\x00\x00a\x02\x00\x00\x00bc"
    inputs = [sized("n", [2, 2], "INT16", 8), tensor("x", (1,), data=(5,)), sized("t", [2], "BYTES", len(texts))]
    document = {"inputs": inputs, "parameters": {"binary_data_output": True}, "outputs": [
        {"name": "n"}, {"name": "x", "parameters": {"binary_data": False}}, {"name": "t"}]}  # fmt: skip
    asked = binary(document, numbers.tobytes() + texts)
    assert asked.tensors["n"].tolist() == [[0, 1], [2, 3]] and asked.tensors["t"].tolist() == ["a", "bc"]
    body, kind = kserve.Answered(asked, asked.tensors).body("m")
    size = kserve.head_size(kind)
    n, x, t = json.loads(body[:size])["outputs"]
    assert x == {"name": "x", "shape": [1], "datatype": "FP32", "data": [5.0]}
    assert n == sized("n", [2, 2], "INT16", 8) and t == sized("t", [2], "BYTES", len(texts))
    assert body[size:] == numbers.tobytes() + texts


@pytest.mark.parametrize(
    "inputs, tail",
    [
        ([sized("x", [2], "FP32", 8)], b"1234"),
        ([sized("x", [2], "FP32", 4)], b"1234"),
        ([sized("x", [1], "FP32", 4)], b"12345"),
        ([sized("x", [1], "FP32", -4)], b""),
        ([sized("x", [1], "BYTES", 5)], b"\x09\x00\x00\x00a"),
        ([sized("x", [2], "BYTES", 5)], b"\x01\x00\x00\x00a"),
        ([sized("x", [1], "FP32", 4) | {"data": [1]}], b"1234"),
        ([tensor(datatype="INT8", data=(1, 2, 3, 400))], b""),
        ([tensor(datatype="INT8", data=(1, 2, 3, 0.5))], b""),
        ([tensor(datatype="BOOL")], b""),
        ([tensor(datatype="BYTES")], b""),
        ([tensor("")], b""),
        ([{}], b""),
        ([1], b""),
        ([], b""),
        ("x", b""),
    ],
)
def test_what_is_no_request_is_refused(inputs, tail):
    with pytest.raises(Refused) as refused:
        binary({"inputs": inputs}, tail)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "more",
    [
        {"outputs": 1},
        {"outputs": [{}]},
        {"parameters": []},
        {"parameters": {"sequence_id": 4}},
        {"outputs": [{"name": "y", "parameters": {"classification": 2}}]},
    ],
)
def test_what_can_not_be_given_is_refused(more):
    with pytest.raises(Refused):
        kserve.check(json.dumps({"inputs": [tensor()], **more}).encode())
