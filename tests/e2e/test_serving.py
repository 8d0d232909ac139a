"""Endpoints of every shape, by boto3: many models, several containers, serverless, shadows, capture, sessions; changes
under load that fail no request; models that hang, leak and crash."""

import concurrent.futures
import json
import time

import jobs
import pytest
import serving
from botocore.exceptions import ClientError
from serving import NAME, Load, endpoint, invoke, model, refusal, until, variant

pytestmark = pytest.mark.e2e

MODEL = NAME.format(name="one")
WILD = """
import ctypes, os, time
hoard = []
def model_fn(folder): return None
def transform_fn(model, body, kind, accept):
    if body == "hang": time.sleep(600)
    if body == "crash": os._exit(3)
    if body == "leak": hoard.append(bytearray(b"x") * (200 << 20))
    if body.startswith("sleep"): time.sleep(float(body[5:]))
    # Never lets go of Python's lock.
    if body.startswith("hold"): ctypes.PyDLL(None).usleep(int(float(body[4:]) * 1000000))
    return '["%s"]' % os.getpid(), "application/json"
"""


@pytest.fixture(scope="module")
def runtime(studio):
    return studio.client("sagemaker-runtime")


@pytest.fixture(scope="module")
def sagemaker(studio):
    return studio.client("sagemaker")


def test_many_models_behind_one_endpoint(studio, runtime, sagemaker):
    prefix, name = jobs.name("many"), jobs.name("many")
    for each in ("a", "b/c"):
        serving.upload(studio, f"{prefix}/{each}.tar.gz", NAME.format(name=each))
    serving.upload(studio, f"{prefix}/bad.tar.gz", "raise ValueError('the weights are missing')")
    primary = {"Image": jobs.SKLEARN, "Mode": "MultiModel", "ModelDataUrl": f"s3://{studio.bucket}/{prefix}/"}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=studio.role, PrimaryContainer=primary)
    it = endpoint(studio, variant(name))
    assert invoke(runtime, it, TargetModel="a.tar.gz") == ["a", "x"]
    assert invoke(runtime, it, TargetModel="b/c.tar.gz") == ["b/c", "x"]
    code, message = refusal(invoke, runtime, it, TargetModel="bad.tar.gz")
    assert (
        code == "ModelError" and "Failed to load the model bad.tar.gz: ValueError: the weights are missing" in message
    )
    assert refusal(invoke, runtime, it, TargetModel="absent.tar.gz")[0] == "ValidationError"
    studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{prefix}/torn.tar.gz", Body=b"no archive")
    code, message = refusal(invoke, runtime, it, TargetModel="torn.tar.gz")
    assert code == "ValidationError" and "not a readable tar archive" in message
    assert refusal(invoke, runtime, it)[0] == "ValidationError"
    # One that is uploaded later is there at once.
    serving.upload(studio, f"{prefix}/late.tar.gz", NAME.format(name="late"))
    assert invoke(runtime, it, TargetModel="late.tar.gz") == ["late", "x"]
    # One that is uploaded anew is taken soon, and what was asked of the old one is answered by it.
    serving.upload(studio, f"{prefix}/a.tar.gz", NAME.format(name="new"))
    until(lambda: invoke(runtime, it, TargetModel="a.tar.gz") == ["new", "x"], 15)
    sagemaker.delete_endpoint(EndpointName=it)


def containers(studio, sagemaker, mode):
    name = jobs.name("several")
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=studio.role,
        Containers=[
            serving.container(studio, NAME.format(name=each), ContainerHostname=each) for each in ("first", "second")
        ],
        InferenceExecutionConfig={"Mode": mode},
    )
    return name


def test_a_pipeline_of_two_containers(studio, runtime, sagemaker):
    it = endpoint(studio, variant(containers(studio, sagemaker, "Serial")))
    assert invoke(runtime, it) == ["second", '["first", "x"]']
    assert refusal(invoke, runtime, it, TargetContainerHostname="first")[0] == "ValidationError"
    sagemaker.delete_endpoint(EndpointName=it)


