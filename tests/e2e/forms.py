"""Trains a small model of one framework and saves it in each form that is served: one folder a form, below argv[2].

Runs in the framework's own environment (test_formats.py starts it there). The model learns y = 2a - b, or whether it is
positive; expected.json says for each form what it answers to ROWS.
"""

import json
import pickle
import struct
import sys
from pathlib import Path

import numpy as np

ROWS = np.array([[3.0, 1.0], [-2.0, 1.0], [0.5, 4.0]], dtype="float32")
OUT = Path(sys.argv[2])
EXPECTED: dict[str, list] = {}


def data():
    features = np.random.default_rng(7).normal(0, 3, (300, 2)).astype("float32")
    return features, 2 * features[:, 0] - features[:, 1]


def form(name: str, expected) -> Path:
    EXPECTED[name] = np.asarray(expected).tolist()
    (OUT / name).mkdir(parents=True)
    return OUT / name


def dump(model, path: Path) -> None:
    with path.open("wb") as file:
        pickle.dump(model, file)


def mlmodel(folder: Path, flavour: str, **settings: str) -> None:
    lines = "".join(f"    {name}: {value}\n" for name, value in settings.items())
    (folder / "MLmodel").write_text(
        f"artifact_path: model\nflavors:\n  {flavour}:\n{lines}  python_function:\n    env: conda.yaml\nmodel_uuid: x\n"
    )


def sklearn() -> None:
    import joblib
    import pandas as pd
    import skops.io
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    features, target = data()
    model = LogisticRegression().fit(features, target > 0)
    said = model.predict(ROWS)
    joblib.dump(model, form("joblib", said) / "model.joblib")
    dump(model, form("pickle", said) / "churn.pkl")
    skops.io.dump(model, form("skops", said) / "model.skops")
    folder = form("mlflow", said)
    dump(model, folder / "model.pkl")
    mlmodel(folder, "sklearn", pickled_model="model.pkl", serialization_format="cloudpickle")
    table = pd.DataFrame({"city": ["Urbino", "Gubbio"] * 20, "size": range(40)})
    steps = make_column_transformer((OneHotEncoder(), ["city"]), ("passthrough", ["size"]))
    named = make_pipeline(steps, LogisticRegression()).fit(table, table["city"] == "Urbino")
    joblib.dump(named, form("columns", [True, False]) / "model.joblib")


def xgboost() -> None:
    import xgboost as xgb

    features, target = data()
    booster = xgb.train({"max_depth": 3}, xgb.DMatrix(features, target), 20)
    said = booster.inplace_predict(ROWS)
    dump(booster, form("pickle", said) / "xgboost-model")
    for ending in ("json", "ubj"):
        booster.save_model(form(ending, said) / f"model.{ending}")
    booster.save_model(form("bst", said) / "model.ubj")
    (OUT / "bst" / "model.ubj").rename(OUT / "bst" / "model.bst")
    classifier = xgb.XGBClassifier(n_estimators=5).fit(features, target > 0)
    dump(classifier, form("classifier", classifier.predict_proba(ROWS)[:, 1]) / "model.pkl")
    other = xgb.train({"max_depth": 2}, xgb.DMatrix(features, target), 5)
    several = form("several", (said + other.inplace_predict(ROWS)) / 2)
    dump(booster, several / "xgboost-model-0")
    dump(other, several / "xgboost-model-1")
    folder = form("mlflow", said)
    booster.save_model(folder / "model.xgb.json")
    (folder / "model.xgb.json").rename(folder / "model.xgb")
    mlmodel(folder, "xgboost", data="model.xgb", model_class="xgboost.core.Booster")


def lightgbm() -> None:
    import lightgbm as lgb

    features, target = data()
    booster = lgb.train({"verbosity": -1}, lgb.Dataset(features, target), 20)
    booster.save_model(form("text", booster.predict(ROWS)) / "model.txt")
    dump(booster, form("pickle", booster.predict(ROWS)) / "model.pkl")
    classifier = lgb.LGBMClassifier(n_estimators=5, verbosity=-1).fit(features, target > 0)
    dump(classifier, form("classifier", classifier.predict(ROWS)) / "model.pkl")


def catboost() -> None:
    import catboost

    features, target = data()
    quiet = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
    model = catboost.CatBoostRegressor(iterations=20, **quiet).fit(features, target)
    model.save_model(str(form("cbm", model.predict(ROWS)) / "model.cbm"))
    model.save_model(str(form("json", model.predict(ROWS)) / "model.json"), format="json")
    dump(model, form("pickle", model.predict(ROWS)) / "model.pkl")
    classifier = catboost.CatBoostClassifier(iterations=10, **quiet).fit(features, (target > 0).astype(int))
    classifier.save_model(str(form("classifier", classifier.predict(ROWS)) / "model.cbm"))


