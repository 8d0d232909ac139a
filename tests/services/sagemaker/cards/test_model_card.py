"""Model cards by their operations: versions, statuses, exports, and an export killed before and after each deed."""

import json

import pytest
from killing import ACCOUNT, Counter, World, step
from studio_in_memory import Studio

from studiolo.base.errors import ApiError
from studiolo.base.record import Key
from studiolo.services.sagemaker.kinds.model_card_export_job.controller import ModelCardExportJobController

ONE = json.dumps({"intended_uses": {"purpose_of_model": "one", "risk_rating": "Low"}})
TWO = json.dumps({"intended_uses": {"purpose_of_model": "two"}})


@pytest.fixture
def studio(tmp_path) -> Studio:
    it = Studio(tmp_path)
    it.ask("CreateModelCard", ModelCardName="Churn", Content=ONE, ModelCardStatus="Draft")
    return it


def code(studio, operation, **params):
    with pytest.raises(ApiError) as error:
        studio.ask(operation, **params)
    return error.value.code


def test_content_makes_versions_and_a_status_does_not(studio):
    studio.ask("UpdateModelCard", ModelCardName="Churn", ModelCardStatus="Approved")
    assert studio.ask("DescribeModelCard", ModelCardName="Churn")["ModelCardVersion"] == 1
    studio.ask("UpdateModelCard", ModelCardName="Churn", Content=TWO)
    now = studio.ask("DescribeModelCard", ModelCardName="Churn")
    assert (now["ModelCardVersion"], now["Content"], now["ModelCardStatus"]) == (2, TWO, "Approved")
    assert now["CreatedBy"] == {"UserProfileName": "ann"}
    first = studio.ask("DescribeModelCard", ModelCardName=now["ModelCardArn"], ModelCardVersion=1)
    assert (first["ModelCardVersion"], first["Content"], first["ModelCardStatus"]) == (1, ONE, "Approved")
    listed = studio.ask("ListModelCardVersions", ModelCardName="Churn")["ModelCardVersionSummaryList"]
    assert [one["ModelCardVersion"] for one in listed] == [2, 1]
    page = studio.ask("ListModelCardVersions", ModelCardName="Churn", MaxResults=1, SortOrder="Ascending")
    assert [one["ModelCardVersion"] for one in page["ModelCardVersionSummaryList"]] == [1]
    page = studio.ask(
        "ListModelCardVersions", ModelCardName="Churn", MaxResults=1, SortOrder="Ascending", NextToken=page["NextToken"]
    )
    assert [one["ModelCardVersion"] for one in page["ModelCardVersionSummaryList"]] == [2]
    assert page["NextToken"] is None


def test_lists_and_searches(studio):
    studio.ask("CreateModelCard", ModelCardName="other", Content="{}", ModelCardStatus="Approved")
    found = studio.ask("ListModelCards", ModelCardStatus="Approved")["ModelCardSummaries"]
    assert [one["ModelCardName"] for one in found] == ["other"]
    wanted = {"Filters": [{"Name": "RiskRating", "Operator": "Equals", "Value": "Low"}]}
    hits = studio.ask("Search", Resource="ModelCard", SearchExpression=wanted)["Results"]
    assert [one["ModelCard"]["ModelCardName"] for one in hits] == ["Churn"]


def test_a_card_has_tags(studio):
    arn = studio.ask("DescribeModelCard", ModelCardName="Churn")["ModelCardArn"]
    studio.ask("AddTags", ResourceArn=arn, Tags=[{"Key": "team", "Value": "growth"}])
    assert studio.ask("ListTags", ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "growth"}]


def test_what_can_not_be_is_refused(studio):
    bad = json.dumps({"intended_uses": {"risk_rating": "Huge"}})
    new = {"ModelCardName": "new", "ModelCardStatus": "Draft"}
    assert code(studio, "CreateModelCard", **new, Content=bad) == "ValidationException"
    assert code(studio, "CreateModelCard", **{**new, "ModelCardName": "churn"}, Content="{}") == "ConflictException"
    both = {"Content": TWO, "ModelCardStatus": "Draft"}
    assert code(studio, "UpdateModelCard", ModelCardName="Churn", **both) == "ValidationException"
    assert code(studio, "UpdateModelCard", ModelCardName="Churn") == "ValidationException"
    assert code(studio, "DescribeModelCard", ModelCardName="Churn", ModelCardVersion=7) == "ResourceNotFound"
    assert code(studio, "DescribeModelCard", ModelCardName="none") == "ResourceNotFound"
    studio.ask("UpdateModelCard", ModelCardName="Churn", ModelCardStatus="Archived")
    assert code(studio, "UpdateModelCard", ModelCardName="Churn", Content=TWO) == "ConflictException"


