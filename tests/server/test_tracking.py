"""The way to MLflow: who is let in by what, what reaches MLflow of a request, and what a browser is shown instead of an error."""

import asyncio
import os
import socket
from contextlib import asynccontextmanager

import pytest
from studio_in_memory import ACCOUNT, Studio

from studiolo.server.spaces import SpacePages
from studiolo.server.tracking import TrackingPages
from studiolo.services.identity import Credential, Membership, SessionUser
from studiolo.services.request import Caller
from studiolo.services.sagemaker.tracking import door as doors
from studiolo.services.sagemaker.tracking import names, tokens
from studiolo.services.sagemaker.tracking.door import TrackingDoor
from studiolo.services.sagemaker.tracking.servers import own
from studiolo.wire.http import Request

BASE = f"/mlflow/{ACCOUNT}/default"
TOKEN = {"authorization": f"Bearer {tokens.make('AKIA1', 'geheim')}"}
PAGE = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none", "cookie": "c"}
ANSWER = b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nok"


class Keys:
    def access_key(self, key_id):
        return Credential("geheim", Caller("ann", ACCOUNT, "contributor")) if key_id == "AKIA1" else None

    def session(self, cookie):
        return SessionUser("vic", False, [Membership(ACCOUNT, "p", "viewer")]) if cookie == "c" else None


class Browser:
    def cookie(self, request):
        return request.headers.get("cookie")

    def host_is_ours(self, request):
        return True

    def same_origin(self, request):
        return request.headers.get("sec-fetch-site") == "same-origin"


class Place:
    """A door with MLflow behind it that tells what it was asked."""

    def __init__(self, tmp_path):
        self.studio = Studio(tmp_path)
        self.record = own(self.studio.platform, ACCOUNT)
        self.asked = []
        door = TrackingDoor(self.studio.platform)
        spaces = SpacePages(None, Keys(), Browser(), self.studio.store)
        self.pages = TrackingPages(door, Keys(), None, spaces, lambda: 1.0)

    @asynccontextmanager
    async def awake(self):
        async def serve(reader, writer):
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(ANSWER)
            await writer.drain()
            writer.close()

        path = names.socket_of(self.studio.platform, self.record)
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_PATH)
        listening = socket.socket(socket.AF_UNIX)
        # A test's folder may have a longer name than a socket's may be.
        listening.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)
        async with await asyncio.start_unix_server(serve, sock=listening):
            yield
        path.unlink()

    async def ask(self, method, path, headers, query=""):
        sent = []

        async def receive():
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        request = Request(method, path, query, {"host": "here", **headers})
        assert self.pages.is_for(request)
        answer = await self.pages(request, receive, send, "id")
        if answer is not None:
            return answer.status, answer.headers, answer.body
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent[1:])


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def run(place, *args, awake=True):
    async def go():
        if not awake:
            return await place.ask(*args)
        async with place.awake():
            return await place.ask(*args)

    return asyncio.run(go())


def test_a_client_comes_in_by_its_token_and_mlflow_sees_neither_it_nor_the_address_before_it(place):
    status, headers, body = run(place, "GET", f"{BASE}/api/2.0/mlflow/experiments/get", TOKEN, "experiment_id=1")
    assert (status, body) == (200, b"ok") and "set-cookie" not in headers
    (asked,) = place.asked
    assert asked.startswith(b"GET /api/2.0/mlflow/experiments/get?experiment_id=1 HTTP/1.1\r\n")
    assert b"Bearer" not in asked and b"X-Studio-User: ann" in asked


@pytest.mark.parametrize(
    ("headers", "method", "path", "status", "code"),
    [
        ({}, "GET", f"{BASE}/", 401, "UNAUTHENTICATED"),
        ({"authorization": "Bearer AKIA1.0"}, "GET", f"{BASE}/", 401, "UNAUTHENTICATED"),
        (TOKEN, "GET", "/mlflow/999999999999/default/", 403, "PERMISSION_DENIED"),
        (TOKEN, "GET", f"/mlflow/{ACCOUNT}/none/", 404, "RESOURCE_DOES_NOT_EXIST"),
        ({"cookie": "c", "sec-fetch-site": "same-origin"}, "POST", f"{BASE}/ajax-api/2.0/mlflow/runs/create", 403, "PERMISSION_DENIED"),
        ({"cookie": "c", "sec-fetch-site": "cross-site"}, "GET", f"{BASE}/", 403, "AccessDenied"),
        ({"cookie": "c", "sec-fetch-site": "same-origin"}, "GET", "/mlflow/999999999999/default/", 404, "RESOURCE_DOES_NOT_EXIST"),
    ],
)  # fmt: skip
def test_who_is_not_meant_is_told_in_mlflows_own_form(place, headers, method, path, status, code):
    told, _, body = run(place, method, path, headers)
    assert (told, f'"{code}"' in body.decode()) == (status, True) and place.asked == []


def test_files_of_runs_are_no_pages_of_this_origin(place):
    assert run(place, "GET", f"{BASE}/get-artifact", TOKEN)[1]["content-security-policy"] == "sandbox"
    assert "frame-ancestors" in run(place, "GET", f"{BASE}/", TOKEN)[1]["content-security-policy"]


def test_a_person_is_shown_pages_and_no_json(place, monkeypatch):
    monkeypatch.setattr("studiolo.server.tracking.PAGE_WAIT", 0.05)
    assert run(place, "GET", BASE, PAGE)[1]["location"] == f"{BASE}/"
    status, headers, body = run(place, "GET", f"{BASE}/", PAGE, awake=False)
    assert (status, headers["refresh"]) == (200, "1") and b"wakes up" in body
    assert run(place, "GET", f"/mlflow/{ACCOUNT}/none/", PAGE)[1]["location"] == "/experiments"
    assert run(place, "GET", f"{BASE}/", {**PAGE, "cookie": "x"})[1]["location"] == "/"


def test_a_client_that_waited_in_vain_is_told_to_come_again(place, monkeypatch):
    monkeypatch.setattr("studiolo.server.tracking.WAKE", 0.05)
    assert doors.WAKE > 60
    status, _, body = run(place, "GET", f"{BASE}/", TOKEN, awake=False)
    assert status == 503 and b"TEMPORARILY_UNAVAILABLE" in body


def test_objects_of_a_bucket_of_that_name_are_s3s(place):
    for headers, query in (
        ({"authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request"}, ""),
        ({}, "X-Amz-Credential=a"),
    ):
        assert not place.pages.is_for(Request("GET", f"{BASE}/x", query, headers))
    signed = {"authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sagemaker-mlflow/aws4_request, x"}
    assert place.pages.is_for(Request("POST", "/api/2.0/mlflow/runs/search", "", signed))
    assert not place.pages.is_for(Request("GET", "/mlflow/pictures/a.png", "", {}))