def pytorch() -> None:
    import torch

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.line = torch.nn.Linear(2, 1)

        def forward(self, x):
            return self.line(x)

    features, target = (torch.from_numpy(one) for one in data())
    net = Net()
    optimiser = torch.optim.LBFGS(net.parameters())

    def closure():
        optimiser.zero_grad()
        loss = ((net(features)[:, 0] - target) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(5):
        optimiser.step(closure)
    net.eval()
    said = net(torch.from_numpy(ROWS)).detach().numpy()
    torch.jit.script(net).save(str(form("torchscript", said) / "model.pt"))
    rows = torch.export.Dim("rows", min=1)
    program = torch.export.export(net, (torch.from_numpy(ROWS),), dynamic_shapes={"x": {0: rows}})
    torch.export.save(program, str(form("export", said) / "model.pt2"))
    folder = form("state", said)
    torch.save(net.state_dict(), folder / "model.pth")
    (folder / "code").mkdir()
    (folder / "code" / "inference.py").write_text(
        "import os, torch\n"
        "def model_fn(model_dir):\n"
        "    net = torch.nn.Sequential()\n"
        "    net.add_module('line', torch.nn.Linear(2, 1))\n"
        "    net.load_state_dict(torch.load(os.path.join(model_dir, 'model.pth'), weights_only=True))\n"
        "    return net.eval()\n"
    )


def _field(number: int, value) -> bytes:
    """One field of a protocol buffer: bytes or text by length, a number as a varint."""
    if isinstance(value, int):
        return bytes([number << 3]) + _varint(value)
    value = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _tensor(name: str, array) -> bytes:
    sizes = b"".join(_field(1, size) for size in array.shape)
    return sizes + _field(2, 1) + _field(8, name) + _field(9, struct.pack(f"<{array.size}f", *array.ravel()))


def _value(name: str, columns: int) -> bytes:
    shape = _field(1, _field(2, "rows")) + _field(1, _field(1, columns))
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, shape)))


def onnx() -> None:
    """The format's own bytes by hand: a Gemm, as any exporter would write it."""
    features, target = data()
    weights = np.linalg.lstsq(features, target, rcond=None)[0].astype("float32").reshape(2, 1)
    node = b"".join(_field(1, one) for one in ("x", "w", "b")) + _field(2, "y") + _field(4, "Gemm")
    graph = _field(1, node) + _field(2, "line") + _field(5, _tensor("w", weights))
    graph += _field(5, _tensor("b", np.zeros(1, "float32"))) + _field(11, _value("x", 2)) + _field(12, _value("y", 1))
    model = _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13))
    (form("onnx", ROWS @ weights) / "model.onnx").write_bytes(model)


def python() -> None:
    """What has no loader: an own inference.py, and MLflow's pyfunc, for which the folder's requirements bring MLflow."""
    folder = form("own", [5.0, -5.0, -3.0])
    (folder / "inference.py").write_text(
        "import json\n"
        "def model_fn(model_dir): return 2\n"
        "def input_fn(body, content_type): return json.loads(body)\n"
        "def predict_fn(data, model): return [model * a - b for a, b in data]\n"
        "def output_fn(prediction, accept): return json.dumps(prediction), accept\n"
    )
    folder = form("pyfunc", [5.0, -5.0, -3.0])
    (folder / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: line_model\n    code: lib\n    data: data\n"
        "    env: conda.yaml\nmodel_uuid: 5a1c\nutc_time_created: '2026-01-01 00:00:00'\n"
    )
    (folder / "conda.yaml").write_text("dependencies:\n- python\n- pip\n- pip:\n  - mlflow-skinny\nname: line\n")
    for name in ("lib", "data"):
        (folder / name).mkdir()
    (folder / "data" / "factor").write_text("2")
    (folder / "lib" / "line_model.py").write_text(
        "import os\n"
        "class Line:\n"
        "    def __init__(self, factor): self.factor = factor\n"
        "    def predict(self, data): return self.factor * data[:, 0] - data[:, 1]\n"
        "def _load_pyfunc(path): return Line(int(open(os.path.join(path, 'factor')).read()))\n"
    )


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    (OUT / "expected.json").write_text(json.dumps(EXPECTED))
