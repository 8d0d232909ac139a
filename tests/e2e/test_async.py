"""Asynchronous endpoints by boto3: what was accepted is answered, or fails with a reason, whatever is killed."""

import http.server
import json
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jobs
import pytest
from botocore.exceptions import ClientError
from serving import until

pytestmark = pytest.mark.e2e

SCRIPT = """
import os, time
def model_fn(folder):
    return None
def predict_fn(data, model):
    return data
def transform_fn(model, body, content_type, accept):
    if body.startswith("sleep"):
        time.sleep(float(body.split()[1]))
    if body.startswith("die"):
        os._exit(3)
    if body.startswith("refuse"):
        raise ValueError("no such flower")
    return body.upper(), "text/plain"
"""


def deploy(studio, endpoint, **output):
    s3, sagemaker = studio.client("s3"), studio.client("sagemaker")
    s3.put_object(
        Bucket=studio.bucket, Key=f"{endpoint}/model.tar.gz", Body=jobs.archive({"code/inference.py": SCRIPT})
    )
    container = {"Image": jobs.SKLEARN, "ModelDataUrl": f"s3://{studio.bucket}/{endpoint}/model.tar.gz"}
    sagemaker.create_model(ModelName=endpoint, PrimaryContainer=container, ExecutionRoleArn=studio.role)
    variant = {"VariantName": "A", "ModelName": endpoint, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    place = f"s3://{studio.bucket}/{endpoint}"
    sagemaker.create_endpoint_config(
        EndpointConfigName=endpoint,
        ProductionVariants=[variant],
        AsyncInferenceConfig={
            "OutputConfig": {"S3OutputPath": f"{place}/out", "S3FailurePath": f"{place}/failed", **output},
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4},
        },
    )
    sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=endpoint)
    assert jobs.wait_endpoint(studio, endpoint)["EndpointStatus"] == "InService"


def send(studio, runtime, endpoint, text, **more):
    key = f"{endpoint}/in/{jobs.name('r')}"
    studio.client("s3").put_object(Bucket=studio.bucket, Key=key, Body=text.encode())
    return runtime.invoke_endpoint_async(
        EndpointName=endpoint, InputLocation=f"s3://{studio.bucket}/{key}", ContentType="text/plain", **more
    )


def below(studio, prefix):
    pages = studio.client("s3").get_paginator("list_objects_v2").paginate(Bucket=studio.bucket, Prefix=prefix)
    return [one["Key"] for page in pages for one in page.get("Contents", ())]


_clients = {}


def s3_of(studio):
    """Made once: making a client takes longer than a request."""
    return _clients.get(studio.url) or _clients.setdefault(studio.url, studio.client("s3"))


def read(studio, location, seconds=30):
    """The object, as soon as it is there."""
    s3, (bucket, key) = s3_of(studio), location.removeprefix("s3://").split("/", 1)
    deadline = time.monotonic() + seconds
    while True:
        try:
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        except ClientError:
            assert time.monotonic() < deadline, location
            time.sleep(0.05)


@pytest.fixture
def hooks():
    """A web server that keeps what is posted to it."""
    posted = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", posted
    server.shutdown()


