"""Running some steps of a pipeline anew, on what an earlier execution made: selective execution. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from studiolo.base.errors import ValidationError
from studiolo.services.sagemaker.pipelines.definition import Definition
from studiolo.services.sagemaker.pipelines.expanding import children


def restricted(definition: Definition, only: Iterable[str] | None) -> Definition:
    """The definition with those steps alone."""
    if only is None:
        return definition
    kept = set(only)
    return replace(definition, steps={name: step for name, step in definition.steps.items() if name in kept})


def taken_over(
    definition: Definition, selected: Iterable[str], source: Mapping[str, Mapping[str, Any]], source_arn: str
) -> dict[str, dict[str, Any]]:
    """States of the steps that are not run again but needed. Raises ValidationError."""
    chosen = set(selected)
    for name in chosen:
        if name not in definition.steps:
            raise ValidationError(f"SelectiveExecutionConfig selects {name!r}, which is no step of the pipeline.")
    needed: set[str] = set()
    for name in chosen:
        needed |= {one for one in definition.steps[name].after if one not in chosen}
    found: dict[str, dict[str, Any]] = {}
    for name in needed:
        state = source.get(name)
        if state is None or state["Status"] != "Succeeded":
            raise ValidationError(
                f"The step {name!r} is needed by a selected step, but did not succeed in the source execution: select it too."
            )
        inside = [one.name for one in children(definition.steps[name], state)] if "Items" in state else []
        for one in (name, *inside):
            found[one] = {**source[one], "SelectiveExecutionResult": {"SourcePipelineExecutionArn": source_arn}}
    return found
