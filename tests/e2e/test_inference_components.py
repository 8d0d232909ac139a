"""Inference components by boto3: two share an endpoint, one that can't load harms nobody, an update fails no request."""

import http.client

import jobs
import pytest
import serving
from serving import NAME, Load, invoke, model, refusal, until

pytestmark = pytest.mark.e2e


def test_components_from_their_creation_to_their_deletion(studio):
    sagemaker, runtime = studio.client("sagemaker"), studio.client("sagemaker-runtime")
    place = {"VariantName": "AllTraffic", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    it = serving.endpoint(studio, place, ExecutionRoleArn=studio.role)

    def specification(script):
        needs = {"NumberOfCpuCoresRequired": 0.25, "MinMemoryRequiredInMb": 256, "MaxMemoryRequiredInMb": 1024}
        return {"ModelName": model(studio, script), "ComputeResourceRequirements": needs}

    def create(script):
        name = jobs.name("component")
        sagemaker.create_inference_component(
            InferenceComponentName=name, EndpointName=it, VariantName="AllTraffic",
            Specification=specification(script), RuntimeConfig={"CopyCount": 1},
        )  # fmt: skip
        return name

    def describe(name):
        return sagemaker.describe_inference_component(InferenceComponentName=name)

    def settled(name, word="InService"):
        until(lambda: describe(name)["InferenceComponentStatus"] not in ("Creating", "Updating"), 60)
        assert describe(name)["InferenceComponentStatus"] == word, describe(name)

    one, two = create(NAME.format(name="one")), create(NAME.format(name="two"))
    bad = create("raise ValueError('the weights are missing')")
    settled(one)
    settled(two)
    settled(bad, "Failed")
    assert "the weights are missing" in describe(bad)["FailureReason"]
    assert invoke(runtime, it, InferenceComponentName=one) == ["one", "x"]
    assert invoke(runtime, it, InferenceComponentName=two) == ["two", "x"]
    assert "Inference Component Name header is required" in refusal(invoke, runtime, it)[1]
    env = studio.env()
    bearer = {"Authorization": f"Bearer {env['AWS_ACCESS_KEY_ID']}:{env['AWS_SECRET_ACCESS_KEY']}"}
    for each, status in ((one, 200), (bad, 400), ("absent", 404)):
        link = http.client.HTTPConnection(studio.url.removeprefix("http://"), timeout=10)
        link.request("GET", f"/v2/models/{each}/ready", headers=bearer)
        assert link.getresponse().status == status, each
        link.close()
    # The model's own transform_fn is reached; it speaks another language.
    link = http.client.HTTPConnection(studio.url.removeprefix("http://"), timeout=10)
    tensor = '{"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}]}'
    link.request("POST", f"/v2/models/{one}/infer", tensor, bearer)
    answer = link.getresponse()
    assert answer.status == 424 and b"another form" in answer.read()
    link.close()
    assert refusal(invoke, runtime, it, InferenceComponentName="absent")[0] == "ValidationError"
    assert refusal(invoke, runtime, it, InferenceComponentName=bad)[0] == "ValidationError"
    listed = sagemaker.list_inference_components(EndpointNameEquals=it)["InferenceComponents"]
    assert {each["InferenceComponentName"] for each in listed} == {one, two, bad}

    with Load(studio, it, InferenceComponentName=one) as load:
        sagemaker.update_inference_component(
            InferenceComponentName=one, Specification=specification(NAME.format(name="new"))
        )
        settled(one)
        until(lambda: invoke(runtime, it, InferenceComponentName=one) == ["new", "x"], 10)
    assert not load.failures, load.failures[:3]

    sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=one, DesiredRuntimeConfig={"CopyCount": 2}
    )
    until(lambda: describe(one)["RuntimeConfig"]["CurrentCopyCount"] == 2, 30)
    code, message = refusal(
        sagemaker.update_inference_component_runtime_config,
        InferenceComponentName=one, DesiredRuntimeConfig={"CopyCount": 90},
    )  # fmt: skip
    assert code == "ValidationException" and "not enough hardware resources" in message
    assert one in refusal(sagemaker.delete_endpoint, EndpointName=it)[1]
    for name in (one, two, bad):
        sagemaker.delete_inference_component(InferenceComponentName=name)
    until(lambda: not sagemaker.list_inference_components(EndpointNameEquals=it)["InferenceComponents"], 30)
    sagemaker.delete_endpoint(EndpointName=it)