def test_answers_failures_and_notifications(studio, hooks):
    url, posted = hooks
    sns = studio.client("sns")
    topic = sns.create_topic(Name=jobs.name("done"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    endpoint, runtime = jobs.name("async"), studio.client("sagemaker-runtime")
    deploy(studio, endpoint, NotificationConfig={"SuccessTopic": topic, "ErrorTopic": topic})
    answered = send(studio, runtime, endpoint, "rose", InferenceId="flower-1")
    assert answered["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answered["InferenceId"] == "flower-1"
    assert read(studio, answered["OutputLocation"]) == "ROSE"
    refused = send(studio, runtime, endpoint, "refuse")
    assert "no such flower" in json.loads(read(studio, refused["FailureLocation"]))["failureReason"]
    dead = send(studio, runtime, endpoint, "die")
    assert "ended while it answered" in json.loads(read(studio, dead["FailureLocation"], 60))["failureReason"]
    late = send(studio, runtime, endpoint, "sleep 20", InvocationTimeoutSeconds=1)
    assert "within 1 seconds" in json.loads(read(studio, late["FailureLocation"], 60))["failureReason"]
    inline = runtime.invoke_endpoint_async(EndpointName=endpoint, Body=b"small", ContentType="text/plain")
    assert read(studio, inline["OutputLocation"]) == "SMALL"
    deadline = time.monotonic() + 20
    while len(posted) < 5:
        assert time.monotonic() < deadline, posted
        time.sleep(0.1)
    said = [json.loads(one["Message"]) for one in posted]
    assert [one["invocationStatus"] for one in said].count("Completed") == 2
    first = next(one for one in said if one["inferenceId"] == "flower-1")
    assert first["responseParameters"] == {"contentType": "text/plain", "outputLocation": answered["OutputLocation"]}
    assert first["requestParameters"]["endpointName"] == endpoint
    failed = next(one for one in said if one["inferenceId"] == refused["InferenceId"])
    assert failed["failureLocation"] == refused["FailureLocation"]


def test_what_is_wrong_is_said_at_once(studio):
    endpoint, runtime = jobs.name("async"), studio.client("sagemaker-runtime")
    deploy(studio, endpoint)
    for call, words in (
        (lambda: runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x"), "use InvokeEndpointAsync"),
        (lambda: runtime.invoke_endpoint_async(EndpointName=endpoint), "InputLocation or a body"),
        (
            lambda: runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation=f"s3://{studio.bucket}/none"),
            "There is no object",
        ),
        (
            lambda: runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation="s3://someone-elses/none"),
            "someone-elses",
        ),
        (lambda: runtime.invoke_endpoint_async(EndpointName="none", InputLocation="s3://b/k"), "not found"),
    ):
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == "ValidationError"
        assert words in refused.value.response["Error"]["Message"]


def test_it_sleeps_and_is_woken_by_its_queue(studio):
    endpoint, runtime, sagemaker = jobs.name("async"), studio.client("sagemaker-runtime"), studio.client("sagemaker")
    deploy(studio, endpoint)
    change = [{"VariantName": "A", "DesiredInstanceCount": 0}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=change)
    assert read(studio, send(studio, runtime, endpoint, "awake?")["OutputLocation"]) == "AWAKE?"


def kill_workers(home):
    """How many there were."""
    killed = 0
    found = subprocess.run(["pgrep", "-f", "workloads/serving/main.py"], capture_output=True, text=True).stdout.split()
    for pid in found:
        try:
            with Path(f"/proc/{pid}/mountinfo").open() as mounts:
                ours = str(home) in mounts.read()
        except OSError:
            continue
        if ours:
            os.kill(int(pid), signal.SIGKILL)
            killed += 1
    return killed


def test_nothing_is_lost_whatever_is_killed(own_studio):
    """Three hundred requests while the server, the workers and both are killed again and again."""
    endpoint, count = jobs.name("async"), 300
    deploy(own_studio, endpoint)
    runtime, accepted = own_studio.client("sagemaker-runtime"), []

    end = time.monotonic() + 150

    def submit(number):
        while time.monotonic() < end:
            try:
                done = runtime.invoke_endpoint_async(
                    EndpointName=endpoint, Body=f"sleep 0.01 {number}".encode(), ContentType="text/plain"
                )
            except Exception:
                # Not accepted: the caller sends it again.
                time.sleep(0.1)
                continue
            accepted.append((done["OutputLocation"], f"SLEEP 0.01 {number}"))
            return

    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(submit, number) for number in range(count)]
        for round_ in range(3):
            time.sleep(0.7)
            if round_ != 0:
                # One that was killed just before may still be on its way back, as long as the server lives.
                until(lambda: kill_workers(own_studio.home), 30)
            if round_ != 1:
                own_studio.kill()
                own_studio.start()
        for one in sent:
            one.result(60)
    assert len(accepted) == count
    for location, text in accepted:
        assert read(own_studio, location, 120) == text
    assert below(own_studio, f"{endpoint}/failed/") == []
    assert len(below(own_studio, f"{endpoint}/out/")) >= count
