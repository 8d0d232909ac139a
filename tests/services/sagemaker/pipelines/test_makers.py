"""What other steps may read of what a step made."""

import asyncio
from types import SimpleNamespace

import pytest

from studiolo.services.sagemaker.pipelines.makers import MAKERS, Things

RECORD = SimpleNamespace(
    spec={"_user": "ann"}, key=SimpleNamespace(project="1" * 12, kind="PipelineExecution", name="e")
)
TRIALS = {"a": 0.5, "b": 0.9, "c": None, "d": 0.1}


def service(type, asked):
    """Its two operations over TRIALS, sorted by trials.sorted_by."""
    from studiolo.services.sagemaker.tuning import trials

    def summary(name):
        metric = {"FinalHyperParameterTuningJobObjectiveMetric": {"Type": type, "Value": TRIALS[name]}}
        return {"TrainingJobName": name, **(metric if TRIALS[name] is not None else {})}

    async def describe(call):
        best = (max if type == "Maximize" else min)(
            (name for name in TRIALS if TRIALS[name]), key=lambda name: TRIALS[name]
        )
        return {"HyperParameterTuningJobStatus": "Completed", "BestTrainingJob": summary(best)}

    async def listed(call):
        asked.append(call.params)
        found = [summary(name) for name in TRIALS]
        order = call.params["SortOrder"] == "Descending"
        return {"TrainingJobSummaries": trials.sorted_by(found, call.params["SortBy"], order)}

    operations = {
        "DescribeHyperParameterTuningJob": describe,
        "ListTrainingJobsForHyperParameterTuningJob": listed,
        "DescribeModel": lambda call: describe(call),
    }
    return operations.get


@pytest.mark.parametrize(("type", "names"), [("Maximize", ["b", "a", "d", "c"]), ("Minimize", ["d", "a", "b", "c"])])
def test_a_tuning_steps_trials_come_best_first_and_those_without_a_value_last(type, names):
    asked = []
    found = asyncio.run(Things(service(type, asked)).properties(RECORD, MAKERS["Tuning"], "job"))
    assert [one["TrainingJobName"] for one in found["TrainingJobSummaries"]] == names
    assert found["BestTrainingJob"]["TrainingJobName"] == names[0] and asked[0]["MaxResults"] == 50


def test_others_are_what_describe_tells():
    found = asyncio.run(Things(service("Maximize", [])).properties(RECORD, MAKERS["Model"], "model"))
    assert "TrainingJobSummaries" not in found
