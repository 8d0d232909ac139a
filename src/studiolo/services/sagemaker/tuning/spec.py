"""What a CreateHyperParameterTuningJob request must hold beyond what AWS's model says."""

import importlib.util
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import Unsupported, ValidationError
from studiolo.base.record import Key
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sagemaker.tuning.search import Bayesian, Grid, Random, Search
from studiolo.services.sagemaker.tuning.space import ranges
from studiolo.store.protocol import Missing

LIMIT = 2000
MAX_NAME = 32


def objective_of(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    return spec["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]


def search_of(spec: Mapping[str, Any], name: str) -> Search:
    config = spec["HyperParameterTuningJobConfig"]
    space = ranges(config["ParameterRanges"])
    seed = int(config.get("RandomSeed", sum(map(ord, name))))
    if config["Strategy"] == "Grid":
        return Grid(space)
    return Random(space, seed) if config["Strategy"] == "Random" else Bayesian(space, seed)


def _check_strategy(config: Mapping[str, Any]) -> None:
    if config["Strategy"] == "Hyperband":
        raise Unsupported(
            "The strategy Hyperband is not supported by this version of studiolo: use Bayesian, Random or Grid."
        )
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        raise Unsupported("TrainingJobEarlyStoppingType Auto is not supported by this version of studiolo.")
    if (
        config.get("TuningJobCompletionCriteria", {}).get("ConvergenceDetected", {}).get("CompleteOnConvergence")
        == "Enabled"
    ):
        raise Unsupported("ConvergenceDetected is not supported by this version of studiolo.")
    if config["Strategy"] == "Bayesian" and importlib.util.find_spec("optuna") is None:
        raise ValidationError("The strategy Bayesian needs one library more: pip install 'studiolo[tuning]'.")


def prepare(platform: Platform, call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    if len(call.params["HyperParameterTuningJobName"]) > MAX_NAME:
        raise ValidationError(f"A tuning job's name has at most {MAX_NAME} characters.")
    if spec.get("TrainingJobDefinitions"):
        raise Unsupported("Several TrainingJobDefinitions are not supported by this version of studiolo: give one.")
    if spec.get("Autotune"):
        raise Unsupported("Autotune is not supported by this version of studiolo: give ranges.")
    definition, config = spec.get("TrainingJobDefinition"), dict(spec["HyperParameterTuningJobConfig"])
    if definition is None:
        raise ValidationError("A tuning job needs a TrainingJobDefinition.")
    for here, there in (
        ("HyperParameterTuningJobObjective", "TuningObjective"),
        ("ParameterRanges", "HyperParameterRanges"),
    ):
        if there in definition:
            config.setdefault(here, definition[there])
        if here not in config:
            raise ValidationError(f"HyperParameterTuningJobConfig needs {here}.")
    _check_strategy(config)
    config["ResourceLimits"] = _limits(config)
    known = {**spec, "HyperParameterTuningJobConfig": config, "_user": call.caller.user}
    static = definition.get("StaticHyperParameters", {})
    for one in ranges(config["ParameterRanges"]):
        if one.name in static:
            raise ValidationError(f"The hyperparameter {one.name} is both static and tuned.")
    known["_resources"] = _resources(definition)
    known["_warm"] = _parents(platform, call, spec.get("WarmStartConfig", {}))
    return known


def _resources(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ResourceConfig of each training job."""
    if "ResourceConfig" in definition:
        return definition["ResourceConfig"]
    given = definition.get("HyperParameterTuningResourceConfig")
    if given is None:
        raise ValidationError("TrainingJobDefinition needs a ResourceConfig.")
    # Of several kinds of instances this machine serves all alike, so the first is taken.
    chosen = {**given, **(given.get("InstanceConfigs") or [{}])[0]}
    kept = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
    return {one: chosen[one] for one in kept if one in chosen}


def _limits(config: Mapping[str, Any]) -> dict[str, Any]:
    limits = dict(config["ResourceLimits"])
    if config["Strategy"] == "Grid":
        space = ranges(config["ParameterRanges"])
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
