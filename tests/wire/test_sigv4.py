"""botocore's own signers against our verification."""

import hashlib
import time

import pytest
from botocore.auth import HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from studiolo.wire import sigv4
from studiolo.wire.http import Request

KEYS = Credentials("AKIDEXAMPLE", "secret/+x", None)
BASE = "http://localhost:8787"


def as_received(signed: AWSRequest) -> Request:
    prepared = signed.prepare()
    path, _, query = prepared.url.removeprefix(BASE).partition("?")
    headers = {name.lower(): str(value) for name, value in prepared.headers.items()}
    headers.setdefault("host", "localhost:8787")
    return Request(prepared.method, path, query, headers, prepared.body or b"")


def verify(request: Request, secret: str = KEYS.secret_key, now: float | None = None, payload: str | None = None):
    signature = sigv4.read(request)
    digest = payload or request.headers.get("x-amz-content-sha256") or hashlib.sha256(request.body).hexdigest()
    sigv4.verify(signature, request, secret, digest, time.time() if now is None else now)
    return signature


@pytest.mark.parametrize("path", ["/", "/endpoints/a b/invocations", "/FeatureGroup/arn%3Aaws%3Ax", "/a//b/../c"])
@pytest.mark.parametrize("service", ["sagemaker", "s3"])
def test_header_signatures(path, service):
    request = AWSRequest(
        "POST", BASE + path.replace(" ", "%20"), data=b'{"a":1}', headers={"X-Amz-Target": "SageMaker.ListModels"}
    )
    (S3SigV4Auth if service == "s3" else SigV4Auth)(KEYS, service, "us-east-1").add_auth(request)
    received = as_received(request)
    signature = verify(received)
    assert (signature.key_id, signature.service, signature.region) == ("AKIDEXAMPLE", service, "us-east-1")
    with pytest.raises(sigv4.SignatureError, match="does not match"):
        verify(received, secret="other")
    with pytest.raises(sigv4.SignatureError, match="clock"):
        verify(received, now=time.time() + 3600)
    received.body = b"{}"
    received.headers = {**received.headers, "x-amz-content-sha256": ""}
    with pytest.raises(sigv4.SignatureError):
        verify(received)


@pytest.mark.parametrize("key", ["a/b c.txt", "ü/+&=?", "plain"])
def test_presigned_urls(key):
    from urllib.parse import quote

    url = f"{BASE}/bucket/{quote(key)}"
    for auth in (S3SigV4QueryAuth(KEYS, "s3", "us-east-1", expires=60), HmacV1QueryAuth(KEYS, expires=60)):
        request = AWSRequest(
            "GET", url, params={"response-content-type": "text/plain"} if "V1" not in type(auth).__name__ else {}
        )
        auth.add_auth(request)
        received = as_received(request)
        verify(received, payload=sigv4.UNSIGNED)
        with pytest.raises(sigv4.SignatureError, match="expired"):
            verify(received, now=time.time() + 120, payload=sigv4.UNSIGNED)
        received.raw_path += "x"
        with pytest.raises(sigv4.SignatureError, match="does not match"):
            verify(received, payload=sigv4.UNSIGNED)


def test_presigned_sts():
    request = AWSRequest("GET", f"{BASE}/?Action=GetCallerIdentity&Version=2011-06-15")
    SigV4QueryAuth(KEYS, "sts", "us-east-1", expires=60).add_auth(request)
    assert verify(as_received(request), payload=sigv4.EMPTY_SHA256).service == "sts"


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b",
        "AWS a:b",
        "AWS4-HMAC-SHA256 x=y,,",
    ],
)
def test_what_can_not_be_read_is_said(authorization):
    with pytest.raises(sigv4.SignatureError) as refused:
        sigv4.read(Request("GET", "/", "", {"authorization": authorization}))
    assert refused.value.reason == "malformed"


def test_each_protocol_has_its_own_word():
    assert sigv4.SignatureError("unknown").named("json").code == "UnrecognizedClientException"
    assert sigv4.SignatureError("unknown").named("query").code == "InvalidClientTokenId"
    assert sigv4.SignatureError("unknown").named("rest-xml").code == "InvalidAccessKeyId"
