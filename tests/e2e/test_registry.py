"""The model registry by real boto3 and the SDK: versions, approval with who and why, deployment of a version."""

import concurrent.futures

import jobs
import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.e2e


def package(studio, group, **more):
    container = {"Image": jobs.SKLEARN, "ModelDataUrl": f"s3://{studio.bucket}/none/model.tar.gz"}
    content = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    return {
        "ModelPackageGroupName": group,
        "InferenceSpecification": {"Containers": [container], **content},
        **more,
    }


def refused(call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    return error.value.response["Error"]["Code"]


def test_versions_count_up_and_are_approved_with_who_and_why(studio):
    client, group = studio.client("sagemaker"), jobs.name("Churn")
    made = client.create_model_package_group(ModelPackageGroupName=group, ModelPackageGroupDescription="who leaves")
    assert made["ModelPackageGroupArn"].endswith(f":model-package-group/{group.lower()}")
    metrics = {
        "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": f"s3://{studio.bucket}/m.json"}}
    }
    first = client.create_model_package(**package(studio, group, ModelMetrics=metrics))["ModelPackageArn"]
    second = client.create_model_package(**package(studio, group, ModelApprovalStatus="Approved"))["ModelPackageArn"]
    assert (first.rpartition("/")[2], second.rpartition("/")[2]) == ("1", "2")
    described = client.describe_model_package(ModelPackageName=first)
    assert described["ModelPackageVersion"] == 1
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["ModelPackageStatus"] == "Completed"
    assert described["ModelMetrics"] == metrics
    assert described["CreatedBy"]["UserProfileName"] == "admin"
    client.update_model_package(ModelPackageArn=first, ModelApprovalStatus="Rejected", ApprovalDescription="too old")
    described = client.describe_model_package(ModelPackageName=first)
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Rejected", "too old")
    assert described["LastModifiedBy"]["UserProfileName"] == "admin"
    listed = client.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert [one["ModelPackageVersion"] for one in listed] == [1, 2]
    approved = client.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
    assert [one["ModelPackageArn"] for one in approved["ModelPackageSummaryList"]] == [second]
    assert refused(client.delete_model_package_group, ModelPackageGroupName=group) == "ConflictException"
    role = studio.role
    assert (
        refused(
            client.create_model,
            ModelName=jobs.name("m"),
            ExecutionRoleArn=role,
            PrimaryContainer={"ModelPackageName": first},
        )
        == "ValidationException"
    )
    name = jobs.name("m")
    client.create_model(
        ModelName=name, ExecutionRoleArn=role,
        PrimaryContainer={"ModelPackageName": second, "Environment": {"COLOUR": "red"}},
    )  # fmt: skip
    held = client.describe_model(ModelName=name)["PrimaryContainer"]
    assert (held["ModelPackageName"], held["Image"], held["Environment"]) == (second, jobs.SKLEARN, {"COLOUR": "red"})
    for arn in (first, second):
        client.delete_model_package(ModelPackageName=arn)
    client.delete_model_package_group(ModelPackageGroupName=group)
    assert refused(client.describe_model_package_group, ModelPackageGroupName=group) == "ValidationException"


def test_ten_at_once_get_ten_numbers_and_one_token_one(studio):
    client, group = studio.client("sagemaker"), jobs.name("race")
    client.create_model_package_group(ModelPackageGroupName=group)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        arns = list(
            pool.map(lambda _: client.create_model_package(**package(studio, group))["ModelPackageArn"], range(10))
        )
    assert sorted(int(arn.rpartition("/")[2]) for arn in arns) == list(range(1, 11))
    token = jobs.name("token")
    twice = {
        client.create_model_package(**package(studio, group, ClientToken=token))["ModelPackageArn"] for _ in range(2)
    }
    assert len(twice) == 1


def test_what_can_not_be_is_refused(studio):
    client = studio.client("sagemaker")
    missing = package(studio, jobs.name("none"))
    assert refused(client.create_model_package, **missing) == "ValidationException"
    assert refused(client.create_model_package, **{**missing, "ModelPackageName": "x"}) == "ValidationException"
    arn = f"arn:aws:sagemaker:us-east-1:{studio.account}:model-package/none/1"
    assert (
        refused(client.update_model_package, ModelPackageArn=arn, ModelApprovalStatus="Approved")
        == "ValidationException"
    )
    answer = client.batch_describe_model_package(ModelPackageArnList=[arn])
    assert list(answer["BatchDescribeModelPackageErrorMap"]) == [arn]
