"""When a schedule's target is started next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.services import schedules

MOMENT = 0.001


@dataclass(frozen=True, slots=True)
class Timing:
    """since: when it was made or last changed, epoch seconds."""

    schedule: schedules.Schedule
    since: float
    start: float | None = None
    end: float | None = None
    at_once: bool = True
    """Whether a rate begins with a start, or after its first period."""

    def next(self, handled: float) -> float | None:
        """The first time after those that are handled; None where there is none any more."""
        begin = max(self.since, self.start or 0.0)
        if self.schedule.moment is not None:
            begin = self.since
        if self.schedule.seconds and not self.at_once:
            begin += self.schedule.seconds
        after = max(handled, begin - MOMENT)
        found = self.schedule.after(after, begin)
        late = self.end is not None and found is not None and found > self.end and self.schedule.moment is None
        return None if late else found


def of(spec: Mapping[str, Any], at_once: bool = True) -> Timing:
    """Of a schedule's or a rule's spec. Raises BadSchedule."""
    found = schedules.parse(spec["ScheduleExpression"], spec.get("ScheduleExpressionTimezone"))
    return Timing(found, float(spec["_since"]), spec.get("StartDate"), spec.get("EndDate"), at_once)
