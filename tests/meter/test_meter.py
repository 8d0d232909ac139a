"""What every meter keeps: a second is counted once, in its day, at the price it was used at."""

import random
import time

import pytest

from studiolo.meter.days import DAY, cut
from studiolo.meter.protocol import Question, Stretch, Subject
from studiolo.meter.sqlite import SqliteMeter

ANN = Subject("1", "ann", "TrainingJob", "a", "ml.m5.large", {"team": "x"})
BOB = Subject("1", "bob", "Endpoint", "b", "ml.c5.large")
OTHER = Subject("2", "ann", "App", "c", "ml.m5.large")


@pytest.fixture(params=["file", "memory"])
def meter(request, tmp_path):
    found = SqliteMeter(tmp_path / "meter.db" if request.param == "file" else ":memory:")
    yield found
    found.close()


def stretch(start, end, whose=ANN, closed=False, price=3.6, units=1.0, member="algo-1"):
    return Stretch(f"{whose.kind}/{whose.project}/{whose.name}", member, start, end, closed, whose, units, price)


def total(meter, **more):
    rows = meter.ask(Question(0, 100_000, **more))
    return (rows[0].seconds, rows[0].cost) if rows else (0, 0)


def test_a_stretch_recorded_again_adds_only_what_is_new(meter):
    for end in (10.0, 10.0, 25.0, 5.0, 25.0):
        meter.record([stretch(0.0, end)])
    assert total(meter) == (25.0, pytest.approx(0.025))
    assert [one.end for one in meter.running()] == [25.0]
    meter.record([stretch(0.0, 30.0, closed=True)])
    meter.record([stretch(0.0, 30.0)])
    assert total(meter)[0] == 30.0
    assert meter.running() == []
    assert meter.seen("TrainingJob/1/a", "algo-1", 0.0) == 30.0
    assert meter.seen("TrainingJob/1/a", "algo-1", 1.0) is None


def test_what_nobody_can_tell_of_again_is_dropped_and_its_sums_stay(meter):
    meter.record([stretch(0.0, 10.0, closed=True), stretch(0.0, 20.0, BOB, closed=True), stretch(0.0, 5.0, OTHER)])
    assert meter.forget(15.0, []) == 1
    assert meter.seen("TrainingJob/1/a", "algo-1", 0.0) is None
    assert meter.forget(100.0, ["Endpoint/1/b"]) == 0
    assert meter.forget(100.0, []) == 1
    # What runs is kept, however old.
    assert [one.handle for one in meter.running()] == ["App/2/c"]
    assert total(meter)[0] == 35.0


def test_the_price_holds_for_what_is_used_while_it_holds(meter):
    meter.record([stretch(0.0, 100.0, price=36)])
    meter.record([stretch(0.0, 200.0, price=72)])
    assert total(meter)[1] == pytest.approx(1 + 2)


def test_a_stretch_over_midnight_counts_in_both_days(meter):
    meter.record([stretch(DAY - 10.0, 2 * DAY + 5.0, units=2)])
    rows = meter.ask(Question(0, 9, ["Day"]))
    assert [(one.keys, one.seconds) for one in rows] == [
        (["1970-01-01"], 20.0), (["1970-01-02"], 2.0 * DAY), (["1970-01-03"], 10.0)
    ]  # fmt: skip
    assert sum(one.seconds for one in meter.ask(Question(1, 1))) == 2 * DAY


def test_questions_group_and_filter(meter):
    meter.record([stretch(0.0, 1.0), stretch(0.0, 2.0, BOB), stretch(0.0, 4.0, OTHER)])

    def by(*groups, **more):
        return {tuple(one.keys): one.seconds for one in meter.ask(Question(0, 9, groups, **more))}

    assert by("Project") == {("1",): 3.0, ("2",): 4.0}
    assert by("User", project="1") == {("ann",): 1.0, ("bob",): 2.0}
    assert by("Resource", "InstanceType", project="1") == {
        ("Endpoint/b", "ml.c5.large"): 2.0,
        ("TrainingJob/a", "ml.m5.large"): 1.0,
    }
    assert by("Tag", tag="team") == {("x",): 1.0, ("",): 6.0}
    assert by("Kind", tags={"team": "x"}) == {("TrainingJob",): 1.0}
    assert by("Month") == {("1970-01",): 7.0}
    assert by(user="nobody") == {}


def test_a_hostile_tag_is_only_a_name(meter):
    meter.record([stretch(0.0, 1.0)])
    assert meter.ask(Question(0, 9, ["Tag"], tag="'); DROP TABLE days; --"))[0].keys == [""]
    assert meter.ask(Question(0, 9, tags={"a' OR '1'='1": "x"})) == []


def test_names_are_asked_for_by_their_beginning(meter):
    for name in ("p-a-1", "p-b-2", "P-a-3", "p_a", "q"):
        meter.record([stretch(0.0, 1.0, Subject("1", "ann", "TrainingJob", name, "ml.m5.large"))])
    assert [one.keys for one in meter.ask(Question(0, 9, ["Resource"], prefix="p-"))] == [
        ["TrainingJob/p-a-1"], ["TrainingJob/p-b-2"],
    ]  # fmt: skip
    assert meter.ask(Question(0, 9, prefix="%")) == []


def test_any_order_of_records_gives_the_same_sum(meter):
    chance = random.Random(7)
    ends = [chance.uniform(0, 5 * DAY) for _ in range(50)]
    for end in ends:
        meter.record([stretch(0.5, end)])
    assert total(meter)[0] == pytest.approx(max(ends) - 0.5)
    assert sum(one.seconds for one in meter.ask(Question(0, 9, ["Day"]))) == pytest.approx(max(ends) - 0.5)


def test_what_was_counted_is_there_after_opening_again(tmp_path):
    meter = SqliteMeter(tmp_path / "meter.db")
    meter.record([stretch(0.0, 10.0)])
    again = SqliteMeter(tmp_path / "meter.db")
    again.record([stretch(0.0, 12.0)])
    assert total(again)[0] == 12.0


def test_what_nobody_knows_of_is_closed_where_it_is(meter):
    meter.record([stretch(0.0, 10.0)])
    meter.close_off(meter.running())
    assert (meter.running(), total(meter)[0]) == ([], 10.0)


def test_cut_is_complete_and_disjoint():
    pieces = list(cut(DAY * 3 - 0.5, DAY * 5 + 0.25))
    assert pieces == [(2, 0.5), (3, DAY), (4, DAY), (5, 0.25)]
    assert list(cut(5.0, 5.0)) == list(cut(6.0, 5.0)) == []


def test_a_year_of_a_busy_studio_is_answered_fast(meter):
    """200 resources a day, 365 days: half a second at most on a slow machine (40 ms are usual)."""
    meter.record([
        stretch(day * DAY, day * DAY + 60.0, Subject("1", f"u{n % 9}", "TrainingJob", f"j-{day}-{n}", "ml.m5.large"))
        for day in range(365) for n in range(200)
    ])  # fmt: skip
    began = time.perf_counter()
    rows = meter.ask(Question(0, 364, ["Day", "User"], project="1"))
    took = time.perf_counter() - began
    assert len(rows) == 365 * 9
    assert sum(one.seconds for one in rows) == 365 * 200 * 60
    print(f"{took * 1000:.0f} ms")
    assert took < 2.0
