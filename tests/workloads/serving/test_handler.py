"""A user's own functions and the defaults around them, by AWS's rules."""

import json

import pytest

from studiolo.workloads.serving.errors import NoModel
from studiolo.workloads.serving.handler import Handler


@pytest.fixture
def handler(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(code: str | None, framework: str = "python") -> Handler:
        monkeypatch.setenv("STUDIOLO_FRAMEWORK", framework)
        (tmp_path / "model" / "code").mkdir(parents=True)
        if code is not None:
            (tmp_path / "model" / "code" / "inference.py").write_text(code)
        return Handler(tmp_path)

    return make


SUM = "class M:\n    def predict(self, data): return data.sum(axis=1)\ndef model_fn(model_dir): return M()\n"


def test_the_defaults_complete_a_model_fn(handler):
    one = handler(SUM)
    assert one(b"1,2\n3,4", "text/csv", "text/csv") == (200, "text/csv", b"3.0\n7.0")
    assert one(b"[[1, 2]]", "application/json", "*/*") == (200, "application/json", b"[3.0]")


def test_tensors_are_answered_as_tensors(handler):
    body = {"inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}]}
    status, kind, out = handler(SUM)(json.dumps(body).encode(), "application/json", "*/*")
    assert (status, kind) == (200, "application/json")
    assert json.loads(out)["outputs"] == [{"name": "predict", "shape": [2], "datatype": "FP32", "data": [3.0, 7.0]}]


def test_own_functions_see_what_aws_gives_them(handler):
    one = handler(
        "def model_fn(model_dir): return 2\n"
        "def input_fn(body, content_type, context): return (type(body).__name__, content_type)\n"
        "def predict_fn(data, model): return [*data, model]\n"
        "def output_fn(prediction, accept): return repr(prediction), 'text/x-own'\n"
    )
    assert one(b"{}", "application/json", "") == (200, "text/x-own", b"['str', 'application/json', 2]")
    assert one(b"\xff", "image/png", "")[2] == b"['bytes', 'image/png', 2]"


def test_pieces_are_streamed(handler):
    one = handler("def transform_fn(model, data, kind, accept):\n    yield 'a'\n    yield b'b'\n")
    assert list(one(b"x", "text/plain", "")[2]) == [b"a", b"b"]


def test_a_failing_function_is_a_500_with_its_words(handler, capfd):
    one = handler(SUM + "def predict_fn(data, model): raise RuntimeError('no luck')\n")
    assert one(b"1", "text/csv", "") == (500, "text/plain; charset=utf-8", b"RuntimeError: no luck")
    assert "Traceback" in capfd.readouterr().err
    assert one(b"x", "text/csv", "")[0] == 400
    assert one(b"1", "image/png", "")[0] == 415


@pytest.mark.parametrize("framework", ["python", "sklearn"])
def test_a_folder_without_a_model_says_what_was_looked_for(handler, framework):
    with pytest.raises(NoModel, match=r"inference\.py"):
        handler(None, framework)
