"""Spaces for real: JupyterLab behind the studio's door, who comes in and who does not, and what code inside can do."""

import base64
import contextlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from conftest import Studio, end
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from studiolo.run.local import cgroups
from studiolo.services.sagemaker.workbench.launch import reach

pytestmark = pytest.mark.e2e
APP = {"AppType": "JupyterLab", "AppName": "default"}
PASSWORD = "correct horse"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def until(check: Any, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


class Person:
    """A browser with somebody signed in."""

    def __init__(self, studio: Studio, user: str, cookie: str | None = None) -> None:
        self.studio, self.user, self.project = studio, user, studio.account
        self.http = httpx.Client(base_url=studio.url, headers={"Origin": studio.url, "Sec-Fetch-Site": "same-origin"})
        if cookie is None:
            answer = self.http.post("/api/session", json={"user": user, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            cookie = SimpleCookie(answer.headers["set-cookie"])["studiolo_session"].value
        self.cookie = cookie
        self.http.headers["Cookie"] = f"studiolo_session={cookie}"

    def ask(self, service: str, operation: str, **params: Any) -> Any:
        prefix = {"sagemaker": "SageMaker", "studio": "Studio"}[service]
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{prefix}.{operation}"}
        headers["X-Studio-Project"] = self.project
        answer = self.http.post(f"/api/{service}", content=json.dumps(params), headers=headers)
        return answer.json() if answer.text else {}

    @contextmanager
    def socket(self, path: str, origin: str | None = None, **more: Any) -> Iterator[Any]:
        with connect(
            f"ws://127.0.0.1:{self.studio.port}{path}", origin=origin or self.studio.url, open_timeout=10,
            additional_headers={"Cookie": f"studiolo_session={self.cookie}"}, max_size=None, **more,
        ) as it:  # fmt: skip
            yield it


class World:
    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.sagemaker = studio.client("sagemaker")
        self.domain = self.sagemaker.list_domains()["Domains"][0]["DomainId"]
        token = studio.sign_in_link().partition("token=")[2]
        answer = httpx.get(f"{studio.url}/signin", params={"token": token})
        cookie = SimpleCookie(answer.headers["set-cookie"])["studiolo_session"].value
        self.admin = Person(studio, "admin", cookie)
        for user, role in (("ann", "contributor"), ("bob", "contributor"), ("eve", "viewer")):
            self.admin.ask("studio", "CreateUser", User=user, Password=PASSWORD)
            self.admin.ask("studio", "PutMember", User=user, Role=role)
        self.admin.ask("studio", "CreateUser", User="mallory", Password=PASSWORD)
        self.people = {user: Person(studio, user) for user in ("ann", "bob", "eve", "mallory")}

    def path(self, space: str) -> str:
        return f"/spaces/{self.studio.account}/{space}/"

    def start(self, person: Person, space: str, type: str = "JupyterLab", **more: Any) -> float:
        began = time.monotonic()
        app = {"DomainId": self.domain, "SpaceName": space, **APP, "AppType": type}
        answer = person.ask("sagemaker", "CreateApp", **app, **more)
        assert "AppArn" in answer, answer
        until(lambda: self.status(space, type) not in ("Pending", None), 300)
        return time.monotonic() - began

    def status(self, space: str, type: str = "JupyterLab") -> str:
        return self.app(space, type)["Status"]

    def app(self, space: str, type: str = "JupyterLab") -> Any:
        return self.sagemaker.describe_app(DomainId=self.domain, SpaceName=space, **{**APP, "AppType": type})

    def private(self, person: Person, space: str, **more: Any) -> None:
        answer = person.ask(
            "sagemaker", "CreateSpace", DomainId=self.domain, SpaceName=space,
            OwnershipSettings={"OwnerUserProfileName": person.user}, SpaceSharingSettings={"SharingType": "Private"},
            **more,
        )  # fmt: skip
        assert "SpaceArn" in answer, answer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    studio = Studio(tmp_path_factory.mktemp("spaces") / "home")
    studio.start()
    it = World(studio)
    it.private(it.people["ann"], "lab")
    it.sagemaker.create_space(DomainId=it.domain, SpaceName="team")
    it.start(it.people["ann"], "lab")
    it.start(it.people["bob"], "team")
    assert (it.status("lab"), it.status("team")) == ("InService", "InService"), it.app("lab")
    yield it
    end(studio)


class Kernel:
    """A kernel of a space, asked as JupyterLab does."""

    def __init__(self, person: Person, path: str, name: str = "python3") -> None:
        answer = person.http.post(f"{path}api/kernels", json={"name": name})
        assert answer.status_code == 201, answer.text
        self.person, self.path, self.id = person, path, answer.json()["id"]

    def request(self, code: str) -> tuple[str, str]:
        """(its id, the message)."""
        header = {
            "msg_id": uuid.uuid4().hex, "username": "", "session": "s", "msg_type": "execute_request", "version": "5.3",
            "date": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        return header["msg_id"], json.dumps({**message, "buffers": []})

    def run(self, socket: Any, code: str, seconds: float = 60) -> str:
        id, message = self.request(code)
        socket.send(message)
        text, replied, idle = "", False, False
        while not (replied and idle):
            found = json.loads(socket.recv(timeout=seconds))
            if found["parent_header"].get("msg_id") != id:
                continue
            kind, held = found["msg_type"], found["content"]
            text += held.get("text", "") if kind == "stream" else ""
            text += "\n".join(held.get("traceback", ())) if kind == "error" else ""
            replied = replied or kind == "execute_reply"
            idle = idle or (kind == "status" and held["execution_state"] == "idle")
        return text

    @contextmanager
    def socket(self) -> Iterator[Any]:
        with self.person.socket(f"{self.path}api/kernels/{self.id}/channels") as it:
            yield it


def test_a_notebook_server_answers_its_owner_and_knows_the_name(world: World) -> None:
    ann, path = world.people["ann"], world.path("lab")
    assert ann.http.get(f"{path}api/me").json()["identity"]["username"] == "ann"
    page = ann.http.get(f"{path}lab")
    assert page.status_code == 200 and "jupyter-config-data" in page.text
    assert "set-cookie" not in page.headers and "frame-ancestors" in page.headers["content-security-policy"]


def test_who_is_not_meant_is_not_let_in(world: World) -> None:
    path, people = world.path("lab"), world.people
    assert httpx.get(f"{world.studio.url}{path}api/me").status_code == 401
    assert people["bob"].http.get(f"{path}api/me").status_code == 403
    assert world.admin.http.get(f"{path}api/me").status_code == 403
    assert people["mallory"].http.get(f"{path}api/me").status_code == 404
    assert people["eve"].http.get(f"{world.path('team')}api/me").status_code == 403
    assert people["bob"].http.get(f"{world.path('team')}api/me").json()["identity"]["username"] == "bob"
    # Nobody gets a name by saying one.
    said = people["bob"].http.get(f"{world.path('team')}api/me", headers={"X-Studio-User": "ann"})
    assert said.json()["identity"]["username"] == "bob"


def test_a_viewer_runs_nothing(world: World) -> None:
    eve = world.people["eve"]
    refusals = [
        eve.ask("sagemaker", "CreateSpace", DomainId=world.domain, SpaceName="eves"),
        eve.ask("sagemaker", "CreateApp", DomainId=world.domain, SpaceName="team", **APP),
        eve.ask("sagemaker", "DeleteApp", DomainId=world.domain, SpaceName="team", **APP),
        eve.ask(
            "sagemaker", "CreatePresignedDomainUrl", DomainId=world.domain, UserProfileName="eve", SpaceName="team"
        ),
        eve.ask("studio", "RunNotebook", SpaceName="team", Path="x.ipynb"),
    ]
    assert [one["__type"].rpartition("#")[2] for one in refusals] == ["AccessDeniedException"] * 5, refusals
    with pytest.raises(InvalidStatus) as refused, eve.socket(f"{world.path('team')}api/kernels/x/channels"):
        pass
    assert refused.value.response.status_code == 403


def test_other_sites_are_refused(world: World) -> None:
    ann, path = world.people["ann"], world.path("lab")
    for headers in (
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
    ):
        assert ann.http.post(f"{path}api/kernels", json={}, headers=headers).status_code == 403
        assert ann.http.get(f"{path}api/contents", headers=headers).status_code == 403
    framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert ann.http.get(f"{path}lab", headers=framed).status_code == 403
    assert ann.http.get(f"{path}api/me", headers={"Host": "evil.example"}).status_code == 403
    with (
        pytest.raises(InvalidStatus) as refused,
        ann.socket(f"{path}terminals/websocket/1", origin="https://evil.example"),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_files_go_up_and_down_as_they_are(world: World) -> None:
    ann, path = world.people["ann"], world.path("lab")
    content = bytes(range(256)) * 20_000
    body = {"type": "file", "format": "base64", "content": base64.b64encode(content).decode()}
    assert ann.http.put(f"{path}api/contents/big.bin", json=body, timeout=30).status_code == 201
    assert ann.http.get(f"{path}files/big.bin").content == content
    # The studio itself lists and gives them, too.
    listed = ann.ask("studio", "ListSpaceFiles", SpaceName="lab")["Files"]
    assert {"Name": "big.bin", "Type": "File"}.items() <= next(
        one for one in listed if one["Name"] == "big.bin"
    ).items()
    assert ann.http.get(f"{path}-studio/files/big.bin").content == content
    assert world.people["bob"].http.get(f"{path}-studio/files/big.bin").status_code == 403
    refused = world.people["bob"].ask("studio", "ListSpaceFiles", SpaceName="lab")
    assert refused["__type"].endswith("AccessDeniedException")


def test_code_inside_uses_the_studio_with_nothing_set_up(world: World) -> None:
    kernel = Kernel(world.people["ann"], world.path("lab"))
    with kernel.socket() as socket:
        code = (
            "import boto3, os\nprint(boto3.client('sts').get_caller_identity()['Arn'])\n"
            "print(boto3.client('sagemaker').list_domains()['Domains'][0]['DomainId'])\n"
            "print(os.getcwd(), os.listdir('/opt/ml'))\n"
        )
        said = kernel.run(socket, code)
        assert "ann" in said and world.domain in said and "/home/sagemaker-user" in said, said
        code = "import sagemaker\nprint(sagemaker.get_execution_role(), sagemaker.Session().default_bucket())"
        said = kernel.run(socket, code)
        assert world.studio.role in said and world.studio.bucket in said, said
        # Importing it takes seconds where nothing is compiled, so here it is only seen to be there and told where to record;
        # test_tracking.py records.
        code = "import os, importlib.util as u\nprint(bool(u.find_spec('mlflow')), os.environ['MLFLOW_TRACKING_URI'])"
        assert kernel.run(socket, code).strip() == f"True {world.studio.url}/mlflow/{world.studio.account}/default"
        # The studio's own folder is not there to be seen.
        said = kernel.run(socket, f"import os\nprint(os.path.exists({str(world.studio.home / 'records.db')!r}))")
        assert said.strip() == "False"


def test_a_shared_spaces_key_has_no_admins_rights_and_makes_no_other_keys(world: World) -> None:
    world.sagemaker.create_space(DomainId=world.domain, SpaceName="hers")
    world.start(world.admin, "hers")
    kernel = Kernel(world.people["bob"], world.path("hers"))
    with kernel.socket() as socket:
        code = (
            "import boto3\n"
            "try:\n    boto3.client('sagemaker').create_domain(DomainName='x', AuthMode='IAM', DefaultUserSettings={})\n"
            "except Exception as e: print(e)\n"
            "print(boto3.client('sts').get_session_token()['Credentials']['AccessKeyId'][:4])\n"
        )
        said = kernel.run(socket, code)
    assert "AccessDenied" in said and "ASIA" in said, said


def test_a_link_opens_once_and_soon_for_the_project_alone(world: World) -> None:
    profile = world.sagemaker.list_user_profiles()["UserProfiles"]
    assert "admin" in {one["UserProfileName"] for one in profile}
    asked = {"DomainId": world.domain, "UserProfileName": "admin", "SpaceName": "team"}
    url = world.sagemaker.create_presigned_domain_url(**asked, LandingUri="app:JupyterLab:lab/tree/x")["AuthorizedUrl"]
    first = httpx.get(url)
    assert (first.status_code, first.headers["location"]) == (303, f"{world.path('team')}lab/tree/x")
    cookie = SimpleCookie(first.headers["set-cookie"])["studiolo_session"].value
    person = Person(world.studio, "admin", cookie)
    assert person.http.get(f"{world.path('team')}api/me").json()["identity"]["username"] == "admin"
    assert person.http.get("/api/session").json()["studioAdmin"] is False
    again = httpx.get(url)
    assert "expired" in again.headers["location"] and "set-cookie" not in again.headers
    stale = world.sagemaker.create_presigned_domain_url(**asked, ExpiresInSeconds=5)["AuthorizedUrl"]
    time.sleep(5.1)
    assert "expired" in httpx.get(stale).headers["location"]
    other = world.sagemaker.create_presigned_domain_url(**asked)["AuthorizedUrl"]
    away = httpx.get(other.partition("&to=")[0] + "&to=https://evil.example")
    assert away.headers["location"] == "/"
    with pytest.raises(world.sagemaker.exceptions.ClientError, match="only ann"):
        world.sagemaker.create_presigned_domain_url(DomainId=world.domain, UserProfileName="ann")


def test_who_leaves_the_project_is_out_at_once(world: World) -> None:
    world.admin.ask("studio", "CreateUser", User="joe", Password=PASSWORD)
    world.admin.ask("studio", "PutMember", User="joe", Role="contributor")
    joe = Person(world.studio, "joe")
    kernel = Kernel(joe, world.path("team"))
    terminal = joe.http.post(f"{world.path('team')}api/terminals").json()["name"]
    with joe.socket(f"{world.path('team')}terminals/websocket/{terminal}") as socket, kernel.socket() as cells:
        assert kernel.run(cells, "print(1 + 1)").strip() == "2"
        # The environment's own Python, as in a notebook.
        socket.send(json.dumps(["stdin", "python -c 'import jupyterlab; print(40 + 2)'\n"]))
        until(lambda: "42" in socket.recv(timeout=10))
        assert "joe" in world.people["bob"].ask("studio", "DescribeSpaceState", SpaceName="team")["Present"]
        world.admin.ask("studio", "RemoveMember", User="joe")
        began = time.monotonic()
        for one in (socket, cells):
            with pytest.raises(ConnectionClosed):
                while True:
                    one.recv(timeout=5)
        assert time.monotonic() - began < 1
    assert joe.http.get(f"{world.path('team')}api/me").status_code == 404
    assert "joe" not in world.people["bob"].ask("studio", "DescribeSpaceState", SpaceName="team").get("Present", [])


def test_a_script_runs_first_and_its_failure_is_told(world: World) -> None:
    def script(name: str, text: str) -> str:
        return world.sagemaker.create_studio_lifecycle_config(
            StudioLifecycleConfigName=name, StudioLifecycleConfigAppType="JupyterLab",
            StudioLifecycleConfigContent=base64.b64encode(text.encode()).decode(),
        )["StudioLifecycleConfigArn"]  # fmt: skip

    ann = world.people["ann"]
    world.private(ann, "scripted")
    good = script("good", "echo made by the script > ~/made.txt; echo hello from the script")
    world.start(ann, "scripted", ResourceSpec={"LifecycleConfigArn": good})
    assert world.status("scripted") == "InService"
    assert ann.http.get(f"{world.path('scripted')}files/made.txt").text == "made by the script\n"
    ann.ask("sagemaker", "DeleteApp", DomainId=world.domain, SpaceName="scripted", **APP)
    until(lambda: world.status("scripted") == "Deleted")
    bad = script("bad", "echo no such luck; exit 3")
    world.start(ann, "scripted", ResourceSpec={"LifecycleConfigArn": bad})
    app = world.app("scripted")
    assert app["Status"] == "Failed" and "exit code 3" in app["FailureReason"]
    logs = world.studio.client("logs")
    streams = logs.describe_log_streams(logGroupName="/aws/sagemaker/studio", orderBy="LogStreamName")["logStreams"]
    said = [
        event["message"]
        for stream in streams
        if ".scripted." in stream["logStreamName"]
        for event in logs.get_log_events(logGroupName="/aws/sagemaker/studio", logStreamName=stream["logStreamName"])[
            "events"
        ]
    ]
    assert "hello from the script" in said and "no such luck" in said
    # What it left in the home outlives the app, and goes with the space.
    home = next((world.studio.home / "spaces" / world.studio.account).glob("scripted-*"))
    assert (home / "made.txt").exists()
    ann.ask("sagemaker", "DeleteSpace", DomainId=world.domain, SpaceName="scripted")
    until(lambda: not home.exists())


def test_an_app_outlives_the_server_and_is_found_again(world: World) -> None:
    ann, path = world.people["ann"], world.path("lab")
    kernel = Kernel(ann, path)
    with kernel.socket() as socket:
        kernel.run(socket, "kept = 41")
    world.studio.kill()
    world.studio.start()
    with kernel.socket() as socket:
        assert kernel.run(socket, "print(kept + 1)").strip() == "42"
    assert world.status("lab") == "InService"


def test_a_kernel_that_dies_says_so(world: World) -> None:
    kernel = Kernel(world.people["ann"], world.path("lab"))
    with kernel.socket() as socket:
        kernel.run(socket, "kept = 1")
        socket.send(kernel.request("import os; os._exit(9)")[1])
        states: list[str] = []
        while not {"dead", "restarting", "autorestarting"} & set(states):
            found = json.loads(socket.recv(timeout=20))
            if found["msg_type"] == "status":
                states.append(found["content"]["execution_state"])
    assert world.status("lab") == "InService"


@contextmanager
def stopped_after(world: World, seconds: int) -> Iterator[None]:
    """The studio, started anew, stops what nobody used for so long."""
    world.studio.stop()
    world.studio.variables = {**world.studio.variables, "STUDIOLO_SPACES_IDLE_SECONDS": str(seconds)}
    world.studio.start()
    yield
    world.studio.stop()
    world.studio.variables = {k: v for k, v in world.studio.variables.items() if k != "STUDIOLO_SPACES_IDLE_SECONDS"}
    world.studio.start()


def test_an_idle_app_is_stopped_and_a_busy_one_is_not(world: World) -> None:
    ann, bob, path = world.people["ann"], world.people["bob"], world.path("team")
    kernel = Kernel(ann, world.path("lab"))
    with kernel.socket() as socket:
        socket.send(kernel.request("import time; time.sleep(60)")[1])
        until(lambda: ann.http.get(f"{kernel.path}api/kernels/{kernel.id}").json()["execution_state"] == "busy")
    with stopped_after(world, 3):
        # A tab that was left open asks for this again and again; it is nobody's use.
        until(lambda: bob.http.get(f"{path}api/kernels").status_code != 200, 20)
        until(lambda: world.status("team") == "Deleted", 20)
        assert world.status("lab") == "InService"
    assert ann.http.delete(f"{kernel.path}api/kernels/{kernel.id}").status_code == 204
    world.start(bob, "team")


@pytest.mark.skipif(not cgroups.version(), reason="this user may make no control groups here")
def test_who_takes_all_memory_hurts_only_himself(world: World) -> None:
    ann, path = world.people["ann"], world.path("lab")
    kernel = Kernel(ann, path)
    with kernel.socket() as socket, pytest.raises((ConnectionClosed, TimeoutError, AssertionError)):
        said = kernel.run(socket, "import numpy\nheld = [numpy.ones(2**27) for _ in range(6)]\nprint('kept')", 8)
        assert "kept" not in said
        raise AssertionError("ended")
    assert world.people["bob"].http.get(f"{world.path('team')}api/me").status_code == 200
    assert world.studio.client("sts").get_caller_identity()["Account"] == world.studio.account
    # Where the kernel alone was ended the app goes on; where all of it was, the record says why.
    app = world.app("lab")
    assert app["Status"] == "InService" or "memory" in app["FailureReason"]
    if app["Status"] != "InService":
        world.start(ann, "lab")


def test_the_way_costs_little(world: World) -> None:
    """A cell's round trip through the studio beside the same straight to the app's socket."""
    ann, path = world.people["ann"], world.path("lab")
    kernel = Kernel(ann, path)
    runs = Path(world.studio.home / "runs")
    straight = next(one for one in runs.glob("*lab.JupyterLab*/ml/run/app.sock") if ".lab." in str(one))

    def median(socket: Any) -> float:
        kernel.run(socket, "1")
        took = []
        for _ in range(40):
            began = time.perf_counter()
            kernel.run(socket, "1")
            took.append(time.perf_counter() - began)
        return sorted(took)[20] * 1000

    address = f"ws://localhost{path}api/kernels/{kernel.id}/channels"
    door = reach(straight)
    door.setblocking(True)
    with connect(address, sock=door, proxy=None, additional_headers={"X-Studio-User": "ann"}) as socket:
        direct = median(socket)
    with kernel.socket() as socket:
        proxied = median(socket)
    print(f"cell round trip: {direct:.1f} ms direct, {proxied:.1f} ms through the studio")
    assert proxied - direct < 10


# In a browser.


@pytest.fixture(scope="module")
def tab(world: World) -> Iterator[Any]:
    """Opens a page for a person."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "these tests need a browser: apt-get install chromium"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def opened(user: str) -> Any:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            cookie = {"name": "studiolo_session", "value": world.people[user].cookie, "url": world.studio.url}
            context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Lax"}])
            return context.new_page()

        yield opened
        browser.close()


@pytest.mark.browser
def test_two_people_write_one_notebook_and_see_each_other(world: World, tab: Any) -> None:
    ann = tab("ann")
    ann.goto(f"{world.studio.url}/spaces")
    ann.get_by_role("button", name="Create space").first.click()
    ann.get_by_label("Name", exact=True).fill("pair")
    ann.get_by_text("Everybody who may").click()
    ann.get_by_role("button", name="Create and open").click()
    ann.frame_locator("iframe").locator(".jp-Launcher").first.wait_for(timeout=60_000)
    path = world.path("pair")
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "", "outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    made = world.people["bob"].http.put(f"{path}api/contents/n.ipynb", json={"type": "notebook", "content": notebook})
    assert made.status_code == 201
    bob = tab("bob")
    for page in (ann, bob):
        page.goto(f"{world.studio.url}{path}lab/tree/n.ipynb")
    for page in (ann, bob):
        page.locator(".jp-Notebook .cm-content").first.wait_for(timeout=60_000)
    ann.locator(".jp-Notebook .cm-content").first.click()
    ann.keyboard.type("answer = 6 * 7")
    bob.locator(".jp-Notebook .cm-content", has_text="answer = 6 * 7").first.wait_for(timeout=20_000)
    # Her cursor bears her name.
    bob.locator(".cm-ySelectionInfo, .jp-remote-userFlag-name", has_text="ann").first.wait_for(
        state="attached", timeout=20_000
    )
    bob.locator(".jp-Notebook .cm-content").first.click()
    bob.keyboard.press("End")
    bob.keyboard.type(" + 0")
    ann.locator(".jp-Notebook .cm-content", has_text="answer = 6 * 7 + 0").first.wait_for(timeout=20_000)
    until(
        lambda: world.people["ann"].ask("studio", "DescribeSpaceState", SpaceName="pair")["Present"] == ["ann", "bob"]
    )


EDITORS = Path(__file__).parents[2] / ".venvs" / "code-editor"
"""One that was installed by an earlier run: its packages lie in a registry, and are many."""


@pytest.fixture(scope="module")
def editor(world: World) -> str:
    """The name of a space of ann's in which the Code Editor runs."""
    environments = world.studio.home / "environments"
    if EDITORS.exists():
        with contextlib.suppress(OSError):
            shutil.copytree(EDITORS, environments, symlinks=True, dirs_exist_ok=True, copy_function=os.link)
    world.private(world.people["ann"], "code", SpaceSettings={"AppType": "CodeEditor"})
    world.start(world.people["ann"], "code", "CodeEditor")
    app = world.app("code", "CodeEditor")
    if "npm registry" in app.get("FailureReason", ""):
        pytest.skip(app["FailureReason"])
    assert app["Status"] == "InService", app
    if not EDITORS.exists():
        with contextlib.suppress(OSError):
            for made in environments.glob("code-editor-*"):
                if made.is_dir():
                    shutil.copytree(made, EDITORS / made.name, symlinks=True, copy_function=os.link)
            shutil.copytree(environments / "locks", EDITORS / "locks", ignore=lambda _, all: [
                one for one in all if not one.startswith("code-editor")
            ])  # fmt: skip
    return "code"


@pytest.mark.browser
def test_the_code_editor_opens_a_file_and_runs_a_terminal(world: World, tab: Any, editor: str) -> None:
    home = next((world.studio.home / "spaces" / world.studio.account).glob("code-*"))
    (home / "a.py").write_text("print('from the file')\n")
    page = tab("ann")
    page.goto(f"{world.studio.url}/spaces/{editor}?view=open")
    frame = page.frame_locator("iframe[title='Code Editor in code']")
    frame.get_by_role("treeitem", name="a.py").first.dblclick(timeout=60_000)
    frame.locator(".view-line", has_text="from the file").first.wait_for(timeout=20_000)
    page.keyboard.press("Control+Backquote")
    terminal = frame.locator(".terminal textarea.xterm-helper-textarea").first
    terminal.wait_for(state="attached", timeout=20_000)
    terminal.focus()
    said = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    # A prompt may still be on its way: what is typed before it is read all the same.
    page.keyboard.type(f'python -c "{said}" > out.txt 2>&1; echo done >> out.txt\n')
    until(lambda: (home / "out.txt").exists() and "done" in (home / "out.txt").read_text(), 30)
    assert "ann" in (home / "out.txt").read_text(), (home / "out.txt").read_text()
    assert "ann" in world.people["ann"].ask("studio", "DescribeSpaceState", SpaceName="code")["Present"]


def test_the_code_editor_is_its_owners_and_outlives_the_server(world: World, editor: str) -> None:
    path, people = world.path(editor), world.people
    assert people["ann"].http.get(f"{path}version").status_code == 200
    for person, status in ((people["bob"], 403), (people["eve"], 403), (people["mallory"], 404)):
        assert person.http.get(f"{path}version").status_code == status
    with pytest.raises(InvalidStatus), people["ann"].socket(f"{path}?reconnectionToken=x", "https://evil.example"):
        pass
    world.studio.kill()
    world.studio.start()
    assert people["ann"].http.get(f"{path}version").status_code == 200
    activity = next(world.studio.home.glob("runs/*code.CodeEditor*/ml/run/activity"))
    used = activity.stat().st_mtime
    app = world.app(editor, "CodeEditor")
    assert app["Status"] == "InService" and used <= time.time()


@pytest.mark.browser
def test_a_notebook_becomes_a_job_from_jupyterlabs_own_menu(world: World, tab: Any) -> None:
    ann, path, page = world.people["ann"], world.path("lab"), tab("ann")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    cells = [
        {"cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]}, "source": "who = 'nobody'"},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": "print(f'made for {who}', open('rows.txt').read())"},
    ]
    cells = [{**one, "outputs": [], "execution_count": None} for one in cells]
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    http = ann.http
    made = http.put(f"{path}api/contents/reports", json={"type": "directory"})
    made = http.put(f"{path}api/contents/reports/r.ipynb", json={"type": "notebook", "content": notebook})
    http.put(f"{path}api/contents/reports/rows.txt", json={"type": "file", "format": "text", "content": "and all"})
    assert made.status_code == 201

    page.goto(f"{world.studio.url}{path}lab/tree/reports?reset")
    page.locator(".jp-DirListing-item", has_text="r.ipynb").click(button="right", timeout=60_000)
    page.get_by_role("menu").get_by_text("Create Job", exact=True).click()
    page.locator("#jp-create-job-environment").click()
    page.get_by_role("option", name="python:3", exact=True).click()
    page.get_by_label("Run job with input folder").check()
    page.get_by_title("Add new parameter").click()
    page.locator("input[name=parameter-0-name]").fill("who")
    page.locator("input[name=parameter-0-value]").fill("ann")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_text("has been created").wait_for()

    def job() -> Any:
        (found,) = http.get(f"{path}scheduler/jobs").json()["jobs"]
        return found

    until(lambda: job()["status"] in ("COMPLETED", "FAILED", "STOPPED"), 120)
    assert job()["status"] == "COMPLETED" and job()["parameters"] == {"who": "ann"}, job()["status_message"]
    assert ann.ask("studio", "DescribeNotebookJob", TrainingJobName=job()["job_id"])["User"] == "ann"
    page.get_by_role("button", name="Reload", exact=True).click()
    page.get_by_role("button", name="download").click()
    until(lambda: job()["downloaded"])
    page.get_by_role("button", name="Reload", exact=True).click()
    page.get_by_role("link", name="HTML").wait_for()
    page.get_by_role("link", name="Notebook", exact=True).click()
    page.get_by_text("made for ann and all").wait_for()

    # A definition is a schedule of the studio's, and nobody else's space lists it.
    asked = {
        "name": "Every night", "input_uri": "reports/r.ipynb", "runtime_environment_name": "python:3", "schedule": "0 3 * * 1-5",
        "timezone": "Europe/Berlin", "tags": ["team=risk"],
    }  # fmt: skip
    id = http.post(f"{path}scheduler/job_definitions", json=asked).json()["job_definition_id"]
    assert http.patch(f"{path}scheduler/job_definitions/{id}", json={"active": False}).status_code == 204
    (shown,) = http.get(f"{path}scheduler/job_definitions").json()["job_definitions"]
    assert (shown["active"], shown["schedule"], shown["tags"]) == (False, "0 3 * * MON-FRI", ["team=risk"])
    (kept,) = ann.ask("studio", "ListNotebookSchedules")["NotebookSchedules"]
    assert (kept["State"], kept["ScheduleExpression"]) == ("DISABLED", "cron(0 3 ? * MON-FRI *)")
    refused = http.post(f"{path}scheduler/job_definitions", json={**asked, "schedule": "0 0 1 * 1"})
    assert "two job definitions" in refused.json()["message"]
    bob, team = world.people["bob"].http, world.path("team")
    assert bob.get(f"{team}scheduler/jobs").json()["jobs"] == []
    assert bob.get(f"{team}scheduler/job_definitions").json()["job_definitions"] == []
    assert http.delete(f"{path}scheduler/job_definitions/{id}").status_code == 204
    assert http.delete(f"{path}scheduler/jobs/{job()['job_id']}").status_code == 204
    until(lambda: http.get(f"{path}scheduler/jobs").json()["jobs"] == [])


@pytest.mark.browser
def test_a_spaces_page_shows_files_and_log_and_stops_it(world: World, tab: Any) -> None:
    page = tab("ann")
    page.goto(f"{world.studio.url}/spaces/lab")
    page.get_by_text("Running").first.wait_for()
    page.get_by_role("tab", name="Files").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="big.bin").click()
    assert download.value.path().stat().st_size == 5_120_000
    page.get_by_role("tab", name="Log").click()
    page.get_by_text("Jupyter Server is listening").wait_for()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Stop", exact=True).click()
    until(lambda: world.status("lab") == "Deleted")
    page.get_by_role("tab", name="Overview").click()
    page.get_by_text("Stopped", exact=True).wait_for()
    page.goto(f"{world.studio.url}{world.path('lab')}lab")
    page.wait_for_url("**/spaces/lab")
    other = tab("bob")
    other.goto(f"{world.studio.url}/spaces/lab?view=open")
    other.get_by_text("is private: only its owner ann").wait_for()