def test_two_containers_invoked_directly(studio, runtime, sagemaker):
    it = endpoint(studio, variant(containers(studio, sagemaker, "Direct")))
    assert invoke(runtime, it, TargetContainerHostname="first") == ["first", "x"]
    assert invoke(runtime, it, TargetContainerHostname="second") == ["second", "x"]
    assert refusal(invoke, runtime, it)[0] == "ValidationError"
    assert refusal(invoke, runtime, it, TargetContainerHostname="third")[0] == "ValidationError"
    sagemaker.delete_endpoint(EndpointName=it)


def test_data_capture(studio, runtime, sagemaker):
    prefix = jobs.name("capture")
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{studio.bucket}/{prefix}",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/plain"], "JsonContentTypes": ["application/json"]},
    }
    it = endpoint(studio, variant(model(studio, MODEL)), DataCaptureConfig=capture)
    assert invoke(runtime, it, "hello", InferenceId="id-1", CustomAttributes="a=b") == ["one", "hello"]
    s3 = studio.client("s3")
    path = f"{prefix}/{it}/AllTraffic/"
    found = until(lambda: s3.list_objects_v2(Bucket=studio.bucket, Prefix=path).get("Contents"), 90)
    key = found[0]["Key"]
    assert key.endswith(".jsonl") and len(key[len(path) :].split("/")) == 5
    line = json.loads(s3.get_object(Bucket=studio.bucket, Key=key)["Body"].read().splitlines()[0])
    given, answered = line["captureData"]["endpointInput"], line["captureData"]["endpointOutput"]
    assert (given["data"], given["mode"], given["observedContentType"]) == ("hello", "INPUT", "text/plain")
    assert json.loads(answered["data"]) == ["one", "hello"] and answered["mode"] == "OUTPUT"
    assert line["eventMetadata"]["inferenceId"] == "id-1" and line["eventVersion"] == "0"
    sagemaker.delete_endpoint(EndpointName=it)


def test_a_shadow_gets_the_same_requests_and_nobody_hears_it(studio, runtime, sagemaker):
    prefix = jobs.name("shadow")
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{studio.bucket}/{prefix}",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }
    shadow = variant(model(studio, NAME.format(name="shade")), VariantName="Shade")
    it = endpoint(studio, variant(model(studio, MODEL)), ShadowProductionVariants=[shadow], DataCaptureConfig=capture)
    for turn in range(5):
        assert invoke(runtime, it, str(turn)) == ["one", str(turn)]
    s3 = studio.client("s3")

    def captured(name):
        found = s3.list_objects_v2(Bucket=studio.bucket, Prefix=f"{prefix}/{it}/{name}/").get("Contents", [])
        texts = [s3.get_object(Bucket=studio.bucket, Key=one["Key"])["Body"].read() for one in found]
        return [
            json.loads(line)["captureData"]["endpointOutput"]["data"] for text in texts for line in text.splitlines()
        ]

    until(lambda: len(captured("AllTraffic")) == 5 and len(captured("Shade")) == 5, 90)
    described = sagemaker.describe_endpoint(EndpointName=it)
    assert [one["VariantName"] for one in described["ShadowProductionVariants"]] == ["Shade"]
    sagemaker.delete_endpoint(EndpointName=it)


UPDATES = {
    "all at once": {},
    "canary": {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 30},
        "WaitIntervalInSeconds": 1,
    },
    "linear": {
        "Type": "LINEAR",
        "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 34},
        "WaitIntervalInSeconds": 1,
    },
}


@pytest.mark.parametrize("how", UPDATES)
def test_an_update_under_load_fails_no_request(studio, sagemaker, how):
    it = endpoint(studio, variant(model(studio, MODEL)))
    new = serving.config(studio, variant(model(studio, NAME.format(name="two"))))
    routing = UPDATES[how] or {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    policy = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 0}}
    with Load(studio, it) as load:
        sagemaker.update_endpoint(EndpointName=it, EndpointConfigName=new, DeploymentConfig=policy)
        serving.in_service(studio, it, 60)
        until(lambda: load.answers[-20:] == ["two"] * 20 or load.failures)
        until(lambda: len(list((studio.home / "runs").glob(f"*{it}*"))) == 1)
    assert load.failures == [] and set(load.answers) == {"one", "two"}
    sagemaker.delete_endpoint(EndpointName=it)


