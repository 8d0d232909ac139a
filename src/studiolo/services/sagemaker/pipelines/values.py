"""What stands for a value in a definition becomes the value: Get, Std:Join, Std:JsonGet. Pure but for what `Known` looks up."""

from collections.abc import Mapping
from typing import Any, Protocol

from studiolo.services.sagemaker.fitting import as_text
from studiolo.services.sagemaker.pipelines.paths import BadPath, Part, follow, split


class CannotResolve(Exception):
    """The step fails; the message says which value could not be had, and why."""


class Known(Protocol):
    def parameter(self, name: str) -> Any: ...

    def execution(self, name: str) -> Any: ...

    def experiment(self, name: str) -> Any: ...

    def step(self, name: str) -> Mapping[str, Any]:
        """What Describe says of what the step made."""
        ...

    def property_file(self, step: str, name: str) -> Any:
        """The JSON in it. Raises CannotResolve."""
        ...

    def item(self, parts: list[Part], whole: str) -> Any:
        """What a path below ForEach leads to. Raises CannotResolve."""
        ...

    def json_at(self, uri: str) -> Any:
        """The JSON of an object in S3. Raises CannotResolve."""
        ...


def resolve(value: Any, known: Known) -> Any:
    """Raises CannotResolve."""
    if isinstance(value, list):
        return [resolve(one, known) for one in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name == "Get":
            return _get(str(inner), known)
        if name == "Std:Join":
            parts = [resolve(one, known) for one in inner["Values"]]
            return str(inner.get("On", "")).join(as_text(one) for one in parts)
        if name == "Std:JsonGet":
            return _json(inner, known)
    return {name: resolve(one, known) for name, one in value.items()}


def _get(path: str, known: Known) -> Any:
    parts = split(path)
    if parts[0] == "Parameters":
        return known.parameter(str(parts[1]))
    if parts[0] == "Execution":
        return known.execution(str(parts[1]))
    if parts[0] == "PipelineExperimentConfig":
        return known.experiment(str(parts[1]))
    if parts[0] == "ForEach":
        return known.item(parts[1:], path)
    try:
        return follow(known.step(str(parts[1])), parts[2:], path)
    except BadPath as error:
        raise CannotResolve(str(error)) from None


def _json(given: Mapping[str, Any], known: Known) -> Any:
    path = str(given.get("Path", ""))
    if "PropertyFile" in given:
        parts: list[Part] = split(str(given["PropertyFile"]["Get"]))
        document, where = known.property_file(str(parts[1]), str(parts[3])), f"the property file {parts[3]}"
    elif "S3Uri" in given:
        uri = as_text(resolve(given["S3Uri"], known))
        document, where = known.json_at(uri), uri
    else:
        raise CannotResolve("Std:JsonGet needs a PropertyFile or an S3Uri.")
    try:
        return follow(document, split(path), path)
    except BadPath as error:
        raise CannotResolve(f"In {where}, {error}") from None
