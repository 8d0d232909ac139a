"""Many models in one instance: each with its own code, loaded when asked, dropped when memory runs short."""

import json

ONE = """
import helper
def model_fn(folder): return folder
def transform_fn(model, body, kind, accept):
    import late
    return f"{helper.NAME} {late.NAME}"
"""
FAT = """
import os
def model_fn(folder): return bytearray(os.urandom(1 << 20) * 64)
def transform_fn(model, body, kind, accept):
    return str(len(model))
"""


def invoke(instance, id, body=b"x"):
    return instance.ask(body, f"/models/{id}/invoke", x_amzn_sagemaker_target_model=f"{id}.tar.gz")


def loaded(instance):
    status, body = instance.ask(path="/models", method="GET")
    assert status == 200
    return {one["modelName"] for one in json.loads(body)["models"]}


def own(instance, id, name):
    folder = instance.root / "models" / id
    instance.models({id: ONE})
    (folder / "helper.py").write_text(f"NAME = '{name}'")
    (folder / "late.py").write_text(f"NAME = 'late-{name}'")


def test_models_have_their_own_modules(instance):
    for name in "abcdef":
        own(instance, name, name)
    instance.start(workers=2, SAGEMAKER_MULTI_MODEL="true")
    assert loaded(instance) == set()
    link = instance.link()
    for _ in range(2):
        for name in "abcdef":
            assert link.ask(b"x", f"/models/{name}/invoke") == (200, f"{name} late-{name}".encode())
    assert loaded(instance) == set("abcdef")


def test_one_that_can_not_be_loaded_says_why_and_the_others_go_on(instance):
    instance.models({"bad": "raise ValueError('the weights are missing')", "leaves": "import sys; sys.exit(1)"})
    own(instance, "good", "good")
    instance.start(SAGEMAKER_MULTI_MODEL="true")
    status, body = invoke(instance, "bad")
    assert status == 500 and b"Failed to load the model bad.tar.gz: ValueError: the weights are missing" in body
    assert invoke(instance, "leaves")[0] == 500
    assert invoke(instance, "good")[0] == 200
    assert invoke(instance, "absent")[0] == 404
    assert invoke(instance, "..")[0] == 404
    assert loaded(instance) == {"good"}


def test_unloading(instance):
    own(instance, "a", "a")
    instance.start(workers=2, SAGEMAKER_MULTI_MODEL="true")
    assert instance.ask(path="/models/a", method="DELETE")[0] == 404
    assert invoke(instance, "a")[0] == 200
    assert instance.json({}, path="/models/a", method="GET")[1]["modelName"] == "a"
    assert instance.ask(path="/models/a", method="DELETE")[0] == 200
    assert loaded(instance) == set()
    assert instance.ask(path="/models/a", method="GET")[0] == 404
    assert invoke(instance, "a")[0] == 200


def test_the_longest_unused_goes_when_memory_is_short(instance):
    instance.models({f"m{n}": FAT for n in range(10)})
    instance.start(SAGEMAKER_MULTI_MODEL="true", STUDIOLO_MEMORY=str(450 * 2**20))
    for turn in range(10):
        assert invoke(instance, f"m{turn}") == (200, str(64 * 2**20).encode())
        assert invoke(instance, "m0")[0] == 200
    there = loaded(instance)
    assert {"m0", "m9"} <= there and 2 <= len(there) <= 6
    assert invoke(instance, "m1")[0] == 200
    assert "ended" not in instance.log


def test_shared_code_serves_every_model(instance):
    instance.code("def model_fn(folder): return open(folder + '/name').read()\n"
                  "def transform_fn(model, body, kind, accept): return model\n", "code")  # fmt: skip
    for name in ("x", "y"):
        (instance.root / "models" / name).mkdir()
        (instance.root / "models" / name / "name").write_text(f"I am {name}")
    instance.start(workers=2, SAGEMAKER_MULTI_MODEL="true")
    assert [invoke(instance, name)[1] for name in "xyx"] == [b"I am x", b"I am y", b"I am x"]
