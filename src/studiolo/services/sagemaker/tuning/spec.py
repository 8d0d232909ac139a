"""What a CreateHyperParameterTuningJob request must hold beyond what AWS's model says."""

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.record import Key
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.jobs.epochs import epochs
from studiolo.services.sagemaker.tuning import definitions
from studiolo.services.sagemaker.tuning.search import Bayesian, Grid, Random, Search
from studiolo.services.sagemaker.tuning.space import ranges
from studiolo.services.sagemaker.tuning.stopping import ETA, Hyperband, Median
from studiolo.store.protocol import Missing

LIMIT = 2000
MAX_NAME = 32


def search_of(spec: Mapping[str, Any], name: str, index: int) -> Search:
    """Of one definition."""
    config, space = spec["HyperParameterTuningJobConfig"], ranges(spec["_definitions"][index]["Ranges"])
    seed = int(config.get("RandomSeed", sum(map(ord, name)))) + index
    if config["Strategy"] == "Grid":
        return Grid(space)
    return Bayesian(space, seed) if config["Strategy"] == "Bayesian" else Random(space, seed)


def rule_of(spec: Mapping[str, Any]) -> Hyperband | Median | None:
    """By which running trials are stopped early."""
    config = spec["HyperParameterTuningJobConfig"]
    if config["Strategy"] == "Hyperband":
        given = config["StrategyConfig"]["HyperbandStrategyConfig"]
        return Hyperband(given["MinResource"], given["MaxResource"])
    return Median() if config.get("TrainingJobEarlyStoppingType", "Off") == "Auto" else None


def _check_strategy(config: Mapping[str, Any]) -> None:
    if config["Strategy"] == "Hyperband":
        if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
            raise ValidationError("Hyperband stops jobs by itself: leave TrainingJobEarlyStoppingType Off.")
    elif config.get("StrategyConfig", {}).get("HyperbandStrategyConfig"):
        raise ValidationError("HyperbandStrategyConfig is for the strategy Hyperband alone.")
    if config["Strategy"] == "Bayesian" and importlib.util.find_spec("optuna") is None:
        raise ValidationError("The strategy Bayesian needs one library more: pip install 'studiolo[tuning]'.")


def _hyperband(config: Mapping[str, Any], sent: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    given = dict(config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {}))
    given.setdefault("MinResource", 1)
    if "MaxResource" not in given:
        known = [epochs(one.get("StaticHyperParameters", {})) for one in sent]
        if None in known:
            raise ValidationError(
                "Hyperband needs MaxResource in HyperbandStrategyConfig: how many epochs a training job runs at most."
            )
        given["MaxResource"] = max(one for one in known if one is not None)
    if given["MaxResource"] < ETA * given["MinResource"]:
        raise ValidationError(f"Hyperband's MaxResource must be at least {ETA} times its MinResource.")
    return {"HyperbandStrategyConfig": given}


def prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    if len(call.params["HyperParameterTuningJobName"]) > MAX_NAME:
        raise ValidationError(f"A tuning job's name has at most {MAX_NAME} characters.")
    if spec.get("Autotune"):
        raise Unsupported("Autotune is not supported by this version of studiolo: give ranges.")
    config = dict(spec["HyperParameterTuningJobConfig"])
    sent, known = definitions.raw(spec), definitions.read(spec, config)
    _check_strategy(config)
    for definition, one in zip(sent, known, strict=True):
        static = definition.get("StaticHyperParameters", {})
        for tuned in ranges(one["Ranges"]):
            if tuned.name in static:
                raise ValidationError(f"The hyperparameter {tuned.name} is both static and tuned.")
    if len(known) == 1:
        # Where both SDKs look for them.
        config |= {"HyperParameterTuningJobObjective": known[0]["Objective"], "ParameterRanges": known[0]["Ranges"]}
    config["ResourceLimits"] = _limits(config, known)
    if config["Strategy"] == "Hyperband":
        config["StrategyConfig"] = _hyperband(config, sent)
    warm = _parents(platform, call, spec.get("WarmStartConfig", {}))
    return {
        **spec, "HyperParameterTuningJobConfig": config, "_user": call.caller.user, "_definitions": known, "_warm": warm
    }  # fmt: skip


def _limits(config: Mapping[str, Any], known: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    limits = dict(config["ResourceLimits"])
    if config["Strategy"] == "Grid":
        if len(known) > 1:
            raise Unsupported("Several TrainingJobDefinitions with the strategy Grid are not supported by studiolo.")
        space = ranges(known[0]["Ranges"])
        if any(one.kind != "categorical" for one in space):
            raise ValidationError("The strategy Grid is for categorical ranges alone.")
        size = len(Grid(space))
        if limits.get("MaxNumberOfTrainingJobs", size) != size:
            raise ValidationError(f"The grid has {size} points, so MaxNumberOfTrainingJobs must be {size} or left out.")
        limits["MaxNumberOfTrainingJobs"] = size
    if "MaxNumberOfTrainingJobs" not in limits:
        raise ValidationError("ResourceLimits needs MaxNumberOfTrainingJobs.")
    if not 1 <= limits["MaxNumberOfTrainingJobs"] <= LIMIT:
        raise ValidationError(f"MaxNumberOfTrainingJobs must be from 1 to {LIMIT}.")
    return limits


def _parents(platform: Platform, call: Call, warm: Mapping[str, Any]) -> list[str]:
    names = [one["HyperParameterTuningJobName"] for one in warm.get("ParentHyperParameterTuningJobs", ())]
    for name in names:
        try:
            platform.store.get(Key(call.caller.project, "HyperParameterTuningJob", name))
        except Missing:
            raise ValidationError(f"The parent tuning job {name} does not exist.") from None
    return names
