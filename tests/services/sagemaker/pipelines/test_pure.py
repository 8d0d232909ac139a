"""Definitions read and refused, what runs next, values and conditions."""

import json

import pytest

from studiolo.base.errors import ValidationError
from studiolo.services.sagemaker.fitting import fitted
from studiolo.services.sagemaker.pipelines import retries
from studiolo.services.sagemaker.pipelines.conditions import holds
from studiolo.services.sagemaker.pipelines.decide import Next, again_from, decide, standings
from studiolo.services.sagemaker.pipelines.definition import parse, values
from studiolo.services.sagemaker.pipelines.durations import seconds
from studiolo.services.sagemaker.pipelines.names import child, parent
from studiolo.services.sagemaker.pipelines.selection import restricted, taken_over
from studiolo.services.sagemaker.pipelines.values import CannotResolve, resolve
from studiolo.wire.model import operation


def text(*steps, parameters=(), **more):
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps), **more})


def step(name, *after, type="Processing", **more):
    return {"Name": name, "Type": type, "Arguments": more.pop("Arguments", {}), "DependsOn": list(after), **more}


def condition(name, yes=(), no=(), left=1, right=1):
    conditions = [{"Type": "Equals", "LeftValue": left, "RightValue": right}]
    return step(
        name, type="Condition", Arguments={"Conditions": conditions, "IfSteps": list(yes), "ElseSteps": list(no)}
    )


