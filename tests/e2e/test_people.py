"""Projects, members, invitations and keys, as the web studio's own API does them."""

import http.cookiejar
import json
import subprocess
import urllib.error
import urllib.request

import boto3
import conftest
import jobs
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = pytest.mark.e2e


class Browser:
    """A session by cookie, as a browser has it."""

    def __init__(self, studio):
        self.studio = studio
        self.project = ""
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def follow(self, link: str):
        self._open.open(urllib.request.Request(link, headers={"Accept": "text/html"}))
        return self

    def send(self, method: str, path: str, body=None, **headers):
        if self.project:
            headers["X-Studio-Project"] = self.project
        headers.setdefault("Sec-Fetch-Site", "same-origin")
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.studio.url + path, data, headers, method=method)
        try:
            with self._open.open(request) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as refused:
            text = refused.read()
            return refused.code, json.loads(text) if text.startswith(b"{") else text

    def ask(self, operation: str, service: str = "Studio", **members):
        path = {"Studio": "/api/studio", "SageMaker": "/api/sagemaker"}[service]
        return self.send("POST", path, members, **{"X-Amz-Target": f"{service}.{operation}"})


@pytest.fixture(scope="module")
def admin(studio):
    link = subprocess.run(
        [conftest.STUDIOLO, "sign-in", "--home", studio.home], check=True, capture_output=True, text=True
    ).stdout.strip()
    return Browser(studio).follow(link)


def join(studio, admin, role, user, password="correct horse"):
    status, invitation = admin.ask("CreateInvitation", Role=role)
    assert status == 200, invitation
    browser = Browser(studio)
    token = invitation["Token"]
    status, session = browser.send("POST", "/api/session", {"invitation": token, "user": user, "password": password})
    assert status == 200, session
    assert browser.send("POST", "/api/session", {"invitation": token, "user": "x", "password": password})[0] == 401
    return browser, session


def client(studio, service, key):
    return boto3.client(
        service, endpoint_url=studio.url, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
        region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip


def test_a_link_signs_in_once(studio, admin):
    link = subprocess.run(
        [conftest.STUDIOLO, "sign-in", "--home", studio.home], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert Browser(studio).follow(link).send("GET", "/api/session")[0] == 200
    assert Browser(studio).follow(link).send("GET", "/api/session")[0] == 401
    assert admin.send("GET", "/api/session")[1]["user"] == "admin"


def test_foreign_pages_can_do_nothing(admin):
    status, _ = admin.send(
        "POST", "/api/sagemaker", {}, **{"X-Amz-Target": "SageMaker.ListModels", "Sec-Fetch-Site": "cross-site"}
    )
    assert status == 403
    status, _ = admin.send("GET", "/api/session", None, Host="evil.example")
    assert status == 403


def test_a_viewer_looks_and_a_revoked_key_opens_nothing(studio, admin):
    user = jobs.name("vic")
    browser, session = join(studio, admin, "viewer", user)
    assert session["project"]["role"] == "viewer"
    assert browser.ask("ListModels", "SageMaker")[0] == 200
    status, refused = browser.ask("CreateModel", "SageMaker", ModelName="x", PrimaryContainer={"Image": "i"})
    assert (status, refused["__type"]) == (400, "AccessDeniedException")
    assert browser.ask("CreateInvitation", Role="admin")[1]["__type"] == "AccessDeniedException"
    status, key = browser.ask("CreateAccessKey")
    sagemaker, s3 = client(studio, "sagemaker", key), client(studio, "s3", key)
    sagemaker.list_models()
    with pytest.raises(ClientError) as denied:
        s3.put_object(Bucket=studio.bucket, Key="x", Body=b"")
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert admin.ask("RemoveMember", User=user)[0] == 200
    with pytest.raises(ClientError) as gone:
        sagemaker.list_models()
    assert gone.value.response["Error"]["Code"] == "UnrecognizedClientException"
    with pytest.raises(ClientError) as gone:
        s3.list_buckets()
    assert gone.value.response["Error"]["Code"] == "InvalidAccessKeyId"


def test_projects_do_not_see_one_another(studio, admin):
    name = jobs.name("secret")
    model = jobs.name("model")
    studio.client("sagemaker").create_model(ModelName=model, PrimaryContainer={"Image": jobs.SKLEARN})
    status, made = admin.ask("CreateProject", Name=name)
    assert status == 200, made
    other = Browser(studio)
    other._open, other.project = admin._open, made["Account"]
    status, key = other.ask("CreateAccessKey")
    assert status == 200, key
    sagemaker, s3 = client(studio, "sagemaker", key), client(studio, "s3", key)
    assert sagemaker.list_models()["Models"] == []
    with pytest.raises(ClientError, match=f"model/{model}"):
        sagemaker.describe_model(ModelName=model)
    for call in (s3.head_bucket, s3.list_objects_v2):
        with pytest.raises(ClientError) as denied:
            call(Bucket=studio.bucket)
        assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == [f"sagemaker-us-east-1-{made['Account']}"]
    arn = sagemaker.create_model(ModelName=model, PrimaryContainer={"Image": jobs.SKLEARN})["ModelArn"]
    assert f":{made['Account']}:model/" in arn
    assert client(studio, "sts", key).get_caller_identity()["Account"] == made["Account"]


def test_wrong_passwords_are_slowed_down(studio, admin):
    user = jobs.name("pat")
    join(studio, admin, "contributor", user)
    stranger = Browser(studio)
    answers = [stranger.send("POST", "/api/session", {"user": user, "password": "wrong"}) for _ in range(10)]
    assert {status for status, _ in answers} == {401, 429}
    assert answers[0][1]["message"] == "The user name or the password is wrong."


def test_the_last_admin_stays(studio, admin):
    assert admin.ask("RemoveMember", User="admin")[1]["__type"] == "ConflictException"
    assert admin.ask("PutMember", User="admin", Role="viewer")[1]["__type"] == "ConflictException"


def test_previews(studio, admin):
    s3 = studio.client("s3")
    s3.put_object(Bucket=studio.bucket, Key="p/t.csv", Body="name,age\nann,41\nbob,29\n")
    s3.put_object(Bucket=studio.bucket, Key="p/t.jsonl", Body='{"a":1}\n{"b":2}\n')
    s3.put_object(Bucket=studio.bucket, Key="p/x.bin", Body=b"\0\1\2")
    s3.put_object(Bucket=studio.bucket, Key="p/bad.parquet", Body=b"no parquet")
    s3.put_object(Bucket=studio.bucket, Key="p/a.tar.gz", Body=jobs.archive({"one.txt": "1", "two.txt": "22"}))

    def preview(key):
        return admin.ask("PreviewObject", Bucket=studio.bucket, Key=key)

    table = preview("p/t.csv")[1]
    assert table["Columns"] == [{"Name": "name", "Type": "string"}, {"Name": "age", "Type": "bigint"}]
    assert table["Rows"] == [["ann", "41"], ["bob", "29"]] and table["TotalRows"] == 2
    assert preview("p/t.jsonl")[1]["Format"] == "jsonl"
    assert preview("p/x.bin")[1]["Format"] == "binary"
    assert preview("p/a.tar.gz")[1]["Entries"] == [{"Name": "one.txt", "Size": 1}, {"Name": "two.txt", "Size": 2}]
    assert preview("p/bad.parquet")[0] == 400
    assert preview("p/none")[1]["__type"] == "ResourceNotFound"
