"""The built-in XGBoost algorithm, as SageMaker's image has it, and LightGBM in the same manner.

Channels `train` and `validation`, hyperparameters by the library's own names (with AWS's defaults and spellings), metrics
printed as AWS prints them ("[0]#011train-rmse:0.5"), the model saved as `xgboost-model`. Runs inside the job.
"""

import os
import pickle
import re
from pathlib import Path
from typing import Any

from studiolo.workloads.training.environment import Config
from studiolo.workloads.training.tables import ClientError, read

__all__ = ["ClientError", "train"]

_OURS = {"num_round", "early_stopping_rounds", "csv_weights", "eval_metric", "save_model_on_termination", "verbosity",
         "deterministic_histogram", "seed"}  # fmt: skip
_VERSION = re.compile(r":(\d+)\.(\d+)")
"""In an image's tag."""


def _channel(config: Config, name: str, csv_weights: bool) -> tuple[Any, Any, Any] | None:
    if name not in config.channels:
        return None
    folder = config.root / "input" / "data" / name
    return read(folder, str(config.channels[name].get("ContentType") or ""), csv_weights)


def _number(hyperparameters: dict[str, Any], name: str, default: int | None) -> int | None:
    value = hyperparameters.get(name, default)
    if value is None:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise ClientError(f"The hyperparameter {name} must be a whole number, not {value!r}.") from None
    if number < 1:
        raise ClientError(f"The hyperparameter {name} must be at least 1.")
    return number


def _metrics(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [one.strip() for one in str(value).split(",")]


def train(config: Config, framework: str) -> None:
    if len(config.resources.get("hosts", [])) > 1:
        raise ClientError("The built-in algorithms train on one instance; set InstanceCount to 1.")
    if "train" not in config.channels:
        raise ClientError("The algorithm needs a channel named train.")
    hyperparameters = config.user_hyperparameters
    for name in ("_kfold", "_num_cv_round"):
        if name in hyperparameters:
            raise ClientError(f"The hyperparameter {name} (cross-validation) is not supported: validate on a channel.")
    weights = str(hyperparameters.get("csv_weights", "0")) == "1"
    sets = {name: _channel(config, name, weights) for name in ("train", "validation")}
    found = {name: one for name, one in sets.items() if one is not None}
    rows = {name: f"{one[0].shape[0]}x{one[0].shape[1]}" for name, one in found.items()}
    print(", ".join(f"{name} matrix of {size}" for name, size in rows.items()), flush=True)
    (_xgboost if framework == "xgboost" else _lightgbm)(config, hyperparameters, found)


def _xgboost(config: Config, hyperparameters: dict[str, Any], sets: dict[str, tuple[Any, Any, Any]]) -> None:
    import xgboost as xgb
    from xgboost.callback import EarlyStopping, TrainingCallback

    rounds = _number(hyperparameters, "num_round", None)
    if rounds is None:
        raise ClientError("The hyperparameter num_round is required.")
    parameters = {name: value for name, value in hyperparameters.items() if name not in _OURS}
    parameters |= {"nthread": int(os.environ.get("OMP_NUM_THREADS", "1")), "seed": int(hyperparameters.get("seed", 0))}
    parameters["verbosity"] = int(hyperparameters.get("verbosity", 1))
    metrics = _metrics(hyperparameters.get("eval_metric"))
    if metrics:
        parameters["eval_metric"] = metrics
    early = _number(hyperparameters, "early_stopping_rounds", None)
    if early and "validation" not in sets:
        raise ClientError("early_stopping_rounds needs a channel named validation.")
    matrices = [
        (xgb.DMatrix(features, labels, weight=weight), name) for name, (features, labels, weight) in sets.items()
    ]
    checkpoints = Path(os.environ.get("STUDIOLO_CHECKPOINTS", str(config.root / "checkpoints")))
    before, done = _last_checkpoint(checkpoints)
    if done:
        print(f"Resuming from the checkpoint of round {done - 1}", flush=True)

    class Report(TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            parts = [
                f"{name}-{metric}:{(values[-1][0] if isinstance(values[-1], tuple) else values[-1]):.5f}"
                for name, held in evals_log.items()
                for metric, values in held.items()
            ]
            print(f"[{epoch + done}]#011" + "#011".join(parts), flush=True)
            if checkpoints.is_dir() and (epoch + 1) % 10 == 0:
                model.save_model(str(checkpoints / f"xgboost-checkpoint.{epoch + done}.ubj"))
            return False

    callbacks: list[Any] = [Report()]
    if early:
        callbacks.insert(0, EarlyStopping(early, save_best=True))
    try:
        booster = xgb.train(
            parameters, matrices[0][0], max(0, rounds - done), evals=matrices, callbacks=callbacks, verbose_eval=False,
            xgb_model=before,
        )  # fmt: skip
    except (xgb.core.XGBoostError, ValueError) as error:
        raise ClientError(
            str(error).strip().splitlines()[0].partition("] ")[2] or str(error).splitlines()[0]
        ) from error
    _save(booster, config.root / "model" / "xgboost-model", os.environ.get("STUDIOLO_IMAGE", ""))


def _save(booster: Any, path: Path, image: str) -> None:
    """AWS's images before 1.3 pickled the booster, and scripts that go with them unpickle it; later ones have it save itself."""
    version = _VERSION.search(image)
    if version is not None and (int(version[1]), int(version[2])) < (1, 3):
        path.write_bytes(pickle.dumps(booster))
        return
    booster.save_model(f"{path}.ubj")
    Path(f"{path}.ubj").rename(path)


def _last_checkpoint(folder: Path) -> tuple[str | None, int]:
    """(path, rounds it holds) of the newest checkpoint, (None, 0) where there is none."""
    found = sorted(folder.glob("xgboost-checkpoint.*.ubj"), key=lambda path: int(path.name.split(".")[1]))
    return (str(found[-1]), int(found[-1].name.split(".")[1]) + 1) if found else (None, 0)


def _lightgbm(config: Config, hyperparameters: dict[str, Any], sets: dict[str, tuple[Any, Any, Any]]) -> None:
    import lightgbm as lgb

    rounds = _number(hyperparameters, "num_boost_round", _number(hyperparameters, "num_round", 100)) or 100
    parameters = {name: value for name, value in hyperparameters.items() if name not in _OURS | {"num_boost_round"}}
    parameters |= {"num_threads": int(os.environ.get("OMP_NUM_THREADS", "1")), "verbosity": -1}
    metrics = _metrics(hyperparameters.get("eval_metric", hyperparameters.get("metric")))
    if metrics:
        parameters["metric"] = metrics
    train_set = lgb.Dataset(*sets["train"][:2], weight=sets["train"][2])
    names = list(sets)
    valid = [train_set if name == "train" else lgb.Dataset(*sets[name][:2], reference=train_set) for name in names]

    def report(env: Any) -> None:
        parts = [f"{name}-{metric}:{value:.5f}" for name, metric, value, _ in env.evaluation_result_list]
        print(f"[{env.iteration}]#011" + "#011".join(parts), flush=True)

    callbacks: list[Any] = [report]
    early = _number(hyperparameters, "early_stopping_rounds", None)
    if early:
        callbacks.append(lgb.early_stopping(early, verbose=False))
    try:
        booster = lgb.train(parameters, train_set, rounds, valid_sets=valid, valid_names=names, callbacks=callbacks)
    except (lgb.basic.LightGBMError, ValueError) as error:
        raise ClientError(str(error)) from error
    booster.save_model(str(config.root / "model" / "model.txt"))
