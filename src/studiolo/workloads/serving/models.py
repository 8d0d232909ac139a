"""What each framework does by default: how a model folder is loaded and how a body becomes a prediction.

A user's inference.py may replace any part. Frameworks are imported when their model is loaded.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studiolo.workloads.serving import mlflow_folder
from studiolo.workloads.serving.errors import NoModel
from studiolo.workloads.serving.neural import load_onnx, load_pytorch
from studiolo.workloads.serving.served import Served, Tabular, candidates, load_pickle
from studiolo.workloads.serving.trees import Boosted, load_catboost, load_lightgbm, load_xgboost

__all__ = ["Boosted", "NoModel", "Served", "load", "packages"]


def load_sklearn(folder: Path) -> Served:
    found = candidates(folder, "model.joblib", "model.pkl", "*.joblib", "*.pkl", "*.pickle", "*.skops")
    if not found:
        raise NoModel(
            "No model.joblib, *.pkl or *.skops lies in the model folder; save one, or bring an inference.py with model_fn."
        )
    model: Any = _skops(found[0]) if found[0].suffix == ".skops" else load_pickle(found[0])
    if not hasattr(model, "predict"):
        raise NoModel(f"{found[0].name} holds a {type(model).__name__}, which has no predict.")
    names = getattr(model, "feature_names_in_", None)
    # Named columns may hold text, which the pipeline's own steps know to encode.
    return Tabular(lambda data: model.predict(data), model, None if names is None else list(names), names is not None)


def _skops(path: Path) -> Any:
    try:
        import skops.io as skops
    except ImportError:
        raise NoModel(f"{path.name} needs skops: name it in the model's code/requirements.txt.") from None
    # A model folder is trusted as a pickle would be: its owner's code runs here anyway.
    return skops.load(path, trusted=skops.get_untrusted_types(file=path))


_BY_FRAMEWORK: dict[str, Callable[[Path], Served]] = {
    "xgboost": load_xgboost,
    "lightgbm": load_lightgbm,
    "catboost": load_catboost,
    "sklearn": load_sklearn,
    "pytorch": load_pytorch,
    "onnx": load_onnx,
}
_NATIVE: dict[str, Callable[[Path], Served]] = {
    name: _BY_FRAMEWORK[name] for name in ("xgboost", "lightgbm", "catboost", "sklearn", "onnx")
}
"""MLflow's flavours that are loaded without it. Its PyTorch flavour pickles a whole module with a class of MLflow's."""


def packages(folder: Path) -> str | None:
    """The requirements an MLflow folder brings, where it is not loaded without MLflow. Asked before an instance starts."""
    if not (folder / "MLmodel").is_file() or _NATIVE.keys() & mlflow_folder.flavours(folder).keys():
        return None
    return mlflow_folder.packages(folder)


def load(folder: Path, framework: str) -> Served:
    if (folder / "MLmodel").is_file():
        return mlflow_folder.load(folder, _NATIVE)
    if framework == "onnx" or candidates(folder, "*.onnx"):
        return load_onnx(folder)
    if framework in _BY_FRAMEWORK:
        return _BY_FRAMEWORK[framework](folder)
    raise NoModel("The image has no way of its own to load a model: bring an inference.py with model_fn.")
