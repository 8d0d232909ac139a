"""Steps of pipelines that make no job: deployments, functions, loops."""

import time

import jobs
import pytest
import serving
from test_pipelines import create, start, steps_of, wait

pytestmark = pytest.mark.e2e


def until(found, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def test_a_version_is_deployed_as_soon_as_it_is_approved_and_the_next_one_over_it(studio):
    client, runtime = studio.client("sagemaker"), studio.client("sagemaker-runtime")
    group, endpoint = jobs.name("group"), jobs.name("ship")
    container = {"Image": jobs.SKLEARN, "ModelDataUrl": {"Get": "Parameters.Data"}}
    content = {"SupportedContentTypes": ["text/plain"], "SupportedResponseMIMETypes": ["application/json"]}
    register = {"ModelPackageGroupName": group, "InferenceSpecification": {"Containers": [container], **content}}
    ship = {
        "EndpointName": endpoint, "ModelPackageArn": {"Get": "Steps.Register.ModelPackageArn"}, "Approval": "Wait",
        "InstanceType": "ml.t2.medium",
    }  # fmt: skip
    name = create(
        studio,
        [
            {"Name": "Register", "Type": "RegisterModel", "Arguments": register},
            {"Name": "Ship", "Type": "Deploy", "Arguments": ship},
        ],
        [{"Name": "Data", "Type": "String"}],
    )
    for colour in ("red", "blue"):
        data = serving.upload(studio, f"{jobs.name('m')}/model.tar.gz", serving.NAME.format(name=colour))
        arn = start(studio, name, Data=data)
        until(lambda arn=arn: "Ship" in steps_of(studio, arn))
        version = steps_of(studio, arn)["Register"]["Metadata"]["RegisterModel"]["Arn"]
        assert steps_of(studio, arn)["Ship"]["StepStatus"] == "Executing"
        client.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
        assert wait(studio, arn)["PipelineExecutionStatus"] == "Succeeded"
        assert serving.invoke(runtime, endpoint)[0] == colour
    assert steps_of(studio, arn)["Ship"]["Metadata"]["Endpoint"]["Arn"].endswith(f":endpoint/{endpoint}")
    client.delete_endpoint(EndpointName=endpoint)
