"""Whether a condition step's conditions hold. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studiolo.services.sagemaker.pipelines.values import CannotResolve, Known, resolve

_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanOrEqualTo": lambda left, right: left >= right,
    "LessThan": lambda left, right: left < right,
    "LessThanOrEqualTo": lambda left, right: left <= right,
}


def holds(conditions: Sequence[Mapping[str, Any]], known: Known) -> bool:
    """All of them. Raises CannotResolve."""
    return all(_one(condition, known) for condition in conditions)


def _one(condition: Mapping[str, Any], known: Known) -> bool:
    type = condition["Type"]
    if type == "Not":
        return not _one(condition["Condition" if "Condition" in condition else "Expression"], known)
    if type == "Or":
        return any(_one(one, known) for one in condition["Conditions"])
    if type == "In":
        asked, among = resolve(condition["QueryValue"], known), resolve(condition["Values"], known)
        if not isinstance(among, list):
            raise CannotResolve(f"In needs a list of Values, not {among!r:.100}.")
        return any(_equal(asked, one) for one in among)
    left, right = resolve(condition["LeftValue"], known), resolve(condition["RightValue"], known)
    if type == "Equals":
        return _equal(left, right)
    left, right = _alike(left, right)
    try:
        return _ORDER[type](left, right)
    except TypeError:
        raise CannotResolve(f"{type} can't compare {left!r} with {right!r}.") from None


def _equal(left: Any, right: Any) -> bool:
    left, right = _alike(left, right)
    return bool(left == right)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """A number that came as text (a hyperparameter, a line of a file) compares with a number as one."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left, right
    if isinstance(left, str) != isinstance(right, str):
        try:
            return float(left), float(right)
        except (TypeError, ValueError):
            pass
    return left, right
