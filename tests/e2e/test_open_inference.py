"""The open inference protocol on a deployed endpoint, by plain HTTP and by Triton's own client."""

import http.client
import json
import subprocess
import sys
import venv
from pathlib import Path

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from serving import endpoint, model, refusal, variant

pytestmark = pytest.mark.e2e

DOUBLE = """
def model_fn(folder): return None
def predict_fn(data, model):
    if data.ndim == 2 and data.shape[1] == 3: raise ValueError("three columns are too many")
    return data * 2
"""
OWN_WORDS = """
def model_fn(folder): return None
def transform_fn(model, body, kind, accept): return "fine", "text/plain"
"""
X = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}


def ask(studio, path, body=None, headers=None):
    """(status, document)."""
    link = http.client.HTTPConnection(studio.url.removeprefix("http://"), timeout=20)
    try:
        link.request("GET" if body is None else "POST", path, body, headers or {})
        answer = link.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        link.close()


@pytest.fixture(scope="module")
def doubling(studio):
    it = endpoint(studio, variant(model(studio, DOUBLE)))
    yield it
    studio.client("sagemaker").delete_endpoint(EndpointName=it)


@pytest.fixture(scope="module")
def bearer(studio):
    env = studio.env()
    return {"Authorization": f"Bearer {env['AWS_ACCESS_KEY_ID']}:{env['AWS_SECRET_ACCESS_KEY']}"}


def test_what_the_protocol_tells(studio, doubling, bearer):
    def get(path, **headers):
        return ask(studio, path, headers=headers)

    assert get("/v2/health/live") == (200, {"live": True}) and get("/v2/health/ready") == (200, {"ready": True})
    status, told = get("/v2", **bearer)
    assert status == 200 and told["name"] == "studiolo" and "binary_tensor_data" in told["extensions"]
    assert get(f"/v2/models/{doubling}/ready", **bearer) == (200, {"name": doubling, "ready": True})
    for path in (f"/v2/models/{doubling}", f"/v2/models/{doubling}/versions/AllTraffic"):
        status, told = get(path, **bearer)
        assert (status, told["name"], told["versions"]) == (200, doubling, ["AllTraffic"])
        assert told["platform"] == "sklearn" and told["inputs"] == []
    for path, headers, expected in (
        (f"/v2/models/{doubling}", {}, 403),
        ("/v2", {}, 403),
        (f"/v2/models/{doubling}", {"Authorization": "Bearer a:b"}, 403),
        ("/v2/models/absent", bearer, 404),
        ("/v2/models/absent/ready", bearer, 404),
        (f"/v2/models/{doubling}/versions/7/ready", bearer, 404),
        (f"/v2/models/{doubling}/infer", bearer, 405),
        (f"/v2/models/{doubling}/config", bearer, 404),
    ):
        status, told = get(path, **headers)
        assert status == expected and set(told) == {"error"} and told["error"], path


def test_infer_by_plain_http(studio, doubling, bearer):
    def infer(document, path="", **headers):
        body = document if isinstance(document, bytes) else json.dumps(document)
        return ask(studio, f"/v2/models/{doubling}{path}/infer", body, {**bearer, **headers})

    for path in ("", "/versions/AllTraffic"):
        status, answer = infer({"id": "7", "inputs": [X], "outputs": [{"name": "y"}]}, path)
        assert status == 200 and answer == {
            "model_name": doubling,
            "model_version": "AllTraffic",
            "id": "7",
            "outputs": [{"name": "y", "shape": [2, 2], "datatype": "FP32", "data": [2, 4, 6, 8]}],
        }
    for document, words in (
        (b"{", "no JSON"),
        (b"", "no JSON"),
        ([[1, 2]], "needs inputs"),
        ({"inputs": [[1, 2]]}, "needs a name"),
        ({"inputs": [{**X, "datatype": "FLOAT"}]}, "known are BOOL"),
        ({"inputs": [{**X, "shape": [3, 2]}]}, "of the shape [3, 2]"),
        ({"inputs": [{**X, "data": [1, 2, 3, "four"]}]}, "FP32 tensor"),
        ({"inputs": [{**X, "parameters": {"shared_memory_region": "a"}, "data": []}]}, "shared memory"),
    ):
        status, answer = infer(document)
        assert status == 400 and words in answer["error"], answer
    status, answer = infer({"inputs": [{**X, "shape": [1, 3], "data": [1, 2, 3]}]})
    assert status == 500 and "three columns are too many" in answer["error"]
    status, answer = infer({"inputs": [X]}, "/versions/other")
    assert status == 404 and "it has AllTraffic" in answer["error"]
    status, answer = infer(b"{}", **{"Inference-Header-Content-Length": "9"})
    assert status == 400 and "Inference-Header-Content-Length" in answer["error"]