def test_deleted_with_its_versions(studio):
    studio.ask("UpdateModelCard", ModelCardName="Churn", Content=TWO)
    studio.ask("DeleteModelCard", ModelCardName="Churn")
    assert code(studio, "DescribeModelCard", ModelCardName="Churn") == "ResourceNotFound"
    studio.ask("CreateModelCard", ModelCardName="Churn", Content=ONE, ModelCardStatus="Draft")
    listed = studio.ask("ListModelCardVersions", ModelCardName="Churn")["ModelCardVersionSummaryList"]
    assert [one["ModelCardVersion"] for one in listed] == [1]


def test_exports_are_made_and_listed(studio):
    pytest.importorskip("fpdf")
    asked = {"ModelCardName": "Churn", "OutputConfig": {"S3OutputPath": "s3://bucket/cards"}}
    arn = studio.ask("CreateModelCardExportJob", **asked, ModelCardExportJobName="first")["ModelCardExportJobArn"]
    assert arn.endswith(":model-card/churn/export-job/first")
    told = studio.ask("DescribeModelCardExportJob", ModelCardExportJobArn=arn)
    assert (told["ModelCardExportJobName"], told["ModelCardVersion"], told["Status"]) == ("first", 1, "InProgress")
    assert code(studio, "CreateModelCardExportJob", **asked, ModelCardExportJobName="first") == "ConflictException"
    missing = {**asked, "ModelCardVersion": 5, "ModelCardExportJobName": "x"}
    assert code(studio, "CreateModelCardExportJob", **missing) == "ResourceNotFound"
    assert code(studio, "DeleteModelCard", ModelCardName="Churn") == "ConflictException"
    named = {"ModelCardName": "Churn", "ModelCardExportJobNameContains": "FIR"}
    found = studio.ask("ListModelCardExportJobs", **named)["ModelCardExportJobSummaries"]
    assert [one["ModelCardExportJobName"] for one in found] == ["first"]
    assert studio.ask("ListModelCardExportJobs", ModelCardName="Churn", StatusEquals="Failed") == {
        "ModelCardExportJobSummaries": [],
        "NextToken": None,
    }


def export(tmp_path, kill_at, output="s3://bucket/cards"):
    world, key = World(tmp_path), Key(ACCOUNT, "ModelCardExportJob", "churn/export-job/e")
    spec = {
        "ModelCardName": "churn",
        "ModelCardVersion": 1,
        "OutputConfig": {"S3OutputPath": output},
        "_job": "e",
        "_content": json.dumps({"intended_uses": {"purpose_of_model": "Wer geht? \u4e2d\u6587"}}),
        "_status": "Draft",
    }
    world.store.create(key, spec, {"Status": "InProgress"}, now=1.0)
    counter = Counter(kill_at)
    for _ in range(3):
        step(world, ModelCardExportJobController, key, counter)
    return world, world.store.get(key), counter


def test_killed_at_any_moment_an_export_ends_once(tmp_path_factory):
    pytest.importorskip("fpdf")
    for at in range(export(tmp_path_factory.mktemp("count"), None)[2].seen):
        world, record, _ = export(tmp_path_factory.mktemp(f"kill{at}"), at)
        assert record.status["Status"] == "Completed", at
        uri = record.status["ExportArtifacts"]["S3ExportArtifacts"]
        assert [f"s3://bucket/{one.key}" for one in world.blobs.iterate("bucket", "")] == [uri]
        with world.blobs.open_read("bucket", uri.removeprefix("s3://bucket/"))[1] as read:
            assert read.read(5) == b"%PDF-"


def test_an_export_into_no_bucket_fails_and_says_so(tmp_path):
    pytest.importorskip("fpdf")
    record = export(tmp_path, None, "s3://none/cards")[1]
    assert record.status["Status"] == "Failed"
    assert "none" in record.status["FailureReason"]


def test_a_version_of_the_registry_holds_a_card(studio):
    studio.ask("CreateModelPackageGroup", ModelPackageGroupName="g")
    card = {"ModelCardContent": ONE, "ModelCardStatus": "Draft"}
    arn = studio.ask("CreateModelPackage", ModelPackageGroupName="g", ModelCard=card)["ModelPackageArn"]
    studio.ask("UpdateModelPackage", ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Archived"})
    held = studio.ask("DescribeModelPackage", ModelPackageName=arn)["ModelCard"]
    assert held == {"ModelCardContent": ONE, "ModelCardStatus": "Archived"}
    more = {"ModelPackageArn": arn, "ModelCard": {"ModelCardContent": TWO}}
    assert code(studio, "UpdateModelPackage", **more) == "ConflictException"
    bad = {"ModelCardContent": json.dumps({"model_overview": {"model_name": "x"}}), "ModelCardStatus": "Draft"}
    assert code(studio, "CreateModelPackage", ModelPackageGroupName="g", ModelCard=bad) == "ValidationException"
