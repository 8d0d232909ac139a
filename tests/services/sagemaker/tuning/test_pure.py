"""Ranges, strategies, and what is told of trials."""

import pytest

from studiolo.base.errors import ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.sagemaker.tuning import trials
from studiolo.services.sagemaker.tuning.search import MOST, Bayesian, Grid, Random, Trial
from studiolo.services.sagemaker.tuning.space import ranges


def continuous(name="rate", low="0.0001", high="1", **more):
    return {"ContinuousParameterRanges": [{"Name": name, "MinValue": low, "MaxValue": high, **more}]}


def test_points_lie_in_their_ranges_on_their_scales():
    (log,) = ranges(continuous())
    assert [float(log.at(share)) for share in (0, 0.5, 1)] == pytest.approx([0.0001, 0.01, 1])
    (near_one,) = ranges(continuous(low="0.5", high="0.999", ScalingType="ReverseLogarithmic"))
    assert [float(near_one.at(share)) for share in (0, 1)] == pytest.approx([0.5, 0.999])
    assert float(near_one.at(0.5)) > 0.95
    (whole,) = ranges({"IntegerParameterRanges": [{"Name": "n", "MinValue": "1", "MaxValue": "4"}]})
    assert [whole.at(share / 100) for share in range(0, 101, 20)] == ["1", "1", "2", "3", "4", "4"]
    (word,) = ranges({"CategoricalParameterRanges": [{"Name": "w", "Values": ["a", "b"]}]})
    assert [word.at(0), word.at(0.99), word.at(1)] == ["a", "b", "b"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        continuous(low="x"),
        continuous(low="2", high="1"),
        continuous(low="0", high="1", ScalingType="Logarithmic"),
        continuous(low="0.5", high="1", ScalingType="ReverseLogarithmic"),
        {"IntegerParameterRanges": [{"Name": "n", "MinValue": "1.5", "MaxValue": "4"}]},
        {"CategoricalParameterRanges": [{"Name": "w", "Values": []}]},
        {**continuous(), "CategoricalParameterRanges": [{"Name": "rate", "Values": ["a"]}]},
        {"AutoParameters": [{"Name": "a", "ValueHint": "1"}]},
    ],
)
def test_what_is_no_range_is_refused(given):
    with pytest.raises(ValidationError):
        ranges(given)


def test_random_follows_from_the_number_alone():
    space = ranges(continuous())
    first = [Random(space, 3).next(number, []) for number in range(1, 30)]
    assert first == [Random(space, 3).next(number, []) for number in range(1, 30)]
    assert len({one["rate"] for one in first}) == 29
    assert first != [Random(space, 4).next(number, []) for number in range(1, 30)]


def test_a_grid_is_walked_whole_and_once():
    space = ranges({"CategoricalParameterRanges": [{"Name": n, "Values": ["a", "b", "c"]} for n in ("x", "y")]})
    grid = Grid(space)
    assert len(grid) == 9
    points = [grid.next(number, []) for number in range(1, 11)]
    assert points[-1] is None
    assert len({tuple(one.values()) for one in points[:-1]}) == 9


@pytest.mark.parametrize("scale", ["Linear", "Logarithmic"])
def test_the_bayesian_search_comes_nearer_than_chance(scale):
    space = ranges(continuous(low="0.01", high="10", ScalingType=scale))

    def lowest(search):
        seen = []
        for number in range(1, 41):
            params = search.next(number, seen)
            assert 0.01 <= float(params["rate"]) <= 10
            seen.append(Trial(params, (float(params["rate"]) - 3) ** 2, ended=True))
        return sorted(one.value for one in seen)[:5]

    assert sum(lowest(Bayesian(space, 1))) < sum(lowest(Random(space, 1)))


def test_what_failed_runs_or_lies_outside_does_not_disturb_the_search():
    space = ranges(continuous())
    seen = [Trial({"rate": "0.1"}, None, ended=True), Trial({"rate": "0.2"}), Trial({"rate": "99"}, 1.0, ended=True),
            Trial({"other": "1"}, 1.0, ended=True)]  # fmt: skip
    assert 0.0001 <= float(Bayesian(space, 1).next(5, seen)["rate"]) <= 1


