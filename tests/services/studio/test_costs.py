"""What one thing used: a step's jobs over all its tries, a tuning job's trials, and nothing of what only bears a like name."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from studiolo.base.arn import sagemaker_arn
from studiolo.base.errors import NotFound, ValidationError
from studiolo.base.record import Key
from studiolo.meter.protocol import Stretch, Subject
from studiolo.meter.sqlite import SqliteMeter
from studiolo.services.functions.names import STEP_TAG
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.studio.costs import Costs, step_of
from studiolo.store.memory import MemoryStore

MINE, OTHERS, ID = "111111111111", "222222222222", "abcdefghijkl"
NOW = 1_700_000_000.0


class World:
    def __init__(self) -> None:
        self.store, self.meter = MemoryStore({}), SqliteMeter(":memory:")
        platform: Any = SimpleNamespace(store=self.store, clock=lambda: NOW)
        self.costs = Costs(platform, self.meter.ask)

    def used(self, kind: str, name: str, seconds: float, project: str = MINE, **tags: str) -> None:
        whose = Subject(project, "ann", kind, name, "ml.m5.large", tags)
        handle = f"{kind}/{project}/{name}/{len(tags)}{''.join(tags.values())}"
        self.meter.record([Stretch(handle, "algo-1", NOW - seconds, NOW, True, whose, 1.0, 36.0)])

    def ask(self, arn: str) -> Any:
        return asyncio.run(
            self.costs.get(Call(Caller("ann", MINE, "viewer"), "studio", "", {"ResourceArn": arn}, "id"))
        )

    def execution(self, steps: dict[str, str], retry: int = 0, **attempts: int) -> str:
        definition = json.dumps({"Steps": [{"Name": one, "Type": type} for one, type in steps.items()]})
        spec = {"PipelineName": "p", "_definition": definition, "_retry": retry, "_id": ID}
        states = {one: {"AttemptCount": attempts.get(one, 1), "Status": "Succeeded"} for one in steps}
        self.store.create(Key(MINE, names.EXECUTION, ID), spec, {"Steps": states}, now=NOW - 500)
        return f"{names.pipeline_arn(MINE, 'p')}/execution/{ID}"


@pytest.fixture
def world() -> World:
    return World()


def test_a_step_has_used_what_each_of_its_tries_did(world: World) -> None:
    arn = world.execution({"Train": "Training", "Train2": "Training", "Quiet": "Model"}, retry=1, Train=3)
    for at, tries in enumerate(("0.1", "0.2", "1.3")):
        world.used("TrainingJob", names.child(ID, "Train", tries), 10.0 * (at + 1))
    world.used("TrainingJob", names.child(ID, "Train2", "0.1"), 5.0)
    # Another's, one that was given a like name by hand, and another project's.
    world.used("TrainingJob", names.child("zzzzzzzzzzzz", "Train", "0.1"), 100.0)
    world.used("TrainingJob", f"pipelines-{ID}-train-0000000000", 100.0)
    world.used("TrainingJob", names.child(ID, "Train", "0.1"), 100.0, project=OTHERS)
    found = world.ask(arn)
    assert {one["StepName"]: one["Seconds"] for one in found["Steps"]} == {"Train": 60.0, "Train2": 5.0}
    assert (found["Seconds"], found["Cost"]) == (65.0, pytest.approx(0.65))
    assert found["InstanceTypes"] == [{"InstanceType": "ml.m5.large", "Seconds": 65.0, "Cost": pytest.approx(0.65)}]


def test_trials_and_invocations_of_steps_count_for_them(world: World) -> None:
    arn = world.execution({"Tune": "Tuning", "Call": "Lambda"})
    tuned = names.short_child(ID, "Tune", "0.1")
    world.used("TrainingJob", f"{tuned}-001-0123abcd", 7.0)
    world.used("TrainingJob", f"{tuned}-002-0123abcd", 8.0)
    world.used("Function", "f", 2.0, **{STEP_TAG: f"{ID}/Call"})
    world.used("Function", "f", 100.0, **{STEP_TAG: "zzzzzzzzzzzz/Call"})
    world.used("Function", "f", 100.0)
    found = world.ask(arn)
    assert {one["StepName"]: one["Seconds"] for one in found["Steps"]} == {"Tune": 15.0, "Call": 2.0}


def test_a_tuning_job_has_used_what_its_trials_did_and_not_those_of_one_whose_name_begins_alike(world: World) -> None:
    trials = {"1": {"Name": "t-001-aaaaaaaa"}, "2": {"Name": "t-002-bbbbbbbb"}}
    world.store.create(Key(MINE, "HyperParameterTuningJob", "t"), {}, {"_trials": trials}, now=NOW - 500)
    for name in ("t-001-aaaaaaaa", "t-002-bbbbbbbb", "t-b-001-cccccccc", "t"):
        world.used("TrainingJob", name, 4.0)
    found = world.ask(sagemaker_arn(MINE, "hyper-parameter-tuning-job", "t"))
    assert found["Seconds"] == 8.0 and "Steps" not in found


def test_what_runs_itself_and_what_does_not(world: World) -> None:
    for kind, name in (("TrainingJob", "j"), ("Model", "m"), ("Space", "d-1/s")):
        world.store.create(Key(MINE, kind, name), {"SpaceName": "s"} if kind == "Space" else {}, {}, now=NOW - 500)
    world.used("TrainingJob", "j", 3.0)
    world.used("App", "s", 9.0)
    assert world.ask(sagemaker_arn(MINE, "training-job", "j"))["Seconds"] == 3.0
    assert world.ask(sagemaker_arn(MINE, "space", "d-1/s"))["Seconds"] == 9.0
    with pytest.raises(ValidationError, match="uses no instances"):
        world.ask(sagemaker_arn(MINE, "model", "m"))
    with pytest.raises(NotFound):
        world.ask(sagemaker_arn(MINE, "training-job", "none"))
    with pytest.raises(ValidationError):
        world.ask(sagemaker_arn(OTHERS, "training-job", "j"))


def test_the_longest_name_that_is_known_is_the_one_that_started_it() -> None:
    known = {"a-b": "one", "a": "two"}
    assert [step_of(name, known) for name in ("a-b-001-x", "a-c-001-x", "a", "b-a")] == ["one", "two", "two", None]
