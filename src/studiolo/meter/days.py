"""Stretches of time cut at midnight (UTC). Pure."""

from collections.abc import Iterator

DAY = 86_400


def cut(start: float, end: float) -> Iterator[tuple[int, float]]:
    """(day since 1970, seconds in it) of every day that the time from start to end touches."""
    while start < end:
        day = int(start // DAY)
        until = min(end, (day + 1) * DAY)
        yield day, until - start
        start = until