def record(kind="Minimize", criteria=None, limits=None, **held):
    config = {
        "HyperParameterTuningJobObjective": {"Type": kind, "MetricName": "m"},
        "TuningJobCompletionCriteria": criteria or {},
        "ResourceLimits": limits or {},
    }
    spec = {
        "HyperParameterTuningJobConfig": config,
        "_definitions": [{"Name": None, "Objective": config["HyperParameterTuningJobObjective"]}],
    }
    return Record(Key("1", "HyperParameterTuningJob", "t"), spec, {"_trials": held}, 1, 0, 0)


def trial(value=None, status="Completed", ended=1.0):
    return {"Name": "j", "Params": {}, "Status": status, "Value": value, "Created": 0, "Ended": ended}


def test_the_best_is_by_the_objectives_direction_and_counts_are_told():
    held = {"1": trial(3.0), "2": trial(1.0), "3": trial(None, "Failed"), "4": trial(None, "InProgress", None)}
    low, high = record(**held), record("Maximize", **held)
    assert trials.best(low, trials.of(low)) == 2
    assert trials.best(high, trials.of(high)) == 1
    told = trials.counters(low)
    assert told["TrainingJobStatusCounters"] == {
        "Completed": 2, "InProgress": 1, "RetryableError": 0, "NonRetryableError": 1, "Stopped": 0
    }  # fmt: skip
    assert told["ObjectiveStatusCounters"] == {"Succeeded": 2, "Pending": 1, "Failed": 1}


@pytest.mark.parametrize(
    ("criteria", "limits", "now", "ends"),
    [
        ({"TargetObjectiveMetricValue": 1.0}, {}, 0, True),
        ({"TargetObjectiveMetricValue": 0.5}, {}, 0, False),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 2}}, {}, 0, True),
        ({"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}, {}, 0, False),
        ({}, {"MaxRuntimeInSeconds": 60}, 61, True),
        ({}, {"MaxRuntimeInSeconds": 60}, 59, False),
    ],
)
def test_criteria(criteria, limits, now, ends):
    held = record(
        criteria=criteria,
        limits=limits,
        **{"1": trial(1.0, ended=1), "2": trial(2.0, ended=2), "3": trial(3.0, ended=3)},
    )
    assert trials.reached(held, trials.of(held), now) is ends


def test_convergence_is_a_best_that_no_longer_gets_better():
    criteria = {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}
    falling = {str(n): trial(1.0 / n, ended=n) for n in range(1, 41)}
    flat = {**falling, **{str(n): trial(0.5, ended=n) for n in range(41, 62)}}
    for held, ends in ((falling, False), (flat, True), (dict(list(flat.items())[:20]), False)):
        one = record(criteria=criteria, **held)
        assert trials.converged(one, trials.of(one)) is ends
    one = record(**flat)
    assert trials.converged(one, trials.of(one)) is False


def test_a_study_that_has_grown_forgets_what_does_not_matter_and_goes_on_well():
    space = ranges(continuous(low="0.01", high="10", ScalingType="Linear"))
    search, seen = Bayesian(space, 1), []
    for number in range(1, 400):
        params = search.next(number, seen)
        failed = number % 17 == 0
        seen.append(Trial(params, None if failed else (float(params["rate"]) - 3) ** 2, ended=True))
    assert len(search._study.get_trials(deepcopy=False)) <= MOST
    late = [one.value for one in seen[-50:] if one.value is not None]
    assert sorted(late)[len(late) // 2] < 0.5


def test_trials_asked_for_while_others_run_lie_apart():
    space = ranges(continuous(low="0.01", high="10", ScalingType="Linear"))
    seen = [Trial({"rate": str(x / 4)}, (x / 4 - 3) ** 2, ended=True) for x in range(1, 40)]
    search = Bayesian(space, 1)
    for number in range(40, 48):
        seen.append(Trial(search.next(number, seen)))
    assert len({one.params["rate"] for one in seen[-8:]}) == 8
