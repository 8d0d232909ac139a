"""ForEach: read, expanded, bounded, summed up; and killed before and after each deed, every item's job is made once."""

import asyncio
import json

import pytest
from killing import ACCOUNT, Counter, World
from killing import step as look

from studiolo.base.errors import ValidationError
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.pipelines import names
from studiolo.services.sagemaker.pipelines.controller import PipelineExecutionController
from studiolo.services.sagemaker.pipelines.decide import Next, again_from, decide, over
from studiolo.services.sagemaker.pipelines.definition import parse
from studiolo.services.sagemaker.pipelines.expanding import expanded, items_of, part_of
from studiolo.services.sagemaker.pipelines.values import CannotResolve
from studiolo.services.sagemaker.service import SageMakerService
from studiolo.store.protocol import Query


def text(*steps, parameters=()):
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)})


def step(name, *after, type="Processing", **more):
    return {"Name": name, "Type": type, "Arguments": more.pop("Arguments", {}), "DependsOn": list(after), **more}


def condition(name):
    same = [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}]
    return step(name, type="Condition", Arguments={"Conditions": same, "IfSteps": [], "ElseSteps": []})


def get(path):
    return {"Get": path}


def ok():
    return {"Status": "Succeeded"}


def ask(platform, operation, **params):
    call = Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", operation, params, "id")
    return asyncio.run(SageMakerService(platform).handler(operation)(call))


def names_of(kind):
    return Query(kind, ACCOUNT)


GIVEN = {"Name": "P", "Type": "String", "DefaultValue": '["a", "b", "c"]'}


def each(*body, items=("a", "b", "c"), most=2, **more):
    items = list(items) if isinstance(items, tuple) else items
    arguments = {"IterableItems": items, "MaxConcurrency": most, "ForEachBody": list(body), **more.pop("Arguments", {})}
    return step("Each", *more.pop("after", ()), type="ForEach", Arguments=arguments)


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([each()], "at least one step"),
        ([each(step("A"), most=0)], "from 1 to 50"),
        ([each(step("A"), items="a")], "must be a list"),
        ([each(step("A"), Arguments={"Items": []})], "Unknown Argument member 'Items'"),
        ([each(condition("A"))], "type Condition can't be in a ForEachBody"),
        ([each(step("A")), step("A-1")], "is what an item's 'A' is called"),
        ([each(step("A")), step("A")], "more than once"),
        ([each(step("A")), step("B", "A")], "a step of a ForEach"),
        ([each(step("A")), step("B", Arguments={"x": get("Steps.A.B")})], "runs once for each item"),
        ([each(step("A")), step("B", Arguments={"x": get("Steps.Each.B")})], "a ForEach has only"),
        ([each(step("A")), step("B", Arguments={"x": get("ForEach.CurrentItem")})], "only to steps in a ForEachBody"),
        ([each(step("A", "B")), step("B", "Each")], "circle"),
        ([each(step("A", "B"), step("B", "A"))], "circle"),
        ([each(step("A"), Arguments={"Selector": {"Pick": "Any"}})], "MaxBy or MinBy"),
        ([each(step("A"), Arguments={"Selector": {"Pick": "MaxBy", "Field": get("Steps.A.B")}})], "IterationOutput"),
    ],
)
def test_a_loop_that_cant_run_is_refused(steps, says):
    with pytest.raises(ValidationError, match=says):
        parse(text(*steps))


def test_items_run_side_by_side_up_to_the_bound_and_in_the_order_of_the_body():
    held = parse(text(step("Before"), each(step("A", "Before"), step("B", "A")), step("After", "Each")))
    assert decide(held, {}, 9, False) == Next(start=("Before",))
    states = {"Before": ok()}
    assert decide(held, states, 9, False) == Next(start=("Each",))
    states["Each"] = {"Status": "Executing", "Items": ["a", "b", "c"], "AttemptCount": 1}
    whole = expanded(held, states)
    assert list(whole.steps) == ["Before", "Each", "A-0", "B-0", "A-1", "B-1", "A-2", "B-2", "After"]
    assert decide(whole, states, 9, False) == Next(start=("A-0", "A-1"))
    assert decide(whole, states, 1, False) == Next(start=("A-0",))
    states |= {"A-0": ok(), "A-1": {"Status": "Executing"}}
    assert decide(whole, states, 9, False) == Next(start=("B-0",))
    states |= {"A-1": {"Status": "Failed"}, "B-0": ok(), "A-2": ok(), "B-2": ok()}
    assert over(whole, states, False) == ["Each"]
    states["Each"] = {**states["Each"], "Status": "Failed"}
    assert decide(whole, states, 9, False) == Next(ending="Failed")
    again = again_from(whole, states)
    assert set(again) == {"Before", "Each", "A-0", "B-0", "A-2", "B-2"}
    assert decide(expanded(held, again), again, 9, False) == Next(start=("A-1",))


