"""The training job definitions of a tuning job: one, or several that are tried in turn, each with ranges and an objective of its
own. Pure.

spec["_definitions"] = [{"Name", "Objective", "Ranges", "Resources"}, …] is what `prepare` made of a request; the definitions
themselves stay where AWS has them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.base.errors import ValidationError


def raw(spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """As they were sent. Raises ValidationError."""
    several, one = spec.get("TrainingJobDefinitions"), spec.get("TrainingJobDefinition")
    if several and one:
        raise ValidationError("Give TrainingJobDefinition or TrainingJobDefinitions, not both.")
    if not several and one is None:
        raise ValidationError("A tuning job needs a TrainingJobDefinition.")
    return several or [one]  # pyright: ignore[reportReturnType]


def count(spec: Mapping[str, Any]) -> int:
    return len(spec["_definitions"])


def turn(spec: Mapping[str, Any], number: int) -> tuple[int, int]:
    """Which definition a trial (from 1) is of, and its number among that one's (from 1)."""
    among = count(spec)
    return (number - 1) % among, (number - 1) // among + 1


def objective_of(spec: Mapping[str, Any], index: int = 0) -> Mapping[str, Any]:
    return spec["_definitions"][index]["Objective"]


def read(spec: Mapping[str, Any], config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Raises ValidationError where a definition misses what it needs, or does not go with the others."""
    sent = raw(spec)
    names = [one.get("DefinitionName") for one in sent]
    if len(sent) > 1 and (None in names or len(set(names)) < len(names)):
        raise ValidationError("Each of several TrainingJobDefinitions needs a DefinitionName of its own.")
    found = [_one(definition, config) for definition in sent]
    if len({one["Objective"]["Type"] for one in found}) > 1:
        raise ValidationError("The objectives of all TrainingJobDefinitions must have the same Type.")
    return found


def _one(definition: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    objective = definition.get("TuningObjective") or config.get("HyperParameterTuningJobObjective")
    ranges = definition.get("HyperParameterRanges") or config.get("ParameterRanges")
    where = f"The training job definition {definition.get('DefinitionName', '')}".rstrip()
    if objective is None:
        raise ValidationError(f"{where} needs an objective: HyperParameterTuningJobObjective or TuningObjective.")
    if ranges is None:
        raise ValidationError(f"{where} needs ranges: ParameterRanges or HyperParameterRanges.")
    return {
        "Name": definition.get("DefinitionName"),
        "Objective": objective,
        "Ranges": ranges,
        "Resources": _resources(definition),
    }


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