def get(path):
    return {"Get": path}


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{", "no JSON"),
        ("[]", "JSON object"),
        ('{"Version": "1"}', "Version"),
        (text(), "at least one step"),
        (text(step("A"), step("A")), "more than once"),
        (text(step("A", "B")), "depends on 'B'"),
        (text(step("A", "B"), step("B", "A")), "circle: A, B, A"),
        (text(step("A", "A")), "waits for itself"),
        (text(step("A", Arguments={"x": get("Steps.B.Y")})), "no step 'B'"),
        (text(step("A", Arguments={"x": get("Parameters.P")})), "'P', which is not defined"),
        (text(step("A", Arguments={"x": get("Execution.Nothing")})), "no parameter, step or property"),
        (text(step("A"), step("B", Arguments={"x": get("Steps.A.PropertyFiles.F")})), "no such property file"),
        (text(step("A", type="EMR")), "type EMR are not supported"),
        (text(step("A", type="Condition")), "needs Conditions"),
        (text(step("A"), parameters=[{"Name": "P", "Type": "Date"}]), "needs a Name and a Type"),
        (text(step("A"), parameters=[{"Name": "P", "Type": "Integer", "DefaultValue": "x"}]), "is no Integer"),
        (text(step("A"), parameters=[{"Name": "P", "Type": "String"}] * 2), "more than once"),
        (text(*[step(str(n)) for n in range(10)], Pad="x" * (11 << 20)), "larger than 10 MiB"),
        ("[" * 100_000, "no JSON|JSON object"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(written, says):
    with pytest.raises(ValidationError, match=says) as refused:
        parse(written)
    assert refused.value.message.startswith("Unable to parse pipeline definition.")


def test_deep_nesting_is_refused_and_not_a_crash():
    inner = {"x": 1}
    for _ in range(100):
        inner = {"x": [inner]}
    with pytest.raises(ValidationError, match="nested too deeply"):
        parse(text(step("A", Arguments=inner)))


def ok(**more):
    return {"Status": "Succeeded", **more}


def test_steps_wait_for_what_they_name_and_what_they_take_a_value_from():
    held = parse(text(step("C", "B"), step("B", Arguments={"x": [get("Steps.A.Y[0]['z']")]}), step("A")))
    assert list(held.steps) == ["A", "B", "C"]
    assert decide(held, {}, 9, False) == Next(start=("A",))
    assert decide(held, {"A": {"Status": "Executing"}}, 9, False) == Next()
    assert decide(held, {"A": ok()}, 9, False) == Next(start=("B",))
    assert decide(held, {"A": ok(), "B": ok(), "C": ok()}, 9, False) == Next(ending="Succeeded")


def test_only_the_branch_that_was_chosen_runs_and_what_hangs_on_the_other_does_not():
    nested = condition("Inner", yes=[step("Deep")])
    held = parse(text(condition("If", yes=[step("Yes"), nested], no=[step("No")]), step("After", "No")))
    states = {"If": ok(Outcome=True)}
    assert standings(held, states) == {
        "If": "begun", "Yes": "ready", "Inner": "ready", "No": "skipped", "Deep": "waits", "After": "skipped"
    }  # fmt: skip
    states |= {"Yes": ok(), "Inner": ok(Outcome=False)}
    assert decide(held, states, 9, False) == Next(ending="Succeeded")


def test_a_failed_step_ends_its_own_branch_alone():
    held = parse(text(step("A"), step("B"), step("AfterA", "A"), step("AfterB", "B")))
    states = {"A": {"Status": "Failed"}, "B": ok()}
    assert decide(held, states, 9, False) == Next(start=("AfterB",))
    states["AfterB"] = ok()
    assert decide(held, states, 9, False) == Next(ending="Failed")
    assert list(again_from(held, states)) == ["B", "AfterB"]


def test_no_more_run_at_once_than_may_and_none_starts_while_stopping():
    held = parse(text(*[step(str(n)) for n in range(5)]))
    assert decide(held, {}, 2, False) == Next(start=("0", "1"))
    assert decide(held, {"0": {"Status": "Executing"}}, 2, False) == Next(start=("1",))
    assert decide(held, {"0": {"Status": "Stopping"}}, 2, True) == Next()
    assert decide(held, {"0": ok()}, 2, True) == Next(ending="Stopped")


class World:
    def parameter(self, name):
        return {"N": 3, "F": 0.5, "Flag": True}[name]

    def execution(self, name):
        return f"the {name}"

    def experiment(self, name):
        return name

    def step(self, name):
        return {"Out": [{"OutputName": "a", "Uri": "s3://a"}], "Map": {"k": ["x", "y"]}}

    def property_file(self, step, name):
        return {"metrics": {"mse": [0.25]}}

    def json_at(self, uri):
        return {"uri": uri}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"a": [get("Parameters.N"), 1]}, {"a": [3, 1]}),
        (
            {"Std:Join": {"On": "/", "Values": ["s3:", get("Parameters.N"), get("Parameters.F"), get("Parameters.Flag")]}},
            "s3:/3/0.5/true",
        ),
        (get("Steps.S.Out['a'].Uri"), "s3://a"),
        (get("Steps.S.Map.k[1]"), "y"),
        (get("Execution.PipelineName"), "the PipelineName"),
        ({"Std:JsonGet": {"PropertyFile": get("Steps.S.PropertyFiles.F"), "Path": "metrics.mse[0]"}}, 0.25),
        ({"Std:JsonGet": {"S3Uri": {"Std:Join": {"On": "", "Values": ["s3://", "x"]}}, "Path": "uri"}}, "s3://x"),
    ],
)  # fmt: skip
def test_values(written, value):
    assert resolve(written, World()) == value


def test_a_value_that_is_not_there_is_named():
    with pytest.raises(CannotResolve, match="no 'b'"):
        resolve(get("Steps.S.Out['b'].Uri"), World())


