"""What the built-in algorithms say of requests and data that are wrong; training itself is proven end to end."""

import json
import pickle
from pathlib import Path

import pytest

from studiolo.workloads.training import boosting
from studiolo.workloads.training.environment import Config
from studiolo.workloads.training.tables import ClientError, read


def config(root, hyperparameters=None, channels=("train",), hosts=("algo-1",), data="1,2,3\n0,4,5\n", kind="text/csv"):
    folder = root / "input" / "config"
    folder.mkdir(parents=True)
    (folder / "hyperparameters.json").write_text(json.dumps(hyperparameters or {}))
    (folder / "resourceconfig.json").write_text(json.dumps({"hosts": list(hosts), "current_host": hosts[0]}))
    (folder / "inputdataconfig.json").write_text(json.dumps({name: {"ContentType": kind} for name in channels}))
    for name in channels:
        (root / "input" / "data" / name).mkdir(parents=True)
        if data is not None:
            (root / "input" / "data" / name / "rows").write_text(data)
    return Config(root)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"hosts": ("algo-1", "algo-2")}, "train on one instance"),
        ({"channels": ("validation",)}, "a channel named train"),
        ({"data": None}, "The channel train holds no files."),
        ({"kind": "image/png"}, "content type image/png is not supported"),
        ({"data": "1\n0\n"}, "has 1 column"),
        ({"data": "a,b\nc,d\n"}, "can't be read as csv of numbers without a header"),
        ({"data": "1 x:2\n", "kind": "text/libsvm"}, "rows, line 1 is no libsvm line"),
    ],
)
def test_wrong_requests_and_data_are_said_so(tmp_path, more, sentence):
    with pytest.raises(ClientError, match=sentence):
        boosting.train(config(tmp_path, {"num_round": "3"}, **more), "xgboost")


def test_cross_validation_is_refused_by_name(tmp_path):
    with pytest.raises(ClientError, match="_kfold"):
        boosting.train(config(tmp_path, {"num_round": "3", "_kfold": "5"}), "xgboost")


class Booster:
    """As much of XGBoost's as saving needs."""

    def save_model(self, path):
        Path(path).write_bytes(b"its own form")


@pytest.mark.parametrize(
    ("tag", "pickled"),
    [
        ("0.90-1-cpu-py3", True),
        ("1.0-1-cpu-py3", True),
        ("1.2-2", True),
        ("1.3-1", False),
        ("1.7-1", False),
        ("3.0-5", False),
        ("latest", False),
    ],
)
def test_models_are_saved_as_the_images_version_does(tmp_path, tag, pickled):
    boosting._save(
        Booster(), tmp_path / "xgboost-model", f"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:{tag}"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["xgboost-model"]
    held = (tmp_path / "xgboost-model").read_bytes()
    assert isinstance(pickle.loads(held), Booster) if pickled else held == b"its own form"


@pytest.mark.parametrize(
    ("value", "sentence"), [("x", "must be a whole number"), ("0", "at least 1"), ("-3", "at least 1")]
)
def test_wrong_numbers_are_said_so(tmp_path, value, sentence):
    with pytest.raises(ClientError, match=f"num_round.*{sentence}"):
        boosting._number({"num_round": value}, "num_round", None)


def test_weights_and_labels_are_taken_off(tmp_path):
    held = config(tmp_path, data="1,0.5,3,4\n0,2,5,6\n")
    folder = held.root / "input" / "data" / "train"
    features, labels, weights = read(folder, "text/csv", csv_weights=True)
    assert (features.tolist(), labels.tolist(), weights.tolist()) == ([[3, 4], [5, 6]], [1, 0], [0.5, 2])
    features, labels, weights = read(folder, "text/csv")
    assert (features.shape, weights) == ((2, 3), None)


def test_records_are_read_with_their_labels(tmp_path):
    whole = bytes.fromhex(
        "0a23d7ce330000000a190a0676616c756573120f3a0d0a0b01feffffffffffffffff0112160a0676616c756573120c1a0a0a08000000000000f03f00"
        "0a23d7ce2a0000000a100a0676616c75657312063a040a02000412160a0676616c756573120c1a0a0a0800000000000000000000"
    )
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(whole)
    features, labels, weights = read(tmp_path, "application/x-recordio-protobuf")
    assert (features.tolist(), labels.tolist(), weights) == ([[1, -2], [0, 4]] * 2, [1, 0, 1, 0], None)
    (tmp_path / "c").write_bytes(b"1,2\n")
    with pytest.raises(ClientError, match="c is no RecordIO-protobuf"):
        read(tmp_path, "application/x-recordio-protobuf")


def test_checkpoints_are_found_by_number(tmp_path):
    assert boosting._last_checkpoint(tmp_path) == (None, 0)
    for number in (9, 19, 109):
        (tmp_path / f"xgboost-checkpoint.{number}.ubj").touch()
    assert boosting._last_checkpoint(tmp_path) == (str(tmp_path / "xgboost-checkpoint.109.ubj"), 110)
