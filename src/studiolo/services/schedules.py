"""Schedules as AWS writes them: at(…), rate(…), cron(…) in a time zone. Pure: a text in, the next time out. Used by scaling,
schedules and rules.
"""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_NAMES = {
    **{name: number for number, name in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), 1)},
    **{name: number for number, name in enumerate("SUN MON TUE WED THU FRI SAT".split(), 1)},
}
_FIELDS = (("minutes", 0, 59), ("hours", 0, 23), ("day of the month", 1, 31), ("month", 1, 12),
           ("day of the week", 1, 7), ("year", 1970, 2199))  # fmt: skip
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}


class BadSchedule(ValueError):
    """The message says what can't be read."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One of the three: moment (without a zone), seconds between two, or the six sets of cron."""

    moment: datetime | None = None
    seconds: float = 0.0
    fields: Sequence[frozenset[int]] = ()
    zone: tzinfo = UTC
    day: str = ""
    """Of the month where it is no set: "L", "L-3", "LW", "15W"."""
    weekday: str = ""
    """Likewise, with 1 for Sunday: "6L", "2#1"."""

    def after(self, time: float, begin: float) -> float | None:
        """The first occurrence later than `time`; `begin` is where a rate counts from. None where there is none."""
        if self.moment is not None:
            when = self.moment.replace(tzinfo=self.zone).timestamp()
            return when if when > time else None
        if self.seconds:
            passed = max(0, int((time - begin) // self.seconds) + 1)
            return begin + passed * self.seconds
        return self._cron(time)

    def _cron(self, time: float) -> float | None:
        minutes, hours, *_, years = self.fields
        moment = datetime.fromtimestamp(time, self.zone).replace(second=0, microsecond=0)
        day = moment.replace(hour=0, minute=0, tzinfo=None)
        while day.year <= min(max(years), day.year + 10) and day.year <= moment.year + 10:
            if self._fits(day):
                for hour in sorted(hours):
                    for minute in sorted(minutes):
                        when = day.replace(hour=hour, minute=minute, tzinfo=self.zone).timestamp()
                        # What the clocks leave out in spring never comes.
                        if when > time and datetime.fromtimestamp(when, self.zone).hour == hour:
                            return when
            day += timedelta(days=1)
        return None

    def _fits(self, day: datetime) -> bool:
        _, _, days, months, weekdays, years = self.fields
        if day.month not in months or day.year not in years:
            return False
        last, weekday = calendar.monthrange(day.year, day.month)[1], day.isoweekday() % 7 + 1
        if self.day and day.day != _day_meant(self.day, day, last):
            return False
        if self.weekday.endswith("L") and (weekday != int(self.weekday[:-1]) or day.day + 7 <= last):
            return False
        if "#" in self.weekday:
            wanted, _, place = self.weekday.partition("#")
            if weekday != int(wanted) or (day.day - 1) // 7 + 1 != int(place):
                return False
        return (bool(self.day) or day.day in days) and (bool(self.weekday) or weekday in weekdays)


def _day_meant(text: str, day: datetime, last: int) -> int:
    """The day of that month; 0 where it has none."""
    if text == "L":
        return last
    if text.startswith("L-"):
        return max(0, last - int(text[2:]))
    wanted = last if text == "LW" else int(text[:-1])
    if wanted > last:
        return 0
    weekday = day.replace(day=wanted).isoweekday()
    if weekday == 6:
        return wanted - 1 if wanted > 1 else wanted + 2
    if weekday == 7:
        return wanted + 1 if wanted < last else wanted - 2
    return wanted


def _number(text: str, name: str, low: int, high: int) -> int:
    value = _NAMES.get(text.upper()) if name in ("month", "day of the week") else None
    if value is None:
        if not text.isdecimal() or len(text) > 4:
            raise BadSchedule(f"{text[:20]!r} is no {name}")
        value = int(text)
    if not low <= value <= high:
        raise BadSchedule(f"{text} is no {name}: it is between {low} and {high}")
    return value


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    if text in ("*", "?"):
        return frozenset(range(low, high + 1))
    if text in ("L", "l") and name == "day of the week":
        return frozenset({7})
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        every = _number(step, "step", 1, high) if step else 1
        if span == "*":
            first, last = low, high
        elif "-" in span:
            one, _, other = span.partition("-")
            first, last = _number(one, name, low, high), _number(other, name, low, high)
        else:
            first = _number(span, name, low, high)
            last = high if step else first
        if last < first:
            found |= {*range(first, high + 1, every), *range(low, last + 1, every)}
        else:
            found |= set(range(first, last + 1, every))
    return frozenset(found)


def parse(text: str, zone: str | None = None) -> Schedule:
    """Raises BadSchedule."""
    try:
        held: tzinfo = ZoneInfo(zone) if zone else UTC
    except (ValueError, OSError, KeyError):
        raise BadSchedule(f"there is no time zone {str(zone)[:50]!r}") from None
    match = re.fullmatch(r"\s*(at|rate|cron)\((.*)\)\s*", text)
    if match is None:
        raise BadSchedule("it must be at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(fields)")
    kind, inside = match.group(1), match.group(2).strip()
    if kind == "at":
        try:
            moment = datetime.strptime(inside, "%Y-%m-%dT%H:%M:%S")
            moment.replace(tzinfo=held).timestamp()
        except (ValueError, OverflowError):
            raise BadSchedule(f"at({inside[:30]}) is no time: write at(yyyy-mm-ddThh:mm:ss)") from None
        return Schedule(moment=moment, zone=held)
    if kind == "rate":
        rate = re.fullmatch(r"(\d{1,6})\s+(minute|hour|day)s?", inside)
        if rate is None or int(rate.group(1)) == 0:
            raise BadSchedule("a rate is a positive number and minutes, hours or days")
        return Schedule(seconds=int(rate.group(1)) * _UNITS[rate.group(2)], zone=held)
    parts = inside.split()
    if len(parts) != len(_FIELDS):
        raise BadSchedule("cron has six fields: minutes, hours, day of the month, month, day of the week, year")
    day, weekday = _special_day(parts[2]), _special_weekday(parts[4])
    plain = [*parts[:2], "?" if day else parts[2], parts[3], "?" if weekday else parts[4], parts[5]]
    fields = [_field(part, *form) for part, form in zip(plain, _FIELDS, strict=True)]
    return Schedule(fields=fields, zone=held, day=day, weekday=weekday)


def one_is_open(text: str) -> bool:
    """Whether a cron leaves the day of the month or that of the week open by "?", as EventBridge demands."""
    parts = text.strip().removeprefix("cron(").removesuffix(")").split()
    return not text.strip().startswith("cron") or "?" in (parts[2], parts[4])


def _special_day(text: str) -> str:
    """ "" where it is a plain set."""
    upper = text.upper()
    if upper in ("L", "LW"):
        return upper
    match = re.fullmatch(r"L-(\d{1,2})|(\d{1,2})W", upper)
    if match is None:
        return ""
    _number(match[1] or match[2], "day of the month", 1, 31)
    return upper


def _special_weekday(text: str) -> str:
    upper = text.upper()
    if upper == "L":
        return ""
    match = re.fullmatch(r"([A-Z]{3}|\d)(?:L|#(\d))", upper)
    if match is None:
        return ""
    number = _number(match[1], "day of the week", 1, 7)
    if match[2] is None:
        return f"{number}L"
    return f"{number}#{_number(match[2], 'place in the month', 1, 5)}"
