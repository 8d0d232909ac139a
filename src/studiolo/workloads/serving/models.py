"""What each framework does by default: how a model folder is loaded and how a body becomes a prediction.

A user's inference.py may replace any part. Frameworks are imported when their model is loaded.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studiolo.workloads.serving import formats
from studiolo.workloads.serving.formats import CSV, JSON, LIBSVM, LINES, NPY

Predict = Callable[[Any], Any]


class NoModel(Exception):
    """The folder holds nothing that can be served; the message says what was looked for."""


class Served:
    """A loaded model. `predict` takes what `read` gives."""

    offers: tuple[str, ...] = (JSON, CSV, LINES, NPY)

    def __init__(self, predict: Predict, model: Any) -> None:
        self._predict = predict
        self.model = model

    def read(self, body: bytes, content_type: str) -> Any:
        return formats.read_array(body, content_type)

    def predict(self, data: Any) -> Any:
        return self._predict(data)

    def write(self, prediction: Any, accept: str) -> tuple[bytes, str]:
        kind = formats.choose(accept, self.offers)
        return formats.write(prediction, kind), kind


class Boosted(Served):
    """XGBoost answers CSV by default, as AWS's container does."""

    offers = (CSV, JSON, LINES, NPY)

    def __init__(self, booster: Any) -> None:
        super().__init__(self._score, booster)
        booster.set_param({"nthread": 1})
        self._classes = None

    def read(self, body: bytes, content_type: str) -> Any:
        if formats.media(content_type) in LIBSVM:
            return formats.read_libsvm(body)
        return formats.read_array(body, content_type)

    def _score(self, data: Any) -> Any:
        expected = self.model.num_features()
        if data.shape[1] > expected:
            raise formats.Refused(400, f"Feature size of the input is {data.shape[1]}, the model's is {expected}.")
        if hasattr(data, "tocsr") or data.shape[1] < expected:
            import xgboost as xgb

            return self.model.predict(xgb.DMatrix(data), validate_features=False)
        return self.model.inplace_predict(data, validate_features=False)

    def write(self, prediction: Any, accept: str) -> tuple[bytes, str]:
        if accept in ("", "*/*"):
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", accept)
        kind = formats.choose(accept, self.offers)
        if kind == JSON:
            scores = prediction.tolist()
            return formats.dumps({"predictions": [{"score": score} for score in scores]}), kind
        if kind == LINES:
            return b"".join(formats.dumps({"score": score}) + b"\n" for score in prediction.tolist()), kind
        return formats.write(prediction, kind), kind


def _candidates(folder: Path, *patterns: str) -> list[Path]:
    return [path for pattern in patterns for path in sorted(folder.glob(pattern)) if path.is_file()]


def load_xgboost(folder: Path) -> Served:
    import xgboost as xgb

    found = _candidates(
        folder, "xgboost-model", "*.ubj", "*.xgb", "*.bst", "*.json", "*.model", "*.bin", "*.pkl", "*.joblib"
    )
    found += [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".") and path not in found
    ]
    if not found:
        raise NoModel("The model folder is empty: a file xgboost-model was looked for.")
    path = found[0]
    head = path.open("rb").read(2)
    if head[:1] == b"\x80" or path.suffix in (".pkl", ".joblib"):
        import joblib

        model = joblib.load(path)
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        return Boosted(booster)
    booster = xgb.Booster()
    booster.load_model(bytearray(path.read_bytes()))
    return Boosted(booster)


def load_lightgbm(folder: Path) -> Served:
    import lightgbm as lgb

    text = _candidates(folder, "model.txt", "*.txt", "*.lgb")
    if text:
        booster = lgb.Booster(model_file=str(text[0]))
        return Served(lambda data: booster.predict(data, num_threads=1), booster)
    return load_sklearn(folder)


def load_sklearn(folder: Path) -> Served:
    import joblib

    found = _candidates(folder, "model.joblib", "model.pkl", "*.joblib", "*.pkl", "*.pickle")
    if not found:
        raise NoModel(
            "No model.joblib or *.pkl lies in the model folder; save one, or bring an inference.py with model_fn."
        )
    model = joblib.load(found[0])
    return Served(lambda data: model.predict(data), model)


def load_pytorch(folder: Path) -> Served:
    import torch

    torch.set_num_threads(max(1, int(os.environ.get("OMP_NUM_THREADS", "1"))))
    exported = _candidates(folder, "*.pt2")
    if exported:
        module: Any = torch.export.load(str(exported[0])).module()
    else:
        scripted = _candidates(folder, "model.pt", "*.pt", "*.pth")
        if not scripted:
            raise NoModel(
                "No model.pt (TorchScript) or *.pt2 lies in the model folder; bring an inference.py with model_fn."
            )
        try:
            module = torch.jit.load(str(scripted[0]), map_location="cpu").eval()
        except RuntimeError as error:
            raise NoModel(f"{scripted[0].name} is no TorchScript; bring an inference.py with model_fn.") from error

    def predict(data: Any) -> Any:
        with torch.inference_mode():
            return module(torch.as_tensor(data))

    return Served(predict, module)


def load_onnx(folder: Path) -> Served:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(_candidates(folder, "*.onnx")[0]))
    name = session.get_inputs()[0].name
    return Served(lambda data: session.run(None, {name: data})[0], session)


def load_mlflow(folder: Path) -> Served:
    """An MLflow folder, by the native flavour it names; without MLflow in the environment."""
    text = (folder / "MLmodel").read_text()
    for flavour, load in (("xgboost", load_xgboost), ("lightgbm", load_lightgbm), ("sklearn", load_sklearn)):
        if f"\n  {flavour}:" in text:
            data = next(
                (line.split(":", 1)[1].strip() for line in text.splitlines() if line.strip().startswith("data:")), "."
            )
            place = folder / data
            return load(place if place.is_dir() else folder)
    try:
        import mlflow.pyfunc
    except ImportError:
        raise NoModel("The MLflow model is of no flavour known here, and mlflow is not in the environment.") from None
    model = mlflow.pyfunc.load_model(str(folder))
    return Served(lambda data: model.predict(data), model)


_BY_FRAMEWORK: dict[str, Callable[[Path], Served]] = {
    "xgboost": load_xgboost,
    "lightgbm": load_lightgbm,
    "sklearn": load_sklearn,
    "pytorch": load_pytorch,
}


def load(folder: Path, framework: str) -> Served:
    if (folder / "MLmodel").is_file():
        return load_mlflow(folder)
    if list(folder.glob("*.onnx")):
        return load_onnx(folder)
    if framework in _BY_FRAMEWORK:
        return _BY_FRAMEWORK[framework](folder)
    raise NoModel("The image has no way of its own to load a model: bring an inference.py with model_fn.")
