"""Crontab lines, as JupyterLab speaks of schedules, and EventBridge's expressions, as the studio keeps them. Pure.

Crontab has five fields, Sunday is 0 or 7, and two days that are both restricted mean either. EventBridge has six, Sunday is 1,
and one of the two days must be open. What one can say and the other cannot is told, not bent.
"""

import re

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
SHORT = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}  # fmt: skip
_PLAIN = re.compile(r"(\*|\w+(-\w+)?)(/\d+)?(,(\*|\w+(-\w+)?)(/\d+)?)*")


class Inexpressible(ValueError):
    """The message says what to do instead."""


def _day(text: str, first: int) -> int:
    """0 for Sunday. first: the number that Sunday has in this notation."""
    if text.upper() in DAYS:
        return DAYS.index(text.upper())
    if text.isdecimal() and first <= int(text) <= 7:
        return (int(text) - first) % 7
    raise Inexpressible(f"{text} is no day of the week.")


def _days(text: str, first: int) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        start, end = (0, 6) if span == "*" else (_day(low, first), _day(high or low, first))
        if not high and step:
            end = 6
        if high and high != low and end <= start:
            end += 7
        found |= {one % 7 for one in range(start, end + 1, max(1, int(step or 1)))}
    return found


def _written(days: set[int]) -> str:
    if len(days) == 7:
        return "*"
    every = sorted(days)
    if len(every) > 2 and every[-1] - every[0] == len(every) - 1:
        return f"{DAYS[every[0]]}-{DAYS[every[-1]]}"
    return ",".join(DAYS[one] for one in every)


def to_expression(line: str) -> str:
    """cron(…) of a crontab's line. Raises Inexpressible."""
    fields = SHORT.get(line.strip().lower(), line).split()
    if len(fields) != 5:
        raise Inexpressible(
            f"A schedule has five fields (minute, hour, day of the month, month, day of the week), not {len(fields)}."
        )
    odd = next((one for one in fields if not _PLAIN.fullmatch(one)), None)
    if odd is not None:
        raise Inexpressible(f"{odd} can't be read as a field of a schedule: write numbers, *, lists, ranges and steps.")
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        raise Inexpressible(
            "A day of the month and a day of the week together mean either of them, which the studio's schedules can't "
            "say: make two job definitions, one for each."
        )
    if weekday != "*":
        weekday = _written(_days(weekday, 0))
    open_day = "?" if weekday != "*" else day
    return f"cron({minute} {hour} {open_day} {month} {weekday if weekday != '*' else '?'} *)"


def to_line(expression: str) -> str | None:
    """The crontab's line of a schedule of the studio's; None where crontab can't say it (once, every so many days, the last
    Friday)."""
    match = re.fullmatch(r"\s*cron\((.*)\)\s*", expression)
    fields = match.group(1).replace("?", "*").split() if match else []
    if len(fields) != 6 or fields[5] != "*" or not all(_PLAIN.fullmatch(one) for one in fields):
        return None
    minute, hour, day, month, weekday, _ = fields
    if re.search(r"L|W|#", day.upper()) or re.search(r"\dL|#|^L$", weekday.upper()):
        return None
    if any(_turns(one) for one in (minute, hour, day)):
        return None
    try:
        return f"{minute} {hour} {day} {month} {weekday if weekday == '*' else _written(_days(weekday, 1))}"
    except Inexpressible:
        return None


def _turns(field: str) -> bool:
    """A range that ends before it begins, as 22-2, which only EventBridge has."""
    spans = (part.partition("/")[0].partition("-") for part in field.split(","))
    return any(high.isdecimal() and low.isdecimal() and int(high) < int(low) for low, _, high in spans)
