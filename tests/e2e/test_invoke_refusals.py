"""Invocations that can't be answered: AWS's code and a sentence for each, and nothing else suffers."""

import http.client
import json
import socket
import time

import jobs
import pytest
import serving
from botocore.exceptions import ClientError
from serving import NAME, model, variant

pytestmark = pytest.mark.e2e

SUM = """
def model_fn(folder): return None
def predict_fn(data, model): return data.sum(axis=1)
"""
JSON, CSV = "application/json", "text/csv"
BOTH = ("invoke_endpoint", "invoke_endpoint_with_response_stream")
LARGE = 25 * 2**20


def begun(studio, *variants, **more):
    name = jobs.name("endpoint")
    config = serving.config(studio, *variants, **more)
    studio.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config)
    return name


@pytest.fixture(scope="module")
def names(studio):
    """Endpoints of each shape."""
    sagemaker, prefix = studio.client("sagemaker"), jobs.name("many")
    many, direct = jobs.name("many"), jobs.name("direct")
    primary = {"Image": jobs.SKLEARN, "Mode": "MultiModel", "ModelDataUrl": f"s3://{studio.bucket}/{prefix}/"}
    sagemaker.create_model(ModelName=many, ExecutionRoleArn=studio.role, PrimaryContainer=primary)
    studio.client("s3").put_object(Bucket=studio.bucket, Key=f"{prefix}/torn.tar.gz", Body=b"no archive")
    both = [serving.container(studio, NAME.format(name=one), ContainerHostname=one) for one in ("first", "second")]
    sagemaker.create_model(
        ModelName=direct, ExecutionRoleArn=studio.role, Containers=both, InferenceExecutionConfig={"Mode": "Direct"}
    )
    plain, output = model(studio, SUM), {"OutputConfig": {"S3OutputPath": f"s3://{studio.bucket}/out"}}
    found = {
        "plain": begun(studio, variant(plain)),
        "many": begun(studio, variant(many)),
        "direct": begun(studio, variant(direct)),
        "later": begun(studio, variant(plain), AsyncInferenceConfig=output),
    }
    for name in found.values():
        live = jobs.wait_endpoint(studio, name)
        assert live["EndpointStatus"] == "InService", live
    yield {**found, "absent": "absent", "a_b": "a_b", "long": "a" * 64}
    for name in found.values():
        sagemaker.delete_endpoint(EndpointName=name)


def model_error(status):
    """What the model itself said, with its own status."""
    return ("ModelError", 424, status)


REFUSED = ("ValidationError", 400, None)
TOO_LARGE = ("RequestEntityTooLargeException", 413, None)
SYNCHRONOUS = [
    ("absent", {}, REFUSED, "Endpoint absent of account"),
    ("a_b", {}, REFUSED, "at 'endpointName' failed to satisfy constraint"),
    ("long", {}, REFUSED, "less than or equal to 63"),
    ("later", {}, REFUSED, "use InvokeEndpointAsync"),
    ("plain", {"Body": b"x" * (LARGE + 1), "ContentType": CSV}, TOO_LARGE, str(LARGE)),
    (
        "plain",
        {"ContentType": "image/png"},
        model_error(415),
        "The content type image/png is not supported: use one of",
    ),
    ("plain", {"Body": b"{", "ContentType": JSON}, model_error(400), "can't be read as application/json"),
    ("plain", {"Body": b'{"a": 1}', "ContentType": JSON}, model_error(400), "must hold instances"),
    ("plain", {"Body": b'[["a"]]', "ContentType": JSON}, model_error(400), "could not convert string to float: 'a'"),
    ("plain", {"Body": b"1,2\n1,2,3\n", "ContentType": CSV}, model_error(400), "can't be read as text/csv"),
    ("plain", {"Body": b"\xff\xfe", "ContentType": CSV}, model_error(400), "can't be read as text/csv"),
    ("plain", {"Body": b"", "ContentType": JSON}, model_error(400), "empty"),
    ("plain", {"Body": b"", "ContentType": CSV}, model_error(400), "holds no rows"),
    ("plain", {"Body": b"[[1]]", "Accept": "image/png"}, model_error(406), "None of the accepted types (image/png)"),
    ("plain", {"TargetVariant": "other"}, REFUSED, "Variant other was not found for endpoint"),
    ("plain", {"TargetVariant": "no_name"}, REFUSED, "at 'targetVariant' failed to satisfy constraint"),
    ("plain", {"TargetContainerHostname": "first"}, REFUSED, "containers are invoked directly"),
    ("plain", {"SessionId": "gone"}, REFUSED, "The session gone does not exist or has ended"),
    ("plain", {"CustomAttributes": "x" * 1025}, REFUSED, "less than or equal to 1024"),
    ("many", {}, REFUSED, "name one by TargetModel"),
    ("direct", {}, REFUSED, "one of first, second"),
    ("direct", {"TargetContainerHostname": "third"}, REFUSED, "There is no container third here"),
]
ONE_ANSWER = [
    ("plain", {"TargetModel": "a.tar.gz"}, REFUSED, "TargetModel is for endpoints of a multi-model container"),
    ("many", {"TargetModel": "absent.tar.gz"}, REFUSED, "there is no such object"),
    ("many", {"TargetModel": "torn.tar.gz"}, REFUSED, "not a readable tar archive"),
    ("many", {"TargetModel": "../torn.tar.gz"}, REFUSED, "can't contain '..'"),
]
LATER = [
    ("absent", {"InputLocation": "s3://bucket/key"}, REFUSED, "Endpoint absent of account"),
    ("plain", {"InputLocation": "s3://bucket/key"}, REFUSED, "is not asynchronous"),
    ("later", {}, REFUSED, "either InputLocation or a body"),
    ("later", {"InputLocation": "s3://bucket/key", "Body": b"x"}, REFUSED, "and not both"),
    ("later", {"InputLocation": "ftp://bucket/key"}, REFUSED, "at 'inputLocation' failed to satisfy constraint"),
    ("later", {"InputLocation": "s3://not-ours/key"}, REFUSED, "does not exist in this project"),
    ("later", {"InputLocation": "s3://bucket/absent"}, REFUSED, "There is no object at s3://"),
    ("later", {"InputLocation": "s3://bucket/key", "InvocationTimeoutSeconds": 3601}, REFUSED, "equal to 3600"),
    ("later", {"Body": b"x" * (LARGE + 1)}, TOO_LARGE, str(LARGE)),
]


