"""Versions and aliases of pipelines; killed between the pipeline's record and its version's, none is lost."""

import asyncio
import json

import pytest
from killing import ACCOUNT, Counter, Mortal, World

from studiolo.base.errors import ApiError
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker.pipelines.versions import with_aliases
from studiolo.services.sagemaker.service import SageMakerService


def definition(text):
    step = {"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": text}}
    return json.dumps({"Version": "2020-12-01", "Steps": [step]})


def ask(platform, operation, **params):
    call = Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", operation, {"PipelineName": "p", **params}, "id")
    return asyncio.run(SageMakerService(platform).handler(operation)(call))


@pytest.fixture
def platform(tmp_path):
    found = World(tmp_path).platform(Counter(None))
    ask(
        found,
        "CreatePipeline",
        PipelineDefinition=definition("one"),
        ClientRequestToken="t",
        PipelineVersionAliases=["prod"],
    )
    return found


def numbers(platform):
    found = ask(platform, "ListPipelineVersions")["PipelineVersionSummaries"]
    return {one["PipelineVersionId"]: one.get("PipelineVersionAliases") for one in found}


def test_another_definition_is_another_version_and_the_same_is_none(platform):
    assert ask(platform, "UpdatePipeline", PipelineDefinition=definition("one"))["PipelineVersionId"] == 1
    assert ask(platform, "UpdatePipeline", PipelineDescription="d")["PipelineVersionId"] == 1
    assert ask(platform, "UpdatePipeline", PipelineDefinition=definition("two"))["PipelineVersionId"] == 2
    assert (
        ask(platform, "UpdatePipeline", PipelineDefinition=definition("one"), PipelineVersionAliases=["next"])[
            "PipelineVersionId"
        ]
        == 3
    )
    assert numbers(platform) == {3: ["next"], 2: None, 1: ["prod"]}
    assert "two" in ask(platform, "DescribePipeline", PipelineVersionId=2)["PipelineDefinition"]
    with pytest.raises(ApiError):
        ask(platform, "UpdatePipeline", PipelineDescription="e", PipelineVersionAliases=["more"])
    ask(platform, "DeletePipeline")
    ask(platform, "CreatePipeline", PipelineDefinition=definition("new"), ClientRequestToken="u")
    assert numbers(platform) == {1: None}


def test_an_execution_is_started_by_number_or_alias(platform):
    ask(platform, "UpdatePipeline", PipelineDefinition=definition("two"))
    arns = {}
    for token, how in (("a", {"PipelineVersionAlias": "prod"}), ("b", {"PipelineVersionId": 2}), ("c", {})):
        arns[token] = ask(platform, "StartPipelineExecution", ClientRequestToken=token, **how)["PipelineExecutionArn"]
    found = {one: ask(platform, "DescribePipelineExecution", PipelineExecutionArn=arn) for one, arn in arns.items()}
    assert [one["PipelineVersionId"] for one in found.values()] == [1, 2, 2]
    assert found["a"]["PipelineVersionAliases"] == ["prod"]
    listed = ask(platform, "ListPipelineExecutions", PipelineVersionAlias="prod")["PipelineExecutionSummaries"]
    assert [one["PipelineExecutionArn"] for one in listed] == [arns["a"]]
    for how in (
        {"PipelineVersionId": 9},
        {"PipelineVersionAlias": "none"},
        {"PipelineVersionId": 1, "PipelineVersionAlias": "prod"},
    ):
        with pytest.raises(ApiError):
            ask(platform, "StartPipelineExecution", ClientRequestToken="d", **how)


def test_an_alias_is_moved_by_taking_it_away_first(platform):
    arn = ask(platform, "UpdatePipeline", PipelineDefinition=definition("two"))["PipelineArn"]

    def change(number, **operations):
        ask(
            platform,
            "UpdatePipelineVersion",
            PipelineArn=arn,
            PipelineVersionId=number,
            PipelineVersionAliasOperations=operations,
        )

    with pytest.raises(ApiError):
        change(2, Add=["prod"])
    change(1, Remove=["prod"])
    change(2, Add=["prod", "best"])
    ask(platform, "UpdatePipelineVersion", PipelineArn=arn, PipelineVersionId=2, PipelineVersionDisplayName="Second")
    assert numbers(platform) == {2: ["best", "prod"], 1: None}
    found = ask(platform, "DescribePipeline", PipelineVersionAlias="best")
    assert (found["PipelineVersionDisplayName"], "two" in found["PipelineDefinition"]) == ("Second", True)


@pytest.mark.parametrize(
    ("add", "remove"), [(["12"], []), (["a"], ["a"]), ([], ["a"]), ([f"a{n}" for n in range(11)], [])]
)
def test_what_can_be_no_change_of_aliases(add, remove):
    with pytest.raises(ApiError):
        with_aliases({"b": 1}, 1, add, remove)


class Lame(Mortal):
    """Forgets to make versions, as if it were killed before."""

    def create(self, key, *args, **kwargs):
        if key.kind == "PipelineVersion":
            raise KeyboardInterrupt
        return self._port.create(key, *args, **kwargs)


def test_killed_between_the_two_records_the_version_is_there(tmp_path):
    world = World(tmp_path)
    whole = world.platform(Counter(None))
    lame = world.platform(Counter(None))
    object.__setattr__(lame, "store", Lame(world.store, (), Counter(None)))
    with pytest.raises(KeyboardInterrupt):
        ask(lame, "CreatePipeline", PipelineDefinition=definition("one"), ClientRequestToken="t")
    ask(whole, "UpdatePipeline", PipelineDefinition=definition("two"))
    with pytest.raises(KeyboardInterrupt):
        ask(lame, "UpdatePipeline", PipelineDefinition=definition("three"))
        ask(lame, "UpdatePipeline", PipelineDefinition=definition("four"))
    assert numbers(whole) == {3: None, 2: None, 1: None}
    texts = [ask(whole, "DescribePipeline", PipelineVersionId=number)["PipelineDefinition"] for number in (1, 2, 3)]
    assert [name in text for name, text in zip(("one", "two", "three"), texts, strict=True)] == [True] * 3
