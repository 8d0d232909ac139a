"""The ranges of a tuning job, read and checked, and points in them. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studiolo.base.errors import Unsupported, ValidationError

Scale = Literal["Linear", "Logarithmic", "ReverseLogarithmic"]


@dataclass(frozen=True, slots=True)
class Range:
    name: str
    kind: Literal["integer", "continuous", "categorical"]
    low: float = 0.0
    high: float = 0.0
    scale: Scale = "Linear"
    values: tuple[str, ...] = ()

    def at(self, share: float) -> str:
        """The value at a share of the range, from 0 to 1, as a hyperparameter's text."""
        if self.kind == "categorical":
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        return self.text(self._scaled(share))

    def _scaled(self, share: float) -> float:
        if self.scale == "Logarithmic":
            return math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        if self.scale == "ReverseLogarithmic":
            # Fine near 1: the logarithm of what is missing to it.
            left, right = math.log(1 - self.low), math.log(1 - self.high)
            return 1 - math.exp(left + share * (right - left))
        width = self.high - self.low + (1 if self.kind == "integer" else 0)
        return self.low + share * width

    def text(self, value: float) -> str:
        value = min(max(value, self.low), self.high)
        if self.kind == "integer":
            whole = math.floor(value) if self.scale == "Linear" else round(value)
            return str(int(min(max(whole, self.low), self.high)))
        return repr(float(value))


def _number(name: str, text: str, whole: bool) -> float:
    try:
        value = float(int(text)) if whole else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValidationError(f"The range of {name}: {text!r} is no {'whole number' if whole else 'number'}.")
    return value


def _numeric(given: Mapping[str, Any], kind: Literal["integer", "continuous"]) -> Range:
    name, whole = given["Name"], kind == "integer"
    low, high = _number(name, given["MinValue"], whole), _number(name, given["MaxValue"], whole)
    scale = given.get("ScalingType", "Auto")
    if low > high or (low == high and not whole):
        raise ValidationError(f"The range of {name}: MinValue must be below MaxValue.")
    if scale == "Logarithmic" and low <= 0:
        raise ValidationError(f"The range of {name}: a logarithmic scale needs values above 0.")
    if scale == "ReverseLogarithmic" and (whole or low < 0 or high >= 1):
        raise ValidationError(f"The range of {name}: a reverse logarithmic scale is for numbers from 0 to below 1.")
    if scale == "Auto":
        # As AWS does: what spans several orders of magnitude is searched by order of magnitude.
        scale = "Logarithmic" if low > 0 and high / low >= 1000 else "Linear"
    return Range(name, kind, low, high, scale)


def ranges(given: Mapping[str, Any]) -> list[Range]:
    """Raises ValidationError."""
    if given.get("AutoParameters"):
        raise Unsupported("AutoParameters (Autotune) are not supported by this version of studiolo: give their ranges.")
    found = [_numeric(one, "integer") for one in given.get("IntegerParameterRanges", ())]
    found += [_numeric(one, "continuous") for one in given.get("ContinuousParameterRanges", ())]
    for one in given.get("CategoricalParameterRanges", ()):
        if not one["Values"]:
            raise ValidationError(f"The range of {one['Name']} has no Values.")
        found.append(Range(one["Name"], "categorical", values=tuple(one["Values"])))
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(f"The hyperparameter {name} has more than one range.")
    if not found:
        raise ValidationError("A tuning job needs at least one hyperparameter range.")
    return found
