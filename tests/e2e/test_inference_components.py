"""Inference components by boto3: two share an endpoint, one that can't load harms nobody, an update fails no request."""

import http.client

import jobs
import pytest
import serving
from botocore.exceptions import ClientError
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


WILD = """
import os, time
hoard = []
def model_fn(folder): return None
def transform_fn(model, body, kind, accept):
    if body == "hang": time.sleep(600)
    if body == "crash": os._exit(3)
    if body == "leak": hoard.append(bytearray(b"x") * (100 << 20))
    return '["wild"]', "application/json"
"""


def test_a_wild_component_harms_no_other(studio):
    """It crashes, hangs and takes all of its memory; another on the same instance fails no request meanwhile."""
    sagemaker, runtime = studio.client("sagemaker"), studio.client("sagemaker-runtime")
    place = {"VariantName": "AllTraffic", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    it = serving.endpoint(studio, place, ExecutionRoleArn=studio.role)

    def create(script, **more):
        name = jobs.name("component")
        needs = {"NumberOfCpuCoresRequired": 0.5, "MinMemoryRequiredInMb": 512}
        sagemaker.create_inference_component(
            InferenceComponentName=name, EndpointName=it, VariantName="AllTraffic", RuntimeConfig={"CopyCount": 1},
            Specification={"ModelName": model(studio, script, **more), "ComputeResourceRequirements": needs},
        )  # fmt: skip
        return name

    def describe(name):
        return sagemaker.describe_inference_component(InferenceComponentName=name)

    wild = create(WILD, Environment={"SAGEMAKER_MODEL_SERVER_TIMEOUT": "2", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"})
    calm = create(NAME.format(name="calm"))
    for name in (wild, calm):
        until(lambda name=name: describe(name)["InferenceComponentStatus"] == "InService", 60)

    def logged(words):
        group = f"/aws/sagemaker/InferenceComponents/{wild}"
        return any(
            words in event["message"] for event in studio.client("logs").filter_log_events(logGroupName=group)["events"]
        )

    def leaked():
        try:
            invoke(runtime, it, "leak", InferenceComponentName=wild)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ModelError"
        return logged("the instance's")

    with Load(studio, it, clients=2, InferenceComponentName=calm) as load:
        for what in ("crash", "hang"):
            assert refusal(invoke, runtime, it, what, InferenceComponentName=wild)[0] == "ModelError"
            assert invoke(runtime, it, InferenceComponentName=wild) == ["wild"]
        until(leaked, 60)
        until(lambda: invoke(runtime, it, InferenceComponentName=wild) == ["wild"], 20)
    assert not load.failures, load.failures[:3]
    assert set(load.answers) == {"calm"}
    for words in ("ended with status 3", "longer than 2 seconds"):
        until(lambda words=words: logged(words), 30)
    assert describe(wild)["InferenceComponentStatus"] == "InService"
    for name in (wild, calm):
        sagemaker.delete_inference_component(InferenceComponentName=name)
    until(lambda: not sagemaker.list_inference_components(EndpointNameEquals=it)["InferenceComponents"], 30)
    sagemaker.delete_endpoint(EndpointName=it)