def test_a_rolling_update_under_load_fails_no_request_and_needs_little_room(studio, sagemaker):
    it = endpoint(studio, variant(model(studio, MODEL), InitialInstanceCount=3))
    new = serving.config(studio, variant(model(studio, NAME.format(name="two")), InitialInstanceCount=3))
    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    policy = {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 1}}
    shares, most = set(), 0
    with Load(studio, it) as load:
        sagemaker.update_endpoint(EndpointName=it, EndpointConfigName=new, DeploymentConfig=policy)
        while (seen := sagemaker.describe_endpoint(EndpointName=it))["EndpointStatus"] == "Updating":
            for one in seen.get("PendingDeploymentSummary", {}).get("ProductionVariants", ()):
                shares.add(one["VariantStatus"][0]["StatusMessage"][:3])
            most = max(most, len(list((studio.home / "runs").glob(f"*{it}*"))))
            time.sleep(0.05)
        until(lambda: load.answers[-20:] == ["two"] * 20 or load.failures)
    assert seen["EndpointStatus"] == "InService" and seen["ProductionVariants"][0]["CurrentInstanceCount"] == 3
    assert load.failures == [] and set(load.answers) == {"one", "two"}
    assert most == 4 and {"33%", "67%"} <= shares
    rolled_back_in_batches(studio, sagemaker, it, size)
    sagemaker.delete_endpoint(EndpointName=it)


def rolled_back_in_batches(studio, sagemaker, it, size):
    """An alarm when all batches are there: the old version comes back one by one, and answers all the while."""
    watch, alarm = studio.client("cloudwatch"), jobs.name("alarm")
    watch.put_metric_alarm(AlarmName=alarm, Namespace="drill", MetricName=alarm, Period=60, EvaluationPeriods=1,
                           Statistic="Sum", Threshold=1, ComparisonOperator="GreaterThanThreshold")  # fmt: skip
    bad = serving.config(studio, variant(model(studio, NAME.format(name="bad")), InitialInstanceCount=3))
    two = {**size, "Value": 2}
    policy = {"MaximumBatchSize": two, "WaitIntervalInSeconds": 3, "RollbackMaximumBatchSize": size}
    deployment = {"RollingUpdatePolicy": policy, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]}}

    def told():
        seen = sagemaker.describe_endpoint(EndpointName=it)
        pending = seen.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
        return seen, pending[0]["VariantStatus"][0]["StatusMessage"] if pending else ""

    with Load(studio, it) as load:
        sagemaker.update_endpoint(EndpointName=it, EndpointConfigName=bad, DeploymentConfig=deployment)
        until(lambda: told()[1].startswith("100%"))
        watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a drill")
        until(lambda: told()[0]["EndpointStatus"] == "RollingBack")
        said = set()
        while (seen := told())[0]["EndpointStatus"] == "RollingBack":
            said.add(seen[1])
            time.sleep(0.02)
        until(lambda: load.answers[-20:] == ["two"] * 20 or load.failures)
    assert load.failures == [] and any("33% of the traffic still goes to the new version" in one for one in said)
    assert seen[0]["EndpointStatus"] == "InService" and f"the alarm {alarm}" in seen[0]["FailureReason"]
    assert seen[0]["ProductionVariants"][0]["CurrentInstanceCount"] == 3


def test_capacity_up_down_and_to_none_under_load(studio, sagemaker):
    it = endpoint(studio, variant(model(studio, MODEL)))

    def capacity(count):
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=it, DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": count}]
        )
        return serving.in_service(studio, it)["ProductionVariants"][0]["CurrentInstanceCount"]

    with Load(studio, it) as load:
        assert capacity(3) == 3
        assert capacity(1) == 1
        until(lambda: len(list((studio.home / "runs").glob(f"*{it}*"))) == 1)
        capacity(0)
        seen = len(load.answers)
        until(lambda: len(load.answers) > seen + 50 or load.failures)
        assert capacity(2) == 2
    assert load.failures == []
    sagemaker.delete_endpoint(EndpointName=it)


