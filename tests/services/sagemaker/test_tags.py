import pytest
from studio_in_memory import ACCOUNT, OTHER, Studio

from studiolo.base.errors import ApiError
from studiolo.store.protocol import Stale

ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/my-model"


@pytest.fixture
def studio(tmp_path):
    studio = Studio(tmp_path)
    studio.put("Model", "My-Model", tags={"team": "red"})
    return studio


def tags(studio, arn=ARN):
    return {one["Key"]: one["Value"] for one in studio.ask("ListTags", ResourceArn=arn)["Tags"]}


def add(studio, **given):
    return studio.ask("AddTags", ResourceArn=ARN, Tags=[{"Key": key, "Value": value} for key, value in given.items()])


def test_tags_are_added_replaced_and_taken_away(studio):
    answer = add(studio, team="blue", stage="test")
    assert {one["Key"]: one["Value"] for one in answer["Tags"]} == {"team": "blue", "stage": "test"} == tags(studio)
    studio.ask("DeleteTags", ResourceArn=ARN, TagKeys=["team", "never there"])
    assert tags(studio) == {"stage": "test"}


def test_a_record_written_meanwhile_keeps_both_writes(studio):
    write, races = studio.store.write, []

    def raced(seen, **given):
        if not races:
            races.append(1)
            write(seen, now=1.0, tags={**seen.tags, "other": "writer"})
            raise Stale(seen.key.handle())
        return write(seen, **given)

    studio.store.write = raced
    add(studio, mine="too")
    assert tags(studio) == {"team": "red", "other": "writer", "mine": "too"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "more than once"),
        ([{"Key": "AWS:x", "Value": "1"}], "reserved"),
        ([{"Key": f"k{n}", "Value": ""} for n in range(50)], "at most 50"),
    ],
)
def test_bad_tags_are_refused_and_change_nothing(studio, given, sentence):
    with pytest.raises(ApiError, match=sentence) as refused:
        studio.ask("AddTags", ResourceArn=ARN, Tags=given)
    assert refused.value.code == "ValidationException"
    assert tags(studio) == {"team": "red"}


def test_fifty_tags_are_allowed_and_listed_at_once(studio):
    add(studio, **{f"k{n}": str(n) for n in range(49)})
    assert len(tags(studio)) == 50
    with pytest.raises(ApiError, match="pagination token"):
        studio.ask("ListTags", ResourceArn=ARN, NextToken="x")


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:sagemaker:us-east-1:{OTHER}:model/my-model",
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:hub/my-model",
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/nobody",
    ],
)
@pytest.mark.parametrize("operation", ["ListTags", "AddTags", "DeleteTags"])
def test_what_is_not_there_or_not_ours_has_no_tags(studio, arn, operation):
    more = {"AddTags": {"Tags": [{"Key": "a", "Value": "b"}]}, "DeleteTags": {"TagKeys": ["team"]}}.get(operation, {})
    with pytest.raises(ApiError) as refused:
        studio.ask(operation, ResourceArn=arn, **more)
    assert (refused.value.code, refused.value.status) == ("ValidationException", 400)
    assert tags(studio) == {"team": "red"}
