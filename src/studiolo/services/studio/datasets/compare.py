"""How far two profiles are apart. Pure: it reads the profiles, never the bytes.

Columns of few values are compared value by value (total variation distance and PSI); others of numbers by their
quantiles (Kolmogorov-Smirnov distance and PSI over the base's tenths, to about a hundredth).
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

SMALL = 1e-4
"""Taken for an empty share, so that PSI stays finite."""


def psi(base: Sequence[float], other: Sequence[float]) -> float:
    pairs = [(max(one, SMALL), max(two, SMALL)) for one, two in zip(base, other, strict=True)]
    return sum((two - one) * math.log(two / one) for one, two in pairs)


def below(quantiles: Sequence[float], value: float) -> float:
    """The share of the values that are at most `value`."""
    last = len(quantiles) - 1
    right = bisect_right(quantiles, value)
    if right == 0:
        return 0.0
    if right > last:
        return 1.0
    low, high = quantiles[right - 1], quantiles[right]
    return (right - 1 + (value - low) / (high - low)) / last if high > low else right / last


def _strictly_below(quantiles: Sequence[float], value: float) -> float:
    left = bisect_left(quantiles, value)
    if left < len(quantiles) and quantiles[left] == value:
        return left / (len(quantiles) - 1)
    return below(quantiles, value)


def _shares(column: Mapping[str, Any]) -> tuple[dict[str, float], float]:
    counts = {one["Value"]: int(one["Count"]) for one in column["TopValues"]}
    total = sum(counts.values())
    return {value: count / total for value, count in counts.items()} if total else {}, float(total)


def column(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Method, Distance and Psi; no distance where one of the two has nothing to compare."""
    if base.get("Complete") and other.get("Complete"):
        one, two = _shares(base)[0], _shares(other)[0]
        if not one or not two:
            return {}
        values = sorted(one.keys() | two.keys())
        left, right = [one.get(value, 0.0) for value in values], [two.get(value, 0.0) for value in values]
        distance = sum(abs(a - b) for a, b in zip(left, right, strict=True)) / 2
        return {"Method": "TVD", "Distance": distance, "Psi": psi(left, right)}
    if "Quantiles" not in base or "Quantiles" not in other:
        return {}
    first, second = base["Quantiles"], other["Quantiles"]
    points = sorted({*first, *second})
    distance = max(
        max(abs(below(first, at) - below(second, at)), abs(_strictly_below(first, at) - _strictly_below(second, at)))
        for at in points
    )
    edges = sorted({first[step * (len(first) - 1) // 10] for step in range(1, 10)})
    return {"Method": "KS", "Distance": distance, "Psi": psi(_bins(first, edges), _bins(second, edges))}


def _bins(quantiles: Sequence[float], edges: Sequence[float]) -> list[float]:
    at = [0.0, *(below(quantiles, edge) for edge in edges), 1.0]
    return [at[step + 1] - at[step] for step in range(len(at) - 1)]


def compare(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Of two versions' statuses."""
    left = {one["Name"]: one for one in base.get("Columns", ())}
    right = {one["Name"]: one for one in other.get("Columns", ())}
    found: list[dict[str, Any]] = []
    for name in [*left, *(name for name in right if name not in left)]:
        one, two = left.get(name), right.get(name)
        if one is None or two is None:
            change, known = ("Added", two) if one is None else ("Removed", one)
            assert known is not None
            found.append({"Name": name, "Change": change, "OtherType" if one is None else "BaseType": known["Type"]})
            continue
        same = one["Type"] == two["Type"]
        document = {
            "Name": name,
            "Change": "Same" if same else "Retyped",
            "BaseType": one["Type"],
            "OtherType": two["Type"],
        }
        document |= {"BaseNulls": one["Nulls"], "OtherNulls": two["Nulls"]}
        found.append({**document, **column(one, two)})
    rows = {name: side["RowCount"] for name, side in (("BaseRows", base), ("OtherRows", other)) if "RowCount" in side}
    return {**rows, "SameBytes": base["Digest"] == other["Digest"], "Columns": found}