def test_sessions_stay_with_their_instance(studio, runtime, sagemaker):
    it = endpoint(studio, variant(model(studio, WILD, Environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}),
                                  InitialInstanceCount=2))  # fmt: skip
    answer = runtime.invoke_endpoint(EndpointName=it, Body="x", ContentType="text/plain", SessionId="NEW_SESSION")
    session = answer["NewSessionId"].partition(";")[0]
    own = json.loads(answer["Body"].read())
    assert all(invoke(runtime, it, SessionId=session) == own for _ in range(10))
    sagemaker.delete_endpoint(EndpointName=it)


def test_a_long_request_holds_up_no_other(studio, runtime, sagemaker):
    it = endpoint(studio, variant(model(studio, WILD, Environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "2"})))
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        # Connections to both workers, so that the next requests meet the busy one, too.
        list(pool.map(lambda _: invoke(runtime, it, "sleep0.05"), range(16)))
        for how in ("sleep3", "hold3"):
            long = pool.submit(invoke, runtime, it, how)
            time.sleep(0.2)
            assert len(list(pool.map(lambda _: invoke(runtime, it), range(100)))) == 100 and not long.done(), how
            assert long.result()
    sagemaker.delete_endpoint(EndpointName=it)


def test_hanging_leaking_and_crashing_models(studio, runtime, sagemaker):
    env = {"SAGEMAKER_MODEL_SERVER_TIMEOUT": "2", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
    it = endpoint(studio, variant(model(studio, WILD, Environment=env)))
    began = time.monotonic()
    assert refusal(invoke, runtime, it, "hang")[0] == "ModelError"
    # By the instance, not by the router's own patience.
    assert time.monotonic() - began < 55
    assert invoke(runtime, it)
    for _ in range(3):
        assert refusal(invoke, runtime, it, "crash")[0] == "ModelError"
        assert invoke(runtime, it)

    def logged(words):
        events = studio.client("logs").filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{it}")["events"]
        return any(words in event["message"] for event in events)

    def leaked():
        # A piece at a time: one that took this machine longer than the patience would end the worker for that.
        try:
            invoke(runtime, it, "leak")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ModelError"
        return logged("the instance's")

    until(leaked, 120)
    assert invoke(runtime, it)
    for words in ("longer than 2 seconds", "ended with status 3"):
        until(lambda words=words: logged(words), 60)
    sagemaker.delete_endpoint(EndpointName=it)


@pytest.fixture(scope="module")
def sleepy(tmp_path_factory):
    """A studio whose serverless variants sleep at once."""
    from conftest import Studio, end

    it = Studio(tmp_path_factory.mktemp("sleepy") / "home", variables={"STUDIOLO_SERVERLESS_IDLE_SECONDS": "0.5"})
    it.start()
    yield it
    end(it)


def test_serverless_sleeps_wakes_and_throttles(sleepy):
    runtime = sleepy.client("sagemaker-runtime")
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 8}
    it = endpoint(sleepy, variant(model(sleepy, WILD), ServerlessConfig=serverless))
    assert invoke(runtime, it)

    def asleep():
        return not list((sleepy.home / "runs").glob(f"*{it}*"))

    for _ in range(2):
        until(asleep)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert len(list(pool.map(lambda _: invoke(runtime, it), range(8)))) == 8
    until(asleep)

    def ask(_):
        try:
            return invoke(runtime, it, "sleep0.5")[0].isdigit()
        except ClientError as error:
            return error.response["Error"]["Code"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert answers.count(True) >= 8 and answers.count("ThrottlingException") + answers.count(True) == 16, answers
    assert "ThrottlingException" in answers
    sleepy.client("sagemaker").delete_endpoint(EndpointName=it)
