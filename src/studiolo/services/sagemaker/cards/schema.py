"""What a model card may hold, member by member, as AWS documents it: a card by itself, and one of a registered version.

A schema is a small tree of our own; `check` reads a card by it and raises with the place and what to do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from studiolo.base.errors import ValidationError

SHORT, NAME, TEXT, LONG = 255, 63, 1024, 2048
MAX_CONTENT = 100_000


@dataclass(frozen=True, slots=True)
class Text:
    most: int = TEXT
    least: int = 0
    one_of: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Number:
    least: float | None = None


@dataclass(frozen=True, slots=True)
class Many:
    of: "Schema"
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names of one's own, with texts."""

    most: int = TEXT


@dataclass(frozen=True, slots=True)
class Members:
    held: Mapping[str, "Schema"]
    required: Sequence[str] = field(default_factory=tuple[str, ...])


@dataclass(frozen=True, slots=True)
class Metric:
    """A number, text or truth, or a line, bars or a matrix of numbers."""


Schema = Text | Number | Many | Pairs | Members | Metric

_IMAGES = Members({"container_image": Many(Text(), 15)})
_NAMED = Text(SHORT, 1)
_MEASURED = Members({"name": _NAMED, "notes": Text(), "value": Number()}, ("name", "value"))
_PARAMETER = Members({"name": _NAMED, "value": Text(SHORT)}, ("name", "value"))

_OVERVIEW = Members(
    {
        "model_description": Text(),
        "model_creator": Text(),
        "model_artifact": Many(Text(), 15),
        "algorithm_type": Text(),
        "problem_type": Text(),
        "model_owner": Text(),
        "model_id": Text(),
        "model_name": Text(),
        "model_version": Number(1),
        "inference_environment": _IMAGES,
    }
)
_CONTAINER = Members({"model_data_url": Text(), "image": Text(), "nearest_model_name": Text()})
_ALGORITHM = Members({"algorithm_name": Text(170, 1), "model_data_url": Text()}, ("algorithm_name",))
_PACKAGE = Members(
    {
        "model_package_description": Text(),
        "model_package_arn": Text(),
        "created_by": Members({"user_profile_name": Text(NAME)}),
        "model_package_status": Text(one_of=("Pending", "InProgress", "Completed", "Failed", "Deleting")),
        "model_approval_status": Text(one_of=("Approved", "Rejected", "PendingManualApproval")),
        "approval_description": Text(),
        "model_package_group_name": Text(NAME),
        "model_package_name": Text(NAME),
        "model_package_version": Number(1),
        "domain": Text(),
        "task": Text(),
        "source_algorithms": Many(_ALGORITHM, 15),
        "inference_specification": Members({"containers": Many(_CONTAINER, 15)}, ("containers",)),
    }
)
_FUNCTION = Members({"function": Text(one_of=("Maximize", "Minimize")), "facet": Text(NAME), "condition": Text(NAME)})
_JOB = Members(
    {
        "training_arn": Text(),
        "training_datasets": Many(Text(), 15),
        "training_environment": _IMAGES,
        "training_metrics": Many(_MEASURED, 50),
        "user_provided_training_metrics": Many(_MEASURED, 50),
        "hyper_parameters": Many(_PARAMETER, 100),
        "user_provided_hyper_parameters": Many(_PARAMETER, 100),
    }
)
_EVALUATION = Members(
    {
        "name": Text(NAME, 1),
        "evaluation_observation": Text(2096),
        "evaluation_job_arn": Text(256),
        "datasets": Many(Text(), 10),
        "metadata": Pairs(),
        "metric_groups": Many(Members({"name": Text(NAME, 1), "metric_data": Many(Metric())}, ("name", "metric_data"))),
    },
    ("name",),
)
_COMMON: Mapping[str, Schema] = {
    "intended_uses": Members(
        {
            "purpose_of_model": Text(LONG),
            "intended_uses": Text(LONG),
            "factors_affecting_model_efficiency": Text(LONG),
            "risk_rating": Text(one_of=("High", "Medium", "Low", "Unknown")),
            "explanations_for_risk_rating": Text(LONG),
        }
    ),
    "business_details": Members(
        {"business_problem": Text(LONG), "business_stakeholders": Text(LONG), "line_of_business": Text(LONG)}
    ),
    "training_details": Members(
        {
            "objective_function": Members({"function": _FUNCTION, "notes": Text()}),
            "training_observations": Text(),
            "training_job_details": _JOB,
        }
    ),
    "evaluation_details": Many(_EVALUATION),
    "additional_information": Members(
        {
            "ethical_considerations": Text(LONG),
            "caveats_and_recommendations": Text(LONG),
            "custom_details": Pairs(),
        }
    ),
}
CARD = Members({"model_overview": _OVERVIEW, "model_package_details": _PACKAGE, **_COMMON})
PACKAGE_CARD = Members(
    {"model_overview": Members({name: _OVERVIEW.held[name] for name in ("model_creator", "model_artifact")}), **_COMMON}
)
"""Of a registered version: what the version itself says is not said again."""