def test_each_refusal_has_its_code_and_sentence(studio, names):
    runtime, wrong = studio.client("sagemaker-runtime"), []
    table = [(call, *row) for call in BOTH for row in SYNCHRONOUS]
    table += [(BOTH[0], *row) for row in ONE_ANSWER] + [("invoke_endpoint_async", *row) for row in LATER]
    for call, at, request, expected, words in table:
        asked = {"EndpointName": names[at], **request}
        if call in BOTH:
            asked.setdefault("Body", b"[[1, 2]]")
        elif "InputLocation" in asked:
            asked["InputLocation"] = asked["InputLocation"].replace("bucket", studio.bucket)
        shown = (call, at, {name: value[:20] if isinstance(value, bytes) else value for name, value in request.items()})
        try:
            wrong.append((shown, getattr(runtime, call)(**asked)))
        except ClientError as refused:
            told, status = refused.response, refused.response["ResponseMetadata"]["HTTPStatusCode"]
            got = (told["Error"]["Code"], status, told.get("OriginalStatusCode"))
            if got != expected or words not in told["Error"]["Message"]:
                wrong.append((shown, got, told["Error"]["Message"]))
    assert wrong == []
    # All that was asked of the instance in vain did it no harm.
    answer = runtime.invoke_endpoint(EndpointName=names["plain"], Body=b"[[1, 2]]", ContentType=JSON)
    assert json.loads(answer["Body"].read()) == [3.0]


def test_a_body_larger_than_the_services_model_says(studio, names):
    """AWS's own limit grew; its model of the service did not."""
    runtime = studio.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=names["plain"], Body=b"1," * (4 << 20) + b"1", ContentType=CSV)
    assert json.loads(answer["Body"].read()) == [float((4 << 20) + 1)]


def test_slow_and_vanishing_clients_and_bytes_that_are_no_request(studio, names):
    env, host = studio.env(), studio.url.removeprefix("http://")
    path = f"/endpoints/{names['plain']}/invocations"
    bearer = f"Bearer {env['AWS_ACCESS_KEY_ID']}:{env['AWS_SECRET_ACCESS_KEY']}"

    def connect(*headers, method="POST", target=path):
        link = socket.create_connection(tuple(host.split(":")), timeout=10)
        lines = (f"{method} {target} HTTP/1.1", f"Host: {host}", f"Content-Type: {JSON}", f"Authorization: {bearer}")
        link.sendall("\r\n".join((*lines, *headers, "", "")).encode())
        return link

    def told(link):
        answer = http.client.HTTPResponse(link)
        answer.begin()
        return answer.status, answer.headers.get("x-amzn-errortype"), answer.read()

    slow = connect("Content-Length: 8")
    for request, status, code in (
        (connect("Content-Length: 0", target=path + "s"), 404, "UnknownOperationException"),
        (connect(method="GET"), 405, "MethodNotAllowed"),
        (connect("Content-Length: 999999999"), 413, "RequestEntityTooLargeException"),
        (connect("Content-Length: ten"), 400, None),
        (connect("Content-Length: -1"), 400, None),
        (connect(), 424, "ModelError"),
    ):
        assert told(request)[:2] == (status, code)
        request.close()
    for sent in (b"", b"[[1"):
        gone = connect("Content-Length: 8")
        gone.sendall(sent)
        gone.close()
    # One that goes before its answer comes.
    hasty = connect("Content-Length: 8")
    hasty.sendall(b"[[1, 2]]")
    hasty.close()
    for byte in b"[[1, 2]]":
        slow.sendall(bytes([byte]))
        time.sleep(0.05)
    assert told(slow)[0::2] == (200, b"[3.0]")
    chunked = connect("Transfer-Encoding: chunked")
    chunked.sendall(b"3\r\n[[1\r\n5\r\n, 2]]\r\n0\r\n\r\n")
    assert told(chunked)[0::2] == (200, b"[3.0]")
    assert "Traceback" not in studio.output.read_text()
