"""Whatever a List operation's model declares acts, or is refused by its name; orders are those AWS documents."""

import re

import pytest
from studio_in_memory import ACCOUNT, OTHER, Studio

from studiolo.base.errors import ApiError
from studiolo.services.request import Call, Caller
from studiolo.services.sagemaker import listing
from studiolo.services.sagemaker.service import KINDS, SageMakerService
from studiolo.wire import model

OF_THEIR_OWN = {
    "ListTags",
    "ListPipelineExecutions",
    "ListPipelineVersions",
    "ListPipelineExecutionSteps",
    "ListPipelineParametersForExecution",
    "ListTrainingJobsForHyperParameterTuningJob",
    "ListAssociations",
    "ListDomains",
    "ListUserProfiles",
    "ListSpaces",
    "ListApps",
    "ListAliases",
    "ListModelCardVersions",
    "ListMlflowTrackingServers",
}
"""List operations that no kind's list verb answers: each has tests of its own. Add to them before you add here."""
VALUES = {"MaxResults": 7, "NextToken": "t", "SortOrder": ("Ascending", "Descending"), "NameContains": "abc"}


@pytest.fixture
def studio(tmp_path):
    return Studio(tmp_path)


def lists(tmp_path):
    service = Studio(tmp_path).service
    return [name for name in service.operations() if name.startswith("List")]


def test_every_list_is_looked_at_here_or_has_tests_of_its_own(tmp_path):
    assert {f"List{name}s" for name in KINDS} | OF_THEIR_OWN == set(lists(tmp_path))


def ask(kind, params):
    return listing.to_query(kind, Call(Caller("ann", ACCOUNT, "admin"), "sagemaker", f"List{kind.name}s", params, "id"))


def some(shape, member):
    if member in VALUES:
        return VALUES[member]
    if allowed := model.enum(shape):
        return tuple(allowed)
    return 1.5e9 if shape.type_name == "timestamp" else "arn:aws:sagemaker:us-east-1:123456789012:x/abc"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_parameter_changes_what_the_store_is_asked_or_is_refused(kind):
    inputs = model.members(model.operation("sagemaker", f"List{kind.name}s").input_shape)
    plain = ask(kind, {})
    for member, shape in inputs.items():
        values = some(shape, member)
        answers = []
        for value in values if isinstance(values, tuple) else (values,):
            try:
                answers.append(ask(kind, {member: value}))
            except ApiError as refused:
                assert member in refused.message and refused.code == "ValidationException"
                answers.append((plain, value))
        if isinstance(values, tuple):
            # Versions of an image are numbered in the order of their creation.
            values = [one for one in values if one != "VERSION"]
            assert len({repr(one) for one in answers}) == len(values), (member, answers)
        else:
            assert answers[0] != plain, member


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_order_is_the_documented_one(kind):
    inputs = model.members(model.operation("sagemaker", f"List{kind.name}s").input_shape)
    for member, ours in (("SortBy", kind.sort), ("SortOrder", kind.order)):
        said = re.search(r"default is <code>(\w+)", inputs[member].documentation)
        # Pipelines alone call it so.
        assert said is None or said.group(1).replace("CreatedTime", "CreationTime") == ours, (member, said)


def names(studio, operation="ListTrainingJobs", **asked):
    answer = studio.ask(operation, **asked)
    entries = next(value for value in answer.values() if isinstance(value, list))
    return [next(value for name, value in one.items() if name.endswith("Name")) for one in entries]


def job(studio, name, word="Completed", **more):
    spec = {"OutputDataConfig": {"S3OutputPath": "s3://b/o"}, **more.pop("spec", {})}
    return studio.put("TrainingJob", name, spec, {"TrainingJobStatus": word, **more.pop("status", {})}, **more)


