"""Which running trials are stopped early: rules over curves, the smaller the better."""

import pytest

from studiolo.services.sagemaker.tuning.stopping import Hyperband, Median


def test_brackets_and_rungs_follow_from_the_resource():
    rule = Hyperband(1, 27)
    assert rule.brackets() == 4
    assert rule.rungs(0) == [1, 3, 9]
    assert rule.rungs(3) == []
    assert [rule.bracket(n) for n in (1, 27, 28, 36, 37, 39, 40, 41)] == [0, 0, 1, 1, 2, 2, 3, 0]


def test_one_of_three_goes_on_from_each_rung():
    rule = Hyperband(1, 9)
    curves = {n: [float(n)] for n in range(1, 10)}
    assert [n for n in curves if not rule.stops(n, curves)] == [1, 2, 3]
    curves |= {1: [1.0, 1.0, 5.0], 2: [2.0, 2.0, 4.0], 3: [3.0, 3.0, 3.0]}
    assert [n for n in (1, 2, 3) if not rule.stops(n, curves)] == [3]


def test_nothing_stops_before_its_first_rung_or_without_others():
    rule = Hyperband(3, 27)
    assert not rule.stops(1, {1: [9.0, 9.0], 2: [1.0, 1.0], 3: [1.0, 1.0]})
    assert not rule.stops(1, {1: [9.0] * 3, 2: [1.0] * 3})
    assert rule.stops(1, {1: [9.0] * 3, 2: [1.0] * 3, 3: [2.0] * 3})


@pytest.mark.parametrize(("mine", "stops"), [([5.0, 5.0], True), ([5.0, 1.0], False), ([], False), ([3.1], True)])
def test_the_median_rule(mine, stops):
    curves = {n: [float(n), float(n), float(n)] for n in range(1, 5)} | {9: mine}
    assert Median().stops(9, curves, [1, 2, 3, 4]) is stops
    assert not Median().stops(9, curves, [1, 2, 3])
