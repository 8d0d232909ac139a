"""A pipeline's definition, read and checked: version 2020-12-01, as both SDKs write it. Pure.

Steps inside a condition's branches are laid flat beside the others, each with the gates it stands behind. Those in the body
of a ForEach are kept with it until its items are known (expanding.py). What would fail at
run time for want of a name, a step or an end of the way (cycles) is refused here, with the place.
"""

import math
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from studiolo.base.errors import ValidationError
from studiolo.services.sagemaker.pipelines import forms, members
from studiolo.services.sagemaker.pipelines.paths import BadPath, split

VERSION = "2020-12-01"
MAX_BYTES = 10 * 2**20
MAX_DEPTH = 60
SCALARS: Mapping[str, type | tuple[type, ...]] = {"String": str, "Integer": int, "Float": (int, float), "Boolean": bool}
FIXED = ("PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn", "StartDateTime")
"""Execution variables that are the same during the whole execution."""
EXECUTION = (*FIXED, "CurrentDateTime", "TrainingJobName", "ProcessingJobName")
COMPARISONS = ("Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
RUNNABLE = (
    "Processing", "Training", "Tuning", "Transform", "Model", "RegisterModel", "Condition", "Fail", "Callback", "Endpoint", "EndpointConfig",
    "Deploy", "ForEach", "Lambda",
)  # fmt: skip
"""Types of steps that this version runs."""


def bad(why: str) -> ValidationError:
    return ValidationError(f"Unable to parse pipeline definition. {why}")


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: str
    default: Any = None
    allowed: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    type: str
    arguments: Mapping[str, Any]
    raw: Mapping[str, Any]
    gates: tuple[tuple[str, bool], ...] = ()
    """The conditions it is inside of, outermost first, and by which outcome of each."""
    after: tuple[str, ...] = ()
    """Steps that must have succeeded before: those it names by DependsOn, those it takes a value from, its gates."""
    branches: Mapping[bool, tuple[str, ...]] = field(default_factory=dict[bool, tuple[str, ...]])
    """Of a condition: the steps right inside."""
    reads: tuple[str, ...] = ()
    """Every path it asks for by {"Get": …}."""
    body: Mapping[str, "Step"] = field(default_factory=dict[str, "Step"])
    """Of a ForEach, in an order in which each comes after those it waits for."""
    parent: str = ""
    """Of a step of a ForEach's body: that ForEach."""
    index: int = -1
    """Likewise: of the item it is run for."""

    @property
    def written(self) -> str:
        """Its name in the definition; that of a step in a body is run under several."""
        return str(self.raw["Name"])


@dataclass(frozen=True, slots=True)
class Definition:
    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]
    """In an order in which each comes after those it waits for."""
    experiment: Mapping[str, Any]
    raws: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Every step as it is written, also those in bodies."""

    def property_file(self, step: str, name: str) -> tuple[str, str]:
        """(output, path below it). Raises KeyError."""
        for one in self.raws[step].get("PropertyFiles", ()):
            if one["PropertyFileName"] == name:
                return one["OutputName"], one["FilePath"]
        raise KeyError(name)


def parse(text: str | bytes) -> Definition:
    """Raises ValidationError."""
    if len(text) > MAX_BYTES:
        raise bad(f"It is larger than {MAX_BYTES >> 20} MiB.")
    try:
        document = orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise bad(f"It is no JSON: {error}.") from None
    if not isinstance(document, dict):
        raise bad("It must be a JSON object.")
    if document.get("Version") != VERSION:
        raise bad(f"Version must be {VERSION!r}.")
    parameters = _parameters(document.get("Parameters") or [])
    laid = list(_flat(document.get("Steps") or [], ()))
    if not laid:
        raise bad("Steps must hold at least one step.")
    bodies = {one["Name"]: _body(one) for one, _ in laid if one["Type"] == "ForEach"}
    inside = [one for body in bodies.values() for one in body]
    _check_names([one["Name"] for one, _ in laid], [one["Name"] for one in inside])
    place = Place({one["Name"]: one for one, _ in laid}, {one["Name"]: one for one in inside}, parameters)
    steps = {one["Name"]: _step(one, gates, place) for one, gates in laid}
    for name, body in bodies.items():
        steps[name] = _loop(steps[name], body, place)
    raws = {**place.outside, **place.inside}
    experiment = _experiment(document.get("PipelineExperimentConfig"), parameters)
    return Definition(parameters, _ordered(steps), experiment, raws)


def _check_names(outside: list[str], inside: list[str]) -> None:
    for name, times in Counter([*outside, *inside]).items():
        if times > 1:
            raise bad(f"The step name {name!r} is given more than once.")
    bodies = set(inside)
    for name in outside:
        stem, _, number = name.rpartition("-")
        if stem in bodies and number.isdecimal():
            raise bad(f"The step name {name!r} is what an item's {stem!r} is called; give the step another name.")


@dataclass(frozen=True, slots=True)
class Place:
    """What a step may refer to. outside: the steps by name; inside: those in bodies of ForEach steps."""

    outside: Mapping[str, Mapping[str, Any]]
    inside: Mapping[str, Mapping[str, Any]]
    parameters: Mapping[str, Parameter]
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """For a step of a body: that body's steps."""


