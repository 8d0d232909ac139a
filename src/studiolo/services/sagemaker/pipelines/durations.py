"""ISO 8601 durations as CacheConfig.ExpireAfter holds them: PT1H, P30D, T12H. Pure."""

import re

_FORM = re.compile(
    r"P?(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?$",
    re.IGNORECASE,
)
_SECONDS = {"Y": 365 * 86_400, "M": 30 * 86_400, "W": 7 * 86_400, "D": 86_400, "h": 3600, "m": 60, "s": 1}


def seconds(text: str) -> float:
    """Raises ValueError."""
    match = _FORM.match(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is no duration as PT1H or P30D.")
    return float(sum(int(value) * _SECONDS[unit] for unit, value in match.groupdict().items() if value))