_METRIC = Members(
    {
        "name": _NAMED,
        "notes": Text(),
        "type": Text(one_of=("number", "string", "boolean", "linear_graph", "bar_chart", "matrix")),
        "value": Text(),
        "x_axis_name": Text(),
        "y_axis_name": Text(),
    },
    ("name", "type", "value"),
)


def check(text: str, schema: Members = CARD) -> dict[str, Any]:
    """The card that a Content holds. Raises ValidationError."""
    if len(text) > MAX_CONTENT:
        raise ValidationError(f"The content of a model card holds at most {MAX_CONTENT} characters.")
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValidationError(f"The content of the model card is no JSON: {error}.") from None
    if not isinstance(content, dict):
        raise ValidationError("The content of the model card must be a JSON object, such as {}.")
    _check(content, schema, "")
    return content


def _bad(place: str, what: str) -> ValidationError:
    return ValidationError(f"The content of the model card does not fit its schema: {place or 'it'} {what}.")


def _check(value: Any, schema: Schema, place: str) -> None:
    if isinstance(schema, Text):
        _text(value, schema, place)
    elif isinstance(schema, Number):
        _number(value, schema, place)
    elif isinstance(schema, Many):
        _many(value, schema, place)
    elif isinstance(schema, Pairs):
        if not isinstance(value, dict):
            raise _bad(place, "must be an object of names and texts")
        for name, one in value.items():
            _text(one, Text(schema.most), f"{place}.{name}")
    elif isinstance(schema, Members):
        _members(value, schema, place)
    else:
        _metric(value, place)


def _text(value: Any, schema: Text, place: str) -> None:
    if not isinstance(value, str):
        raise _bad(place, "must be a text")
    if schema.one_of and value not in schema.one_of:
        raise _bad(place, f"must be one of {', '.join(schema.one_of)}")
    if not schema.least <= len(value) <= schema.most:
        raise _bad(place, f"must have {schema.least} to {schema.most} characters")


def _number(value: Any, schema: Number, place: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(place, "must be a number")
    if schema.least is not None and value < schema.least:
        raise _bad(place, f"must be at least {schema.least}")


def _many(value: Any, schema: Many, place: str) -> None:
    if not isinstance(value, list):
        raise _bad(place, "must be a list")
    if schema.most is not None and len(value) > schema.most:
        raise _bad(place, f"holds at most {schema.most} entries")
    for index, one in enumerate(value):
        _check(one, schema.of, f"{place}[{index}]")


def _members(value: Any, schema: Members, place: str) -> None:
    if not isinstance(value, dict):
        raise _bad(place, "must be an object")
    for name, one in value.items():
        if name not in schema.held:
            raise _bad(place, f"has no member {name}; it may have {', '.join(schema.held)}")
        _check(one, schema.held[name], f"{place}.{name}".lstrip("."))
    for name in schema.required:
        if name not in value:
            raise _bad(place, f"needs the member {name}")


def _metric(value: Any, place: str) -> None:
    """Its value goes by its type; names of axes are one or several."""
    if not isinstance(value, dict):
        raise _bad(place, "must be an object")
    plain = {name: one for name, one in value.items() if not name.endswith("_axis_name") or isinstance(one, str)}
    _members({**plain, **({"value": ""} if "value" in value else {})}, _METRIC, place)
    type, held = value["type"], value["value"]
    if type == "number":
        _number(held, Number(), f"{place}.value")
    elif type == "string":
        _text(held, Text(), f"{place}.value")
    elif type == "boolean":
        if not isinstance(held, bool):
            raise _bad(f"{place}.value", "must be true or false")
    elif not isinstance(held, list):
        raise _bad(f"{place}.value", "must be a list of numbers, or of lists of them")
    for name in ("x_axis_name", "y_axis_name"):
        if isinstance(value.get(name), list):
            _many(value[name], Many(Text()), f"{place}.{name}")
