"""Hyperparameters as arguments and variables, as AWS's toolkit hands them to a script."""

import json

from studiolo.workloads.training.environment import Config, arguments, decode, variables


def test_values_are_decoded_where_they_are_json():
    assert [decode(one) for one in ('"a"', "a", "1", "1.5", "true", "[1]", "1e-3")] == [
        "a",
        "a",
        1,
        1.5,
        True,
        [1],
        0.001,
    ]


def test_arguments_are_sorted_and_dashed():
    assert arguments({"lr": 0.1, "C": 2, "flag": True, "names": ["a"], "map": {"b": 1}}) == [
        "-C", "2", "--flag", "True", "--lr", "0.1", "--map", "b=1", "--names", '["a"]',
    ]  # fmt: skip


def test_variables_of_one_host(tmp_path):
    folder = tmp_path / "input" / "config"
    folder.mkdir(parents=True)
    (folder / "hyperparameters.json").write_text(json.dumps({"depth": "3", "sagemaker_program": '"train.py"'}))
    (folder / "inputdataconfig.json").write_text(json.dumps({"train": {}}))
    (folder / "resourceconfig.json").write_text(json.dumps({"hosts": ["algo-1", "algo-2"], "current_host": "algo-2"}))
    found = variables(Config(tmp_path), "train.py", [])
    assert found["SM_HPS"] == '{"depth":3}' and found["SM_HP_DEPTH"] == "3"
    assert found["SM_CHANNEL_TRAIN"] == str(tmp_path / "input" / "data" / "train")
    assert (found["SM_HOSTS"], found["SM_CURRENT_HOST_RANK"], found["SM_MASTER_ADDR"]) == (
        '["algo-1","algo-2"]',
        "1",
        "algo-1",
    )
    assert json.loads(found["SM_TRAINING_ENV"])["hyperparameters"] == {"depth": 3}
