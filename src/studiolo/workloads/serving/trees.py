"""Boosted trees: XGBoost, LightGBM and CatBoost, in the forms in which each saves its models."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studiolo.workloads.serving import formats
from studiolo.workloads.serving.direct import direct
from studiolo.workloads.serving.errors import NoModel
from studiolo.workloads.serving.formats import CSV, JSON, LINES
from studiolo.workloads.serving.served import Served, Tabular, candidates, load_pickle

_PICKLES = ("*.pkl", "*.pickle", "*.joblib")


class Boosted(Served):
    """XGBoost answers CSV by default, as AWS's container does. Several boosters (a cross-validation's) give their mean."""

    offers = formats.offered(CSV)

    def __init__(self, booster: Any, *others: Any) -> None:
        super().__init__(self._score, booster)
        self._all = (booster, *others)
        for one in self._all:
            one.set_param({"nthread": 1})
        self._direct = direct(booster) if not others else None

    def _score(self, data: Any) -> Any:
        expected = self.model.num_features()
        if data.ndim != 2:
            raise formats.Refused(400, "The model takes rows of features.")
        if data.shape[1] > expected:
            raise formats.Refused(400, f"Feature size of the input is {data.shape[1]}, the model's is {expected}.")
        if hasattr(data, "tocsr") or data.shape[1] < expected:
            import xgboost as xgb

            matrix = xgb.DMatrix(data)
            return self._mean(lambda one: one.predict(matrix, validate_features=False))
        if self._direct is not None:
            return self._direct(data)
        return self._mean(lambda one: one.inplace_predict(data, validate_features=False))

    def _mean(self, score: Callable[[Any], Any]) -> Any:
        first = score(self.model)
        for one in self._all[1:]:
            first = first + score(one)
        return first / len(self._all) if len(self._all) > 1 else first

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


def load_xgboost(folder: Path) -> Served:
    found = candidates(
        folder, "xgboost-model", "xgboost-model-*", "*.ubj", "*.xgb", "*.bst", "*.json", "*.model", "*.bin", *_PICKLES
    )
    found += [path for path in candidates(folder, "*") if path not in found]
    if not found:
        raise NoModel("The model folder is empty: a file xgboost-model was looked for.")
    # AWS's container saves a cross-validation's models as xgboost-model-0, xgboost-model-1 ….
    several = [path for path in found if path.name.startswith("xgboost-model-")]
    if found[0].name == "xgboost-model" or not several:
        several = found[:1]
    return Boosted(*(_booster(path) for path in several))


def _booster(path: Path) -> Any:
    import xgboost as xgb

    if path.suffix in (".pkl", ".pickle", ".joblib") or path.open("rb").read(1) == b"\x80":
        model = load_pickle(path)
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        if not hasattr(booster, "inplace_predict"):
            raise NoModel(f"{path.name} holds a {type(model).__name__}, no XGBoost model.")
        return booster
    booster = xgb.Booster()
    try:
        booster.load_model(bytearray(path.read_bytes()))
    except xgb.core.XGBoostError as error:
        text = str(error).strip().splitlines()[0].rpartition("] ")[2]
        raise NoModel(f"{path.name} is no model that this XGBoost ({xgb.__version__}) can read: {text}") from error
    return booster


def load_lightgbm(folder: Path) -> Served:
    import lightgbm as lgb

    text = candidates(folder, "model.txt", "*.txt", "*.lgb", "model.json")
    text = [path for path in text if path.name != "requirements.txt"]
    if text:
        try:
            model: Any = lgb.Booster(model_file=str(text[0]))
        except lgb.basic.LightGBMError as error:
            raise NoModel(f"{text[0].name} is no LightGBM model: {error}") from error
    else:
        pickles = candidates(folder, "model.joblib", "model.pkl", *_PICKLES)
        if not pickles:
            raise NoModel("No model.txt, *.pkl or *.joblib lies in the model folder.")
        model = load_pickle(pickles[0])
    if isinstance(model, lgb.Booster):
        return _Lgb(lambda data: model.predict(data, num_threads=1), model)
    return Tabular(lambda data: model.predict(data), model, None)


class _Lgb(Served):
    """The library itself is silent about rows of the wrong width in some versions."""

    def predict(self, data: Any) -> Any:
        expected = self.model.num_feature()
        if data.ndim != 2 or data.shape[1] != expected:
            raise formats.Refused(400, f"A row has {data.shape[-1]} features, the model has {expected}.")
        return super().predict(data)


def load_catboost(folder: Path) -> Served:
    import catboost

    found = candidates(folder, "model.cbm", "*.cbm", "catboost-model", "*.json", *_PICKLES)
    if not found:
        raise NoModel("No *.cbm or *.pkl lies in the model folder; save one with save_model.")
    path = found[0]
    if path.suffix in (".pkl", ".pickle", ".joblib"):
        model = load_pickle(path)
    else:
        model = catboost.CatBoost()
        try:
            model.load_model(str(path), format="json" if path.suffix == ".json" else "cbm")
        except catboost.CatBoostError as error:
            raise NoModel(f"{path.name} is no CatBoost model: {error}") from error
    classifier = isinstance(model, catboost.CatBoostClassifier) or len(getattr(model, "classes_", ())) > 0
    kind = "Class" if classifier else "RawFormulaVal"
    own_kind = isinstance(model, catboost.CatBoostClassifier | catboost.CatBoostRegressor)
    texts = bool(model.get_cat_feature_indices()) or bool(model.get_text_feature_indices())

    def predict(data: Any) -> Any:
        data = data.toarray() if hasattr(data, "toarray") else data
        try:
            return model.predict(data) if own_kind else model.predict(data, prediction_type=kind)
        except catboost.CatBoostError as error:
            raise formats.Refused(400, f"The model can't take these rows: {error}") from error

    return Tabular(predict, model, list(model.feature_names_) if texts else None, texts)
