from hypothesis import given
from hypothesis import strategies as st

from studiolo.run.local.scheduler import PATIENCE, Wish, admit, clamp, fits, free_of, reason
from studiolo.run.protocol import Resources

resources = st.builds(Resources, st.integers(1, 8).map(float), st.integers(1, 16), st.integers(0, 2))
TOTAL = Resources(8.0, 16, 2)


@given(st.lists(resources, max_size=3), st.lists(resources, max_size=12), st.floats(0, 500))
def test_never_more_is_granted_than_there_is(granted, wishes, now):
    taken = []
    for one in granted:
        if fits(one, free_of(TOTAL, taken)):
            taken.append(one)
    waiting = [Wish(str(n), wish, float(n)) for n, wish in enumerate(wishes)]
    starts = set(admit(TOTAL, taken, waiting, now))
    left = free_of(TOTAL, taken + [wish.resources for wish in waiting if wish.handle in starts])
    assert left.cores >= 0 and left.memory >= 0 and left.gpus >= 0


@given(st.lists(resources, min_size=1, max_size=12))
def test_an_idle_machine_always_starts_the_first(wishes):
    waiting = [Wish(str(n), wish, 0.0) for n, wish in enumerate(wishes)]
    assert admit(TOTAL, [], waiting, 10_000.0)[0] == "0"


def test_small_ones_pass_a_large_one_until_it_has_waited_long_enough():
    busy = [Resources(6.0, 1)]
    waiting = [Wish("large", Resources(8.0, 1), 0.0), Wish("small", Resources(1.0, 1), 1.0)]
    assert admit(TOTAL, busy, waiting, 10.0) == ["small"]
    assert admit(TOTAL, busy, waiting, PATIENCE + 1) == []
    assert admit(TOTAL, [], waiting, PATIENCE + 1) == ["large"]


def test_what_is_larger_than_the_machine_is_cut_to_it_and_says_so():
    held, sentence = clamp(Resources(96.0, 400 * 2**30, 8), Resources(2.0, 20 * 2**30, 0))
    assert held == Resources(2.0, 20 * 2**30, 0)
    assert "2 instead of 96 cores" in sentence and "0 instead of 8 GPUs" in sentence
    assert clamp(Resources(1.0, 1), TOTAL) == (Resources(1.0, 1), "")


def test_the_reason_names_what_lacks_and_who_holds_it():
    text = reason(Resources(4.0, 1), TOTAL, [("TrainingJob/1/big-job", Resources(7.0, 1))])
    assert "4 of 8 cores" in text and "1 is free" in text and "big-job" in text