# Parameters.


def _parameters(given: Any) -> dict[str, Parameter]:
    if not isinstance(given, list):
        raise bad("Parameters must be a list.")
    found: dict[str, Parameter] = {}
    for at, one in enumerate(given):
        if not isinstance(one, dict) or not isinstance(one.get("Name"), str) or one.get("Type") not in list(SCALARS):
            called = f" ({one['Name']!r})" if isinstance(one, dict) and "Name" in one else ""
            raise bad(f"Parameters[{at}]{called}: each parameter needs a Name and a Type of {', '.join(SCALARS)}.")
        if one["Name"] in found:
            raise bad(f"The parameter {one['Name']!r} is given more than once.")
        if not isinstance(one.get("EnumValues") or [], list):
            raise bad(f"EnumValues of the parameter {one['Name']!r} must be a list.")
        known = Parameter(one["Name"], one["Type"], one.get("DefaultValue"), tuple(one.get("EnumValues") or ()))
        if known.default is not None and not _fits(known, known.default):
            raise bad(f"The DefaultValue of the parameter {known.name!r} is no {known.type}{_one_of(known)}.")
        found[known.name] = known
    return found


def _fits(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, bool) != (parameter.type == "Boolean"):
        return False
    return isinstance(value, SCALARS[parameter.type]) and (not parameter.allowed or value in parameter.allowed)


def _one_of(parameter: Parameter) -> str:
    return f" of {list(parameter.allowed)}" if parameter.allowed else ""


def values(parameters: Mapping[str, Parameter], given: Mapping[str, str]) -> dict[str, Any]:
    """Every parameter's value in an execution, from the texts a request holds. Raises ValidationError."""
    for name in given:
        if name not in parameters:
            raise ValidationError(f"Undefined parameter: the pipeline has no parameter {name!r}.")
    found: dict[str, Any] = {}
    for name, parameter in parameters.items():
        value = _typed(parameter, given[name]) if name in given else parameter.default
        if value is None:
            raise ValidationError(f"The parameter {name!r} has no default value: give one to start the pipeline.")
        found[name] = value
    return found


def _typed(parameter: Parameter, text: str) -> Any:
    value: Any = text
    try:
        if parameter.type == "Integer":
            value = int(text)
            if abs(value) >= 2**63:
                raise ValueError
        elif parameter.type == "Float":
            value = float(text)
            if not math.isfinite(value):
                raise ValueError
        elif parameter.type == "Boolean":
            value = {"true": True, "false": False}[text.lower()]
    except (ValueError, KeyError):
        raise ValidationError(
            f"The parameter {parameter.name!r} must be of type {parameter.type}, not {text[:100]!r}."
        ) from None
    if parameter.allowed and value not in parameter.allowed:
        raise ValidationError(f"The parameter {parameter.name!r} must be one of {list(parameter.allowed)}.")
    return value