def test_a_signed_request(studio, doubling):
    env, body = studio.env(), json.dumps({"inputs": [X]}).encode()
    keys = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]).get_credentials()
    for sent, expected in ((body, 200), (body.replace(b"4", b"5"), 403)):
        request = AWSRequest("POST", f"{studio.url}/v2/models/{doubling}/infer", data=body)
        SigV4Auth(keys, "sagemaker", "us-east-1").add_auth(request)
        status, answer = ask(studio, f"/v2/models/{doubling}/infer", sent, dict(request.headers.items()))
        assert status == expected, answer


def test_the_same_bytes_by_invoke_endpoint(studio, doubling):
    """As SageMaker's own Triton image takes them."""
    sized = {"name": "x", "shape": [2], "datatype": "INT64", "parameters": {"binary_data_size": 16}}
    head = json.dumps({"inputs": [sized], "parameters": {"binary_data_output": True}}).encode()
    tail = (1).to_bytes(8, "little") + (2).to_bytes(8, "little")
    runtime, kind = studio.client("sagemaker-runtime"), "application/vnd.sagemaker-triton.binary+json"
    asked = {"EndpointName": doubling, "ContentType": f"{kind};json-header-size={len(head)}"}
    answer = runtime.invoke_endpoint(**asked, Body=head + tail)
    size = int(answer["ContentType"].partition(f"{kind};json-header-size=")[2])
    body = answer["Body"].read()
    assert json.loads(body[:size])["outputs"][0]["datatype"] == "INT64"
    assert body[size:] == (2).to_bytes(8, "little") + (4).to_bytes(8, "little")
    code, message = refusal(runtime.invoke_endpoint, **asked, Body=head + tail[1:])
    assert code == "ModelError" and "16 bytes of binary tensors" in message


def test_a_model_that_speaks_its_own_words(studio, bearer):
    it = endpoint(studio, variant(model(studio, OWN_WORDS)))
    status, answer = ask(studio, f"/v2/models/{it}/infer", json.dumps({"inputs": [X]}), bearer)
    assert status == 424 and "another form" in answer["error"]
    studio.client("sagemaker").delete_endpoint(EndpointName=it)


TRITON = """
import sys
import numpy as np
import tritonclient.http as triton
url, name, token = sys.argv[1:]
headers = {"Authorization": token}
client = triton.InferenceServerClient(url)
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(name, headers=headers)
assert not client.is_model_ready("absent", headers=headers)
assert client.get_server_metadata(headers=headers)["name"] == "studiolo"
assert client.get_model_metadata(name, headers=headers)["versions"] == ["AllTraffic"]
for binary_in in (True, False):
    for outputs in (None, [triton.InferRequestedOutput("y", binary_data=False)], [triton.InferRequestedOutput("y")]):
        for compression in (None, "gzip"):
            x = triton.InferInput("x", [2, 2], "FP64")
            x.set_data_from_numpy(np.array([[1.0, 2.0], [3.0, 0.5]]), binary_data=binary_in)
            got = client.infer(name, [x], outputs=outputs, headers=dict(headers), request_id="9",
                               request_compression_algorithm=compression)
            assert got.get_response()["id"] == "9" and got.get_response()["model_name"] == name
            out = got.as_numpy("y" if outputs else "predict")
            assert out.tolist() == [[2.0, 4.0], [6.0, 1.0]], out
try:
    client.infer("absent", [x], headers=headers)
except triton.InferenceServerException as error:
    assert "There is no endpoint absent" in str(error), error
else:
    raise AssertionError
"""


def test_tritons_own_client(studio, doubling, bearer, tmp_path):
    venv.create(tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    wanted = [Path(sys.executable).with_name("uv"), "pip", "install", "-q", "--python", python, "tritonclient[http]"]
    subprocess.run(wanted, check=True, timeout=120)
    host = studio.url.removeprefix("http://")
    done = subprocess.run(
        [python, "-c", TRITON, host, doubling, bearer["Authorization"]], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_a_request_too_large_or_cut_off(studio, doubling, bearer):
    host = studio.url.removeprefix("http://")
    link = http.client.HTTPConnection(host, timeout=10)
    link.putrequest("POST", f"/v2/models/{doubling}/infer")
    for name, value in (*bearer.items(), ("Content-Length", str(26 << 20))):
        link.putheader(name, value)
    link.endheaders()
    answer = link.getresponse()
    assert answer.status == 413 and "larger" in json.loads(answer.read())["error"]
    link.close()
