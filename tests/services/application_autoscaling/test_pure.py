"""The decision and the schedules: pure."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.services.application_autoscaling.decide import Stepping, Tracking, adjusted, decide, step_of
from studiolo.services.schedules import BadSchedule, parse


def tracking(now, peak=None, **more):
    configuration = {"TargetValue": 10.0, "ScaleInCooldown": 60, "ScaleOutCooldown": 30, **more}
    return Tracking("p", configuration, now, now if peak is None else peak)


def wanted(policies, capacity, now=1000.0, bounds=(0, 10), suspended=None, **last):
    decision = decide(bounds, suspended or {}, policies, capacity, now, **last)
    return capacity if decision is None else decision.capacity


@pytest.mark.parametrize(
    ("now", "peak", "capacity", "result"),
    [
        (10, 10, 2, 2), (15, 15, 2, 3), (30, 30, 1, 3), (400, 400, 1, 10),
        (9.5, 9.5, 3, 3), (4, 4, 3, 2), (0, 0, 3, 0), (0, 9.9, 3, 3), (5, None, 0, 0), (12, 12, 0, 2),
    ],
)  # fmt: skip
def test_a_tracked_metric_comes_to_its_target(now, peak, capacity, result):
    assert wanted([tracking(now, peak)], capacity) == result


def test_cool_downs_are_waited_for():
    assert wanted([tracking(30)], 1, last_out=980.0) == 1
    assert wanted([tracking(30)], 1, last_out=970.0) == 3
    assert wanted([tracking(30)], 1, last_in=999.0) == 3
    assert wanted([tracking(0)], 3, last_out=950.0) == 3
    assert wanted([tracking(0)], 3, last_in=950.0) == 3
    assert wanted([tracking(0)], 3, last_in=940.0) == 0


def test_capacity_goes_only_where_every_policy_can_do_without_it():
    assert wanted([tracking(0), tracking(10)], 3) == 3
    assert wanted([tracking(0), tracking(0, DisableScaleIn=True)], 3) == 3
    assert wanted([tracking(0), Tracking("blind", {"TargetValue": 1.0}, None, None)], 3) == 3
    assert wanted([tracking(20), tracking(40)], 1) == 4


def test_bounds_and_suspension_hold():
    assert wanted([], 1, bounds=(2, 5)) == 2
    assert wanted([], 9, bounds=(2, 5)) == 5
    assert wanted([tracking(0)], 3, bounds=(1, 5)) == 1
    assert wanted([tracking(50)], 3, suspended={"DynamicScalingOutSuspended": True}) == 3
    assert wanted([tracking(0)], 3, suspended={"DynamicScalingInSuspended": True}) == 3


STEPS = {
    "AdjustmentType": "ChangeInCapacity",
    "Cooldown": 60,
    "StepAdjustments": [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 3},
        {"MetricIntervalUpperBound": 0, "ScalingAdjustment": -1},
    ],
}


def test_steps():
    assert [step_of(STEPS, over) for over in (0, 9.9, 10, 1e9, -0.1, -50)] == [1, 1, 3, 3, -1, -1]
    assert wanted([Stepping("s", STEPS, "a", 12.0)], 2) == 5
    assert wanted([Stepping("s", STEPS, "a", 12.0)], 2, last_out=950.0) == 2
    assert wanted([Stepping("s", STEPS, "a", -12.0)], 2) == 1
    percent = {"AdjustmentType": "PercentChangeInCapacity"}
    assert [adjusted(percent, 10, by) for by in (25, 5, -5, -19)] == [12, 11, 9, 9]
    assert adjusted({**percent, "MinAdjustmentMagnitude": 4}, 10, 10) == 14
    assert adjusted({"AdjustmentType": "ExactCapacity"}, 10, 3) == 3


@given(
    st.integers(0, 20), st.integers(0, 20), st.integers(0, 40),
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=4), st.floats(0, 2000),
)  # fmt: skip
def test_it_stays_within_its_bounds_and_does_not_hunt(low, more, capacity, metrics, last):
    bounds, policies = (low, low + more), [tracking(now, max(now, peak)) for now, peak in metrics]
    result = wanted(policies, capacity, bounds=bounds, last_in=last, last_out=last)
    assert bounds[0] <= result <= bounds[1]
    if bounds[0] <= capacity <= bounds[1] and any(one.now > 10 for one in policies):
        assert result >= capacity


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "result"),
    [
        ("at(2026-03-01T10:00:00)", None, "2026-01-01", "2026-03-01T10:00"),
        ("at(2026-03-01T10:00:00)", "Europe/Berlin", "2026-01-01", "2026-03-01T09:00"),
        ("at(2026-03-01T10:00:00)", None, "2026-03-01T10:00", None),
        ("rate(5 minutes)", None, "2026-01-01T00:12", "2026-01-01T00:15"),
        ("rate(1 day)", None, "2026-01-01", "2026-01-02"),
        ("cron(0 9 * * ? *)", None, "2026-01-01T09:00", "2026-01-02T09:00"),
        ("cron(0/15 8-10 ? * MON-FRI *)", None, "2026-01-02T10:45", "2026-01-05T08:00"),
        ("cron(30 2 29 2 ? *)", None, "2026-01-01", "2028-02-29T02:30"),
        ("cron(0 12 1 JAN,JUL ? 2027)", None, "2026-01-01", "2027-01-01T12:00"),
        ("cron(0 12 * * ? 2020)", None, "2026-01-01", None),
    ],
)
def test_schedules(schedule, zone, after, result):
    found = parse(schedule, zone).after(at(after), at("2026-01-01"))
    assert found == (at(result) if result else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cron(* * *)",
        "cron(60 * * * ? *)",
        "cron(0 0 X * ? *)",
        "rate(0 days)",
        "rate(1 year)",
        "at(noon)",
        "at(0001-01-01T00:00:00",
    ],
)
def test_what_is_no_schedule_says_why(text):
    with pytest.raises(BadSchedule):
        parse(text, None)
    with pytest.raises(BadSchedule):
        parse("rate(1 day)", "Nowhere/Atall")
