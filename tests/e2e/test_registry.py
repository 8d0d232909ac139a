"""The model registry by real boto3 and the SDK: versions, approval with who and why, deployment of a version."""

import concurrent.futures
import json

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


def test_a_job_registers_its_model_when_asked(studio):
    client, group, job = studio.client("sagemaker"), jobs.name("auto"), jobs.name("auto")
    script = """
import os
print("loss=0.25;")
open(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"), "w").write("whole")
"""
    metrics = {"MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+);"}]}
    request = jobs.script_job(studio, job, script, AlgorithmSpecification=metrics)
    missing = f"arn:aws:sagemaker:us-east-1:{studio.account}:model-package-group/{group}"
    config = {"ModelPackageGroupArn": missing}
    assert refused(client.create_training_job, **request, ModelPackageConfig=config) == "ValidationException"
    config["ModelPackageGroupArn"] = client.create_model_package_group(ModelPackageGroupName=group)[
        "ModelPackageGroupArn"
    ]
    source = client.create_model_package(**package(studio, group))["ModelPackageArn"]
    client.create_training_job(**request, ModelPackageConfig={**config, "SourceModelPackageArn": source})
    done = jobs.wait(studio, job)
    assert done["TrainingJobStatus"] == "Completed", done.get("FailureReason")
    assert done["ModelPackageConfig"] == {**config, "SourceModelPackageArn": source}
    made = client.describe_model_package(ModelPackageName=done["OutputModelPackageArn"])
    assert made["ModelPackageVersion"] == 2
    container = made["InferenceSpecification"]["Containers"][0]
    assert container["ModelDataUrl"] == done["ModelArtifacts"]["S3ModelArtifacts"]
    assert made["InferenceSpecification"]["SupportedContentTypes"] == ["text/csv"]
    assert made["MetadataProperties"]["GeneratedBy"] == done["TrainingJobArn"]
    bucket, _, key = made["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"][5:].partition("/")
    report = json.load(studio.client("s3").get_object(Bucket=bucket, Key=key)["Body"])
    assert report["training_job_metrics"]["loss"]["value"] == 0.25