def test_values_fit_what_the_request_asks_for():
    shape = operation("sagemaker", "CreateTrainingJob").input_shape
    given = {"HyperParameters": {"depth": 3, "x": 0.1, "y": True}, "ResourceConfig": {"InstanceCount": "2"}}
    assert fitted(shape, given) == {
        "HyperParameters": {"depth": "3", "x": "0.1", "y": "true"},
        "ResourceConfig": {"InstanceCount": 2},
    }


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        ({"Type": "Equals", "LeftValue": get("Parameters.N"), "RightValue": 3}, True),
        ({"Type": "GreaterThan", "LeftValue": "10", "RightValue": 9}, True),
        ({"Type": "LessThanOrEqualTo", "LeftValue": 0.5, "RightValue": get("Parameters.F")}, True),
        ({"Type": "Equals", "LeftValue": "3.0", "RightValue": get("Parameters.N")}, True),
        ({"Type": "Equals", "LeftValue": "true", "RightValue": 1}, False),
        ({"Type": "In", "QueryValue": "a", "Values": ["b", "c"]}, False),
        ({"Type": "In", "QueryValue": "2", "Values": [1, 2]}, True),
        ({"Type": "Not", "Expression": {"Type": "Equals", "LeftValue": 1, "RightValue": 1}}, False),
        ({"Type": "Not", "Condition": {"Type": "Equals", "LeftValue": 1, "RightValue": 2}}, True),
        (
            {"Type": "Or", "Conditions": [{"Type": "Equals", "LeftValue": a, "RightValue": 1} for a in (1, 2)]},
            True,
        ),
    ],
)
def test_conditions(one, outcome):
    assert holds([one], World()) is outcome


def test_what_can_not_be_compared_is_told():
    with pytest.raises(CannotResolve, match="needs a list"):
        holds([{"Type": "In", "QueryValue": "a", "Values": "abc"}], World())
    with pytest.raises(CannotResolve, match="can't compare"):
        holds([{"Type": "LessThan", "LeftValue": "x", "RightValue": 1}], World())


def test_parameters_are_of_their_types():
    held = parse(
        text(
            step("A"),
            parameters=[
                {"Name": "I", "Type": "Integer", "DefaultValue": 1},
                {"Name": "B", "Type": "Boolean", "DefaultValue": False},
                {"Name": "S", "Type": "String", "EnumValues": ["x", "y"]},
            ],
        )
    ).parameters
    assert values(held, {"I": "7", "B": "true", "S": "x"}) == {"I": 7, "B": True, "S": "x"}
    for given in ({"I": "x", "S": "x"}, {"S": "z"}, {}, {"S": "x", "More": "1"}, {"I": "9" * 30, "S": "x"}):
        with pytest.raises(ValidationError):
            values(held, given)


def test_a_selection_takes_over_what_it_needs():
    held = parse(text(step("A"), step("B", "A"), step("C", "B"), step("D")))
    states = taken_over(held, ["C"], {"B": ok(Made="job")}, "arn")
    assert states["B"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": "arn"}
    assert decide(restricted(held, ["B", "C"]), states, 9, False) == Next(start=("C",))
    with pytest.raises(ValidationError, match="'A' is needed"):
        taken_over(held, ["B"], {"A": {"Status": "Failed"}}, "arn")


@pytest.mark.parametrize(("written", "long"), [("PT1H", 3600), ("P30D", 2_592_000), ("T12H", 43_200), ("1d", 86_400)])
def test_durations(written, long):
    assert seconds(written) == long


def test_a_child_tells_its_parent_and_its_name_is_short():
    name = child("0123456789ab", "A step with Ünicode and a very long name indeed", "0.1")
    assert parent(name) == "0123456789ab"
    assert len(name) <= 63
    assert name == child("0123456789ab", "A step with Ünicode and a very long name indeed", "0.1")
    assert name != child("0123456789ab", "A step with Ünicode and a very long name indeed", "0.2")


def test_retries_follow_their_policy():
    policy = [
        {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 2, "BackoffRate": 3.0, "MaxAttempts": 3}
    ]
    failed = retries.kinds_of("InternalServerError: lost", "")
    assert [retries.wait(policy, failed, tries, 0, 1) for tries in (1, 2, 3)] == [2.0, 6.0, None]
    assert retries.wait(policy, retries.kinds_of("AlgorithmError: x", ""), 1, 0, 1) is None
