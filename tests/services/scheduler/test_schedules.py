from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from studiolo.services import schedules
from studiolo.services.scheduler.timing import Timing


def at(text, zone="UTC"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("text", "zone", "after", "found"),
    [
        ("cron(0 12 L * ? *)", "UTC", "2026-02-01", "2026-02-28T12:00"),
        ("cron(0 12 L-2 * ? *)", "UTC", "2026-02-01", "2026-02-26T12:00"),
        ("cron(0 12 LW * ? *)", "UTC", "2026-02-01", "2026-02-27T12:00"),
        ("cron(0 12 15W * ? *)", "UTC", "2026-08-01", "2026-08-14T12:00"),
        ("cron(0 12 1W * ? *)", "UTC", "2026-08-01", "2026-08-03T12:00"),
        ("cron(0 12 31W * ? *)", "UTC", "2026-05-01", "2026-05-29T12:00"),
        ("cron(0 12 ? * 6L *)", "UTC", "2026-05-01", "2026-05-29T12:00"),
        ("cron(0 12 ? * FRIL *)", "UTC", "2026-05-30", "2026-06-26T12:00"),
        ("cron(0 12 ? * 2#1 *)", "UTC", "2026-05-05", "2026-06-01T12:00"),
        ("cron(0 12 ? * MON#5 *)", "UTC", "2026-05-01", "2026-06-29T12:00"),
        ("cron(0 12 ? * L *)", "UTC", "2026-05-01", "2026-05-02T12:00"),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28T12:00", "2026-03-30T02:30"),
        ("cron(0 9 ? * MON-FRI *)", "America/New_York", "2026-03-06T12:00", "2026-03-09T09:00"),
    ],
)
def test_cron_as_aws_writes_it(text, zone, after, found):
    assert schedules.parse(text, zone).after(at(after, zone), 0) == at(found, zone)


@pytest.mark.parametrize(
    "text", ["cron(0 12 L-40 * ? *)", "cron(0 12 ? * 8L *)", "cron(0 12 ? * 2#6 *)", "cron(0 12 32W * ? *)"]
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(schedules.BadSchedule):
        schedules.parse(text)


def test_one_of_both_days_is_open():
    assert [schedules.one_is_open(f"cron(0 12 {days} *)") for days in ("* * ?", "? * *", "* * *", "1 * MON")] == [
        True,
        True,
        False,
        False,
    ]
    assert schedules.one_is_open("rate(1 day)")


def test_a_rate_begins_at_once_or_with_its_start_and_ends():
    rate = schedules.parse("rate(1 minute)")
    assert Timing(rate, 100.0).next(0) == 100.0
    assert Timing(rate, 100.0).next(100.5) == 160.0
    assert Timing(rate, 100.0, start=130.0).next(0) == 130.0
    assert Timing(rate, 100.0, end=150.0).next(100.5) is None
    assert Timing(rate, 100.0, at_once=False).next(0) == 160.0


def test_a_moment_comes_once_whatever_the_bounds():
    once = schedules.parse("at(2026-05-01T10:00:00)")
    moment = at("2026-05-01T10:00")
    assert Timing(once, moment - 60, start=moment + 60, end=moment - 30).next(0) == moment
    assert Timing(once, moment - 60).next(moment) is None