def test_jobs_are_filtered_by_all_that_is_declared(studio):
    plan = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/p"
    job(studio, "a-one", "Failed", now=10)
    job(studio, "B-two", now=20, spec={"ResourceConfig": {"TrainingPlanArn": plan}})
    last = job(studio, "c-one", now=30, status={"WarmPoolStatus": {"Status": "Available"}})
    job(studio, "theirs", now=40, project=OTHER)
    studio.store.write(last, now=50, tags={"x": "y"})
    assert names(studio) == ["a-one", "B-two", "c-one"]
    assert names(studio, SortOrder="Descending") == ["c-one", "B-two", "a-one"]
    assert names(studio, SortBy="Name", SortOrder="Descending") == ["c-one", "B-two", "a-one"]
    assert names(studio, SortBy="Status") == ["B-two", "c-one", "a-one"]
    assert names(studio, StatusEquals="Failed") == ["a-one"]
    assert names(studio, NameContains="ONE") == ["a-one", "c-one"]
    assert names(studio, CreationTimeAfter=10.0, CreationTimeBefore=30.0) == ["B-two"]
    assert names(studio, LastModifiedTimeAfter=30.0) == ["c-one"]
    assert names(studio, LastModifiedTimeBefore=20.0) == ["a-one"]
    assert names(studio, WarmPoolStatusEquals="Available") == ["c-one"]
    assert names(studio, WarmPoolStatusEquals="InUse") == []
    assert names(studio, TrainingPlanArnEquals=plan) == ["B-two"]
    assert names(studio, TrainingPlanArnEquals=f"{plan}x") == []


def test_pages_follow_one_another_and_no_other_list(studio):
    for number in range(7):
        job(studio, f"job-{number}")
    seen, token = [], None
    while True:
        answer = studio.ask("ListTrainingJobs", MaxResults=3, **({"NextToken": token} if token else {}))
        seen += [one["TrainingJobName"] for one in answer["TrainingJobSummaries"]]
        token = answer["NextToken"]
        if token is None:
            break
        for more in ({"SortOrder": "Descending"}, {"SortBy": "Name"}):
            with pytest.raises(ApiError, match="Invalid pagination token"):
                studio.ask("ListTrainingJobs", NextToken=token, **more)
        with pytest.raises(ApiError, match="Invalid pagination token"):
            studio.ask("ListModels", NextToken=token)
    assert seen == [f"job-{number}" for number in range(7)]


def test_models_and_endpoints_come_newest_first(studio):
    for number, name in enumerate(("one", "two")):
        studio.put("Model", name, now=number)
        studio.put("EndpointConfig", name, now=number)
        studio.put(
            "Endpoint",
            name,
            {"_generation": 1, "EndpointConfigName": "one"},
            {"EndpointStatus": "Creating"},
            now=number,
        )
    for operation in ("ListModels", "ListEndpointConfigs", "ListEndpoints"):
        assert names(studio, operation) == ["two", "one"]
    deleting = studio.store.query(
        listing.to_query(
            KINDS["Endpoint"], call := Call(Caller("a", ACCOUNT, "admin"), "sagemaker", "ListEndpoints", {}, "i")
        )
    )
    studio.store.write(deleting.records[0], now=9, deleting=True)
    assert names(studio, "ListEndpoints", StatusEquals="Deleting") == ["two"]
    assert studio.ask("ListEndpoints", StatusEquals="Deleting")["Endpoints"][0]["EndpointStatus"] == "Deleting"
    assert call.operation == "ListEndpoints"


def test_what_is_not_declared_by_a_kind_is_refused():
    for member in ("InventedEquals", "TrainingPlanArnEquals"):
        with pytest.raises(ApiError, match=f"{member} of ListModels is not supported"):
            ask(KINDS["Model"], {member: "x"})


def test_a_list_of_a_kind_that_is_not_built_is_empty(tmp_path):
    service = SageMakerService(Studio(tmp_path).platform)
    assert service.handler("ListHubs") is not None and service.handler("DescribeHub") is None