def _experiment(given: Any, parameters: Mapping[str, Parameter]) -> Mapping[str, Any]:
    """Its two names are known before any step has run: made of parameters and of the execution's own variables."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise bad("PipelineExperimentConfig must be an object with ExperimentName and TrialName.")
    try:
        for path in _gets(given, 0):
            parts = split(path)
            known = {"Parameters": parameters, "Execution": FIXED}.get(str(parts[0]), ())
            if len(parts) != 2 or parts[1] not in known:
                raise bad(
                    f"PipelineExperimentConfig refers to {path!r}, which is no parameter and no execution variable."
                )
    except (Unreadable, BadPath) as error:
        raise bad(f"PipelineExperimentConfig: {error}") from None
    return given


# Steps.


def _flat(
    steps: Any, gates: tuple[tuple[str, bool], ...], place: str = "Steps"
) -> Iterator[tuple[Mapping[str, Any], tuple[tuple[str, bool], ...]]]:
    if not isinstance(steps, list):
        raise bad(f"{place} must be a list.")
    if len(gates) > MAX_DEPTH:
        raise bad("Conditions are nested too deeply.")
    for at, one in enumerate(steps):
        if not isinstance(one, dict) or not isinstance(one.get("Name"), str) or not isinstance(one.get("Type"), str):
            called = f" ({one['Name']!r})" if isinstance(one, dict) and "Name" in one else ""
            raise bad(f"{place}[{at}]{called}: each step needs a Name and a Type.")
        arguments = one.get("Arguments")
        if arguments is not None and not isinstance(arguments, dict):
            raise bad(f"The Arguments of the step {one['Name']!r} must be an object.")
        yield one, gates
        if one["Type"] == "Condition":
            for member, outcome in (("IfSteps", True), ("ElseSteps", False)):
                inner = f"{member} of the step {one['Name']!r}"
                yield from _flat((arguments or {}).get(member) or [], (*gates, (one["Name"], outcome)), inner)


def _step(raw: Mapping[str, Any], gates: tuple[tuple[str, bool], ...], place: Place) -> Step:
    name, type = raw["Name"], raw["Type"]
    if type not in RUNNABLE:
        raise bad(f"The step {name!r}: steps of type {type} are not supported by this version of studiolo.")
    if why := members.beside(raw):
        raise bad(f"The step {name!r}: {why}")
    arguments: Mapping[str, Any] = raw.get("Arguments") or {}
    own = {key: value for key, value in arguments.items() if key not in ("IfSteps", "ElseSteps", "ForEachBody")}
    if type == "Condition":
        _check_conditions(name, own.get("Conditions"))
    if type in forms.FORMS and (why := forms.FORMS[type](own)):
        raise bad(f"The step {name!r}: {why}")
    if type == "Lambda" and (why := forms.function(raw)):
        raise bad(f"The step {name!r}: {why}")
    if type != "Lambda" and len(own) == 1 and next(iter(own)) in members.FUNCTIONS:
        raise bad(f"The step {name!r}: its Arguments must be the members of a request, not a value that becomes one.")
    after = dict.fromkeys(gate for gate, _ in gates)
    for other in raw.get("DependsOn") or ():
        if other not in place.outside and other not in place.own:
            inside = ", but a step of a ForEach" if other in place.inside else ", which is no step"
            raise bad(f"The step {name!r} depends on {other!r}{inside}.")
        after[other] = None
    # What a selector compares is there only when all items are done.
    asking = {key: value for key, value in own.items() if key != "Selector"} if type == "ForEach" else own
    try:
        reads = tuple(_gets([asking, raw.get("SqsQueueUrl"), raw.get("FunctionArn")], 0))
    except Unreadable as error:
        raise bad(f"The step {name!r}: {error}") from None
    for path in reads:
        other = _refers_to(name, path, place)
        if other is not None:
            after[other] = None
    if name in after:
        raise bad(f"The step {name!r} waits for itself.")
    branches = {
        outcome: tuple(one["Name"] for one in arguments.get(member) or ())
        for member, outcome in (("IfSteps", True), ("ElseSteps", False))
    }
    return Step(name, type, own, raw, gates, tuple(after), branches if type == "Condition" else {}, reads)


def _body(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = (raw.get("Arguments") or {}).get("ForEachBody") or []
    body = [one for one, _ in _flat(given, (), f"ForEachBody of the step {raw['Name']!r}")]
    if not body:
        raise bad(f"The step {raw['Name']!r} needs a ForEachBody with at least one step.")
    for one in body:
        if one["Type"] in ("Condition", "Fail", "ForEach"):
            raise bad(f"The step {raw['Name']!r}: a step of type {one['Type']} can't be in a ForEachBody.")
    return body


def _loop(step: Step, raws: list[Mapping[str, Any]], place: Place) -> Step:
    """With its body. It waits for what the steps of its body wait for outside."""
    here = replace(place, own={one["Name"]: one for one in raws})
    body = _ordered({one["Name"]: replace(_step(one, (), here), parent=step.name) for one in raws})
    after = dict.fromkeys([*step.after, *(name for one in body.values() for name in one.after if name not in body)])
    if step.name in after:
        raise bad(f"The step {step.name!r} waits for itself.")
    why = forms.selector(step.arguments.get("Selector"), list(body))
    if why:
        raise bad(f"The step {step.name!r}: {why}")
    return replace(step, after=tuple(after), body=body)


class Unreadable(Exception):
    """The message says what of a step's arguments can't be."""


def _gets(value: Any, depth: int) -> Iterator[str]:
    """Every path that is asked for by {"Get": …}. Raises Unreadable."""
    if depth > MAX_DEPTH:
        raise Unreadable("it is nested too deeply.")
    if isinstance(value, dict):
        if why := members.value(value):
            raise Unreadable(why)
        if list(value) == ["Get"]:
            yield str(value["Get"])
            return
        for one in value.values():
            yield from _gets(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _gets(one, depth + 1)


def _refers_to(name: str, path: str, place: Place) -> str | None:
    """The step a path leads to. Raises ValidationError where it leads nowhere."""
    try:
        parts = split(path)
    except BadPath as error:
        raise bad(f"The step {name!r}: {error}") from None
    if parts[0] == "Parameters" and len(parts) == 2:
        if parts[1] not in place.parameters:
            raise bad(f"The step {name!r} refers to the parameter {parts[1]!r}, which is not defined.")
        return None
    if parts[0] == "Execution" and len(parts) == 2 and parts[1] in EXECUTION:
        return None
    if parts[0] == "PipelineExperimentConfig" and len(parts) == 2:
        return None
    if parts[0] == "ForEach" and place.own and len(parts) >= 2 and parts[1] in ("CurrentItem", "Index"):
        return None
    if parts[0] == "ForEach":
        raise bad(f"The step {name!r} refers to {path!r}, which is known only to steps in a ForEachBody.")
    if parts[0] != "Steps" or len(parts) < 3:
        raise bad(f"The step {name!r} refers to {path!r}, which is no parameter, step or property of the execution.")
    other = str(parts[1])
    types = place.own if other in place.own else place.outside
    if other in place.inside and other not in place.own:
        raise bad(
            f"The step {name!r} refers to {path!r}, but {other!r} runs once for each item: take "
            f"Steps.<its ForEach>.IterationOutputs[0].{other}."
        )
    if other in types and types[other]["Type"] == "ForEach" and parts[2] not in forms.LOOP_PROPERTIES:
        raise bad(f"The step {name!r} refers to {path!r}, but a ForEach has only {', '.join(forms.LOOP_PROPERTIES)}.")
    if other not in types:
        raise bad(f"The step {name!r} refers to {path!r}, but there is no step {other!r}.")
    if types[other]["Type"] == "Lambda":
        outputs = _listed(types[other].get("OutputParameters"), "OutputName")
        if len(parts) < 4 or parts[2] != "OutputParameters" or parts[3] not in outputs:
            raise bad(f"The step {name!r} refers to {path!r}, but {other!r} has no such output.")
    if parts[2] == "PropertyFiles":
        files = _listed(types[other].get("PropertyFiles"), "PropertyFileName")
        if len(parts) != 4 or parts[3] not in files:
            raise bad(f"The step {name!r} refers to {path!r}, but {other!r} has no such property file.")
    return other


def _listed(entries: Any, member: str) -> list[Any]:
    """What entries of a list are called; of a step that may not have been checked yet."""
    return [one.get(member) for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []


def _check_conditions(name: str, conditions: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise bad(f"The condition step {name!r}: its conditions are nested too deeply.")
    if not isinstance(conditions, list) or not conditions:
        raise bad(f"The condition step {name!r} needs Conditions.")
    for one in conditions:
        type = one.get("Type") if isinstance(one, dict) else None
        if type in COMPARISONS:
            needed: Sequence[str] = ("LeftValue", "RightValue")
        elif type == "In":
            needed = ("QueryValue", "Values")
        elif type == "Not":
            # The SDKs say Condition, the documented form Expression.
            needed = ("Condition" if "Condition" in one else "Expression",)
        elif type == "Or":
            needed = ("Conditions",)
        else:
            raise bad(f"The condition step {name!r} has a condition of the unknown type {type!r}.")
        for member in needed:
            if member not in one:
                raise bad(f"The condition step {name!r}: a condition of type {type} needs {member}.")
        if type == "Not":
            _check_conditions(name, [one[needed[0]]], depth + 1)
        if type == "Or":
            _check_conditions(name, one["Conditions"], depth + 1)


def _ordered(steps: dict[str, Step]) -> dict[str, Step]:
    """Raises where steps wait for one another in a circle."""
    order: dict[str, Step] = {}
    left = dict(steps)
    waits = {name: {one for one in step.after if one in steps} for name, step in steps.items()}
    waited: dict[str, list[str]] = {name: [] for name in steps}
    for name, ones in waits.items():
        for one in ones:
            waited[one].append(name)
    ready = deque(name for name in steps if not waits[name])
    while ready:
        name = ready.popleft()
        order[name] = left.pop(name)
        for other in waited[name]:
            waits[other].discard(name)
            if not waits[other]:
                ready.append(other)
    if left:
        raise bad(f"Steps wait for one another in a circle: {', '.join(_circle(left))}.")
    return order


def _circle(left: Mapping[str, Step]) -> list[str]:
    path: dict[str, None] = {}
    name = next(iter(left))
    while name not in path:
        path[name] = None
        name = next(one for one in left[name].after if one in left)
    steps = list(path)
    return [*steps[steps.index(name) :], name]