def test_a_stop_leaves_nothing_waiting():
    held = parse(text(each(step("A"))))
    states = {"Each": {"Status": "Executing", "Items": ["a", "b"]}, "A-0": {"Status": "Stopping"}}
    assert over(expanded(held, states), states, True) == []
    assert decide(expanded(held, states), states, 9, True) == Next()
    states["A-0"] = {"Status": "Stopped"}
    assert over(expanded(held, states), states, True) == ["Each"]


def test_items_are_lists_or_json_of_lists():
    assert items_of('["a", 1]') == ["a", 1]
    assert part_of('{"a": {"b": 1}}', ["a", "b"], "x") == 1
    assert part_of("plain", [], "x") == "plain"
    for wrong in ("a,b", {"a": 1}, list(range(1001)), ["x" * 300_000]):
        with pytest.raises(CannotResolve):
            items_of(wrong)
    with pytest.raises(CannotResolve, match="no JSON"):
        part_of("plain", ["a"], "x")


def job(name, *after, what):
    size = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    arguments = {
        "AppSpecification": {"ImageUri": "sklearn", "ContainerEntrypoint": ["x"]},
        "ProcessingResources": {"ClusterConfig": size},
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
        "Environment": {"WHAT": what},
    }
    return step(name, *after, Arguments=arguments, CacheConfig={"Enabled": False})


STEPS = [
    each(
        job("A", what=get("ForEach.CurrentItem")),
        job("B", "A", what={"Std:Join": {"On": "/", "Values": [get("Steps.A.ProcessingJobName"), get("ForEach.Index")]}}),
        items=get("Parameters.P"),
        Arguments={"Selector": {"Pick": "MaxBy", "Field": get("IterationOutput.A.Environment.SIZE")}},
    ),
    job("After", what=get("Steps.Each.IterationOutputs[*].A.Environment.WHAT")),
]  # fmt: skip
STEPS[0]["Arguments"]["ForEachBody"][0]["Arguments"]["Environment"]["SIZE"] = get("ForEach.Index")
STEPS[1]["Arguments"]["Environment"]["BEST"] = get("Steps.Each.Selected.Environment.WHAT")


def run(tmp_path, kill_at, bad=()):
    world = World(tmp_path)
    whole = world.platform(Counter(None))
    definition = text(*STEPS, parameters=[GIVEN])
    ask(whole, "CreatePipeline", PipelineName="p", PipelineDefinition=definition, ClientRequestToken="t")
    arn = ask(whole, "StartPipelineExecution", PipelineName="p", ClientRequestToken="t")["PipelineExecutionArn"]
    key, counter = names.execution_key(ACCOUNT, arn), Counter(kill_at)
    for _ in range(40):
        look(
            world,
            lambda platform: PipelineExecutionController(platform, SageMakerService(platform).handler),
            key,
            counter,
        )
        for one in world.store.query(names_of("ProcessingJob")).records:
            if one.status["ProcessingJobStatus"] == "InProgress":
                word = "Failed" if one.spec["Environment"]["WHAT"] in bad else "Completed"
                world.store.write(one, now=2.0, status={**one.status, "ProcessingJobStatus": word})
    return world, key, counter, arn


@pytest.mark.parametrize(("bad", "ending", "count"), [((), "Succeeded", 7), (("b",), "Failed", 5)])
def test_killed_at_any_moment_each_item_runs_once(tmp_path_factory, bad, ending, count):
    total = run(tmp_path_factory.mktemp("count"), None, bad)[2].seen
    for at in range(total):
        world, key, _, arn = run(tmp_path_factory.mktemp(f"kill{at}"), at, bad)
        record = world.store.get(key)
        assert record.status["PipelineExecutionStatus"] == ending, (at, record.status)
        made = world.store.query(names_of("ProcessingJob")).records
        assert len(made) == count, at
    whats = {one.spec["Environment"]["WHAT"] for one in made}
    assert {"a", "b", "c"} <= whats
    steps = ask(world.platform(Counter(None)), "ListPipelineExecutionSteps", PipelineExecutionArn=arn, MaxResults=100)
    by_name = {one["StepName"]: one for one in steps["PipelineExecutionSteps"]}
    assert by_name["A-1"]["IterationContext"] == {"ParentStepName": "Each", "Index": 1, "Item": "b"}
    loop = by_name["Each"]
    assert loop["Metadata"]["ForEach"]["InputItemCount"] == 3
    if bad:
        assert "1 of 6 steps failed, first A-1" in loop["FailureReason"]
        return
    assert loop["Metadata"]["ForEach"]["Selector"] == {"StepName": "A", "Index": 2}
    last = next(one for one in made if "BEST" in one.spec["Environment"])
    assert json.loads(last.spec["Environment"]["WHAT"]) == ["a", "b", "c"]
    assert last.spec["Environment"]["BEST"] == "c"
