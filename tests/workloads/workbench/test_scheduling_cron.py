"""Crontab's lines and EventBridge's expressions: both ways, and against what the studio's own schedules make of them."""

import pytest

from studiolo.services import schedules
from studiolo.workloads.workbench.scheduling import cron


@pytest.mark.parametrize(
    ("line", "expression"),
    [
        ("0 0 * * MON-FRI", "cron(0 0 ? * MON-FRI *)"),
        ("* * * * *", "cron(* * * * ? *)"),
        ("*/15 8-18 * * *", "cron(*/15 8-18 * * ? *)"),
        ("30 6 1 * *", "cron(30 6 1 * ? *)"),
        ("30 6 1,15 JAN,JUL *", "cron(30 6 1,15 JAN,JUL ? *)"),
        ("5 4 * * 0", "cron(5 4 ? * SUN *)"),
        ("5 4 * * 7", "cron(5 4 ? * SUN *)"),
        ("5 4 * * 1-5", "cron(5 4 ? * MON-FRI *)"),
        ("5 4 * * 6-7", "cron(5 4 ? * SUN,SAT *)"),
        ("5 4 * * 0-7", "cron(5 4 * * ? *)"),
        ("5 4 * * */2", "cron(5 4 ? * SUN,TUE,THU,SAT *)"),
        ("@daily", "cron(0 0 * * ? *)"),
    ],
)
def test_a_line_becomes_an_expression_that_the_studio_reads(line, expression):
    assert cron.to_expression(line) == expression
    schedules.parse(expression)
    assert schedules.one_is_open(expression)


@pytest.mark.parametrize(
    "line", ["5 4 * * 0", "0 12 * * MON,WED", "*/5 * * * *", "0 0 1 * *", "0 9 * * MON-FRI", "1 2 3 4 *"]
)
def test_what_goes_in_comes_out_with_the_same_meaning(line):
    again = cron.to_line(cron.to_expression(line))
    assert again is not None
    assert cron.to_expression(again) == cron.to_expression(line)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("0 0 1 * MON", "make two job definitions"),
        ("0 0 * *", "has five fields"),
        ("0 0 0 * * *", "not 6"),
        ("0 0 * * 8", "8 is no day of the week"),
        ("0 0 * * funday", "funday is no day"),
        ("0 0 * * 5#2", "can't be read"),
    ],
)
def test_what_can_not_be_said_is_told(line, sentence):
    with pytest.raises(cron.Inexpressible, match=sentence):
        cron.to_expression(line)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(5 minutes)", "at(2026-12-24T18:00:00)", "cron(0 0 L * ? *)", "cron(0 0 LW * ? *)", "cron(0 0 ? * 6L *)",
        "cron(0 0 ? * 2#1 *)", "cron(0 0 1 1 ? 2199)", "cron(0 22-2 * * ? *)", "cron(0 0 ? * L *)", "cron(0 0 ? * 0 *)",
    ],
)  # fmt: skip
def test_what_crontab_can_not_say_is_no_line(expression):
    assert cron.to_line(expression) is None


def test_days_are_counted_from_another_day():
    assert cron.to_line("cron(0 6 ? * 2-6 *)") == "0 6 * * MON-FRI"
    assert cron.to_line("cron(0 6 ? * 1 *)") == "0 6 * * SUN"
    assert cron.to_line("cron(0 6 ? * SAT-MON *)") == "0 6 * * SUN,MON,SAT"
    assert cron.to_line("cron(0 6 ? * * *)") == "0 6 * * *"
