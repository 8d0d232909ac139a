"""Three people of three roles in three browsers: what one says and does, the others see without reloading."""

import hashlib
import hmac
import http.server
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from typing import Any

import jobs
import pytest
from conftest import Studio, end
from test_browser import CHROMIUM

pytestmark = pytest.mark.e2e
PASSWORD = "correct horse"


def until(check: Any, seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


class Person:
    """Somebody signed in, asking as the pages do."""

    def __init__(self, studio: Studio, user: str | None, link: str = "") -> None:
        self.studio, self.jar = studio, CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        if user is None:
            until(lambda: link or "/signin?token=" in studio.output.read_text())
            self._open.open(urllib.request.Request(link or studio.sign_in_link(), headers={"Accept": "text/html"}))
        else:
            self.send("/api/session", {"user": user, "password": PASSWORD})

    def send(self, path: str, body: Any, **headers: str) -> Any:
        headers |= {"Sec-Fetch-Site": "same-origin", "X-Studio-Project": self.studio.account}
        request = urllib.request.Request(self.studio.url + path, json.dumps(body).encode(), headers, method="POST")
        try:
            with self._open.open(request) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as refused:
            return json.loads(refused.read())

    def ask(self, operation: str, service: str = "Studio", **members: Any) -> Any:
        return self.send(f"/api/{service.lower()}", members, **{"X-Amz-Target": f"{service}.{operation}"})

    @property
    def cookie(self) -> str:
        return next(one.value or "" for one in self.jar)


class World:
    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.people = {"admin": Person(studio, None)}
        for user, role in (("ann", "contributor"), ("eve", "viewer")):
            self.people["admin"].ask("CreateUser", User=user, Password=PASSWORD)
            self.people["admin"].ask("PutMember", User=user, Role=role)
            self.people[user] = Person(studio, user)

    def model(self, by: str = "ann") -> tuple[str, str]:
        name = jobs.name("model")
        made = self.people[by].ask("CreateModel", "SageMaker", ModelName=name, PrimaryContainer={"Image": jobs.SKLEARN})
        return name, made["ModelArn"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    studio = Studio(tmp_path_factory.mktemp("together") / "home")
    studio.start()
    yield World(studio)
    end(studio)


class Receiver:
    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], str]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                outer.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.heard]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    it = Receiver()
    yield it
    it.server.shutdown()


def test_who_may_comment_change_and_delete(world: World) -> None:
    admin, ann, eve = (world.people[user] for user in ("admin", "ann", "eve"))
    _, arn = world.model()
    said = eve.ask("PutComment", ResourceArn=arn, Text="@ANN, see `@decorator`", ClientToken="once")
    assert said["Mentions"] == ["ann"]
    assert eve.ask("PutComment", ResourceArn=arn, Text="@ann", ClientToken="once")["CommentId"] == said["CommentId"]
    assert ann.ask("UpdateComment", CommentId=said["CommentId"], Text="x")["__type"] == "AccessDeniedException"
    assert "no member named mallory" in eve.ask("PutComment", ResourceArn=arn, Text="@mallory")["message"]
    assert eve.ask("PutComment", ResourceArn=f"{arn}-not", Text="x")["__type"] == "ResourceNotFound"
    assert "no ARN" in eve.ask("PutComment", ResourceArn="arn:aws:s3:::bucket-of-somebody", Text="x")["message"]
    assert eve.ask("DeleteModel", "SageMaker", ModelName="x")["__type"] == "AccessDeniedException"
    eve.ask("UpdateComment", CommentId=said["CommentId"], Text="@ann @admin")
    (comment,) = ann.ask("ListComments", ResourceArn=arn)["Comments"]
    assert (comment["User"], comment["EditedBy"], comment["Mentions"]) == ("eve", "eve", ["ann", "admin"])
    told = until(lambda: [one for one in ann.ask("ListNotifications")["Notifications"] if one["ResourceArn"] == arn])
    assert [(one["Type"], one["By"], one["Kind"]) for one in told] == [("Mention", "eve", "Model")]
    assert eve.ask("ListNotifications")["UnreadCount"] == 0
    admin.ask("DeleteComment", CommentId=said["CommentId"])
    assert ann.ask("ListComments", ResourceArn=arn)["Comments"] == []
    ann.ask("MarkNotificationsRead")
    assert ann.ask("ListNotifications", UnreadOnly=True) == {"Notifications": [], "UnreadCount": 0}


def test_data_sets_are_talked_about_too(world: World) -> None:
    ann, eve, name = world.people["ann"], world.people["eve"], jobs.name("rows")
    ann.ask("CreateDataSet", DataSetName=name)
    arn = f"arn:aws:studio:us-east-1:{world.studio.account}:data-set/{name}"
    eve.ask("PutComment", ResourceArn=arn, Text="Which day is this?")
    assert [one["Text"] for one in ann.ask("ListComments", ResourceArn=arn)["Comments"]] == ["Which day is this?"]
    (told,) = until(lambda: [one for one in ann.ask("ListNotifications")["Notifications"] if one["ResourceArn"] == arn])
    assert (told["Type"], told["Kind"], told["Name"]) == ("Comment", "DataSet", name)
    ann.ask("MarkNotificationsRead", NotificationIds=[told["NotificationId"]])


def test_the_feed_knows_who_and_how(world: World) -> None:
    admin = world.people["admin"]
    name, arn = world.model("ann")
    sagemaker = world.studio.client("sagemaker")
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    sagemaker.delete_model(ModelName=name)
    world.people["eve"].ask("CreateModel", "SageMaker", ModelName="no", PrimaryContainer={"Image": jobs.SKLEARN})
    entries = admin.ask("ListActivity", ResourceArn=arn)["Activities"]
    assert [(one["User"], one["Operation"], one["Via"]) for one in entries] == [
        ("admin", "DeleteModel", "Access key"), ("admin", "AddTags", "Access key"), ("ann", "CreateModel", "Browser"),
    ]  # fmt: skip
    assert {one["Kind"] for one in admin.ask("ListActivity", User="ANN", Kind="Model")["Activities"]} == {"Model"}
    first = admin.ask("ListActivity", MaxResults=1)
    assert len(first["Activities"]) == 1 and admin.ask("ListActivity", MaxResults=1, NextToken=first["NextToken"])
    assert admin.ask("ListActivity", NextToken="nonsense")["__type"] == "ValidationException"
    assert all(
        one["User"] != "eve" or one["Operation"] != "CreateModel" for one in admin.ask("ListActivity")["Activities"]
    )


def test_webhooks_are_signed_and_survive_a_kill(world: World, receiver: Receiver) -> None:
    admin, ann, studio = world.people["admin"], world.people["ann"], world.studio
    refused = ann.ask("PutWebhook", WebhookName="all", Url=receiver.url, Scope="Project")
    assert refused["__type"] == "AccessDeniedException"
    assert "can't be a webhook" in ann.ask("PutWebhook", WebhookName="m", Url="http://169.254.169.254/x")["message"]
    secret = admin.ask("PutWebhook", WebhookName="all", Url=receiver.url, Scope="Project")["Secret"]
    admin.ask("SendTestWebhook", WebhookName="all")
    until(lambda: receiver.heard)
    headers, body = receiver.heard[0]
    moment, sign = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["x-studiolo-signature"]).groups()
    assert sign == hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    assert json.loads(body)["type"] == "Test" and json.loads(body)["account"] == studio.account
    _, arn = world.model()
    admin.ask("PutComment", ResourceArn=arn, Text="@eve")
    studio.kill()
    studio.start()
    until(lambda: {"Mention", "Comment"} <= set(receiver.types()))
    delivered = [headers["x-studiolo-delivery"] for headers, _ in receiver.heard]
    assert len(set(delivered)) == 3
    (shown,) = until(
        lambda: [one for one in admin.ask("ListWebhooks")["Webhooks"] if one["LastDelivery"]["State"] == "Delivered"]
    )
    assert "Secret" not in shown and ann.ask("ListWebhooks")["Webhooks"] == []
    admin.ask("DeleteWebhook", WebhookName="all")


@pytest.fixture
def open_page(world: World) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "these tests need a browser: apt-get install chromium"
    errors: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def page(user: str, path: str) -> Any:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            cookie = world.people[user].cookie
            context.add_cookies([{"name": "studiolo_session", "value": cookie, "url": world.studio.url}])
            it = context.new_page()
            it.on("pageerror", lambda error: errors.append(str(error)))
            it.goto(world.studio.url + path)
            return it

        yield page
        browser.close()
    assert errors == []


@pytest.mark.browser
def test_views_are_kept_by_the_studio_and_shared(world: World, open_page: Any) -> None:
    ann, eve = open_page("ann", "/models"), open_page("eve", "/models")
    # What an older version kept in the browser is taken over once.
    before = {"old ones": {"name": "old", "sort": "Name", "desc": False}}
    ann.evaluate("text => localStorage.setItem('studiolo.views.ann.Model', text)", json.dumps(before))
    ann.goto(f"{world.studio.url}/models?name=mod")
    ann.get_by_role("button", name="Views").click()
    ann.get_by_role("menuitem", name="old ones").wait_for()
    (taken,) = world.people["ann"].ask("ListSavedViews", ListName="Model")["SavedViews"]
    assert (taken["NameContains"], taken["SortBy"], taken["SortOrder"], taken["Shared"]) == (
        "old",
        "Name",
        "Ascending",
        False,
    )
    ann.get_by_role("menuitem", name="Save this view").click()
    ann.get_by_label("Name", exact=True).last.fill("ours")
    ann.get_by_label("Share with the project").check()
    ann.get_by_role("button", name="Save view").click()
    # A viewer who has the list open is offered it without reloading, and changes nothing of it.
    eve.get_by_role("button", name="Views").click()
    eve.get_by_role("menuitem", name="ours By ann").click()
    eve.wait_for_url("**/models?name=mod")
    assert eve.get_by_role("menuitem", name="old ones").count() == 0
    refused = world.people["eve"].ask("DeleteSavedView", ListName="Model", ViewName="ours", User="ann")
    assert refused["__type"] == "AccessDeniedException"
    eve.get_by_role("button", name="Views").click()
    eve.get_by_role("menuitem", name="Share or delete views").click()
    line = eve.get_by_role("dialog").get_by_role("row").filter(has_text="ours")
    assert line.get_by_label("Share ours with the project").is_disabled()
    # Forgotten on one page, it is gone from the other, and is not taken out of the browser again.
    ann.get_by_role("button", name="Views").click()
    ann.get_by_role("menuitem", name="Share or delete views").click()
    for name in ("ours", "old ones"):
        ann.get_by_role("button", name=f"Delete the view {name}").click()
        ann.get_by_role("dialog").get_by_role("row").filter(has_text=name).wait_for(state="detached")
    line.wait_for(state="detached")
    ann.reload()
    ann.get_by_role("button", name="Views").click()
    ann.get_by_role("menuitem", name="Save this view").wait_for()
    assert ann.get_by_role("menuitem", name="old ones").count() == 0


@pytest.mark.browser
def test_three_browsers(world: World, open_page: Any) -> None:
    name, arn = world.model("ann")
    ann, admin = open_page("ann", "/jobs"), open_page("admin", "/activity")
    eve = open_page("eve", f"/models/{name}")

    # Who is here, and where.
    ann.get_by_role("button", name="2 others are here").click()
    ann.get_by_role("link", name=f"eve Models · {name}").wait_for()
    ann.keyboard.press("Escape")

    # A viewer names a member by keyboard; she is told in her own browser.
    field = eve.get_by_role("combobox", name="Comment")
    field.press_sequentially("Please look, @an")
    eve.get_by_role("option", name="ann").wait_for()
    field.press("Enter")
    field.press_sequentially("<b>raw</b> **soon**")
    field.press("Control+Enter")
    eve.get_by_role("list", name="Comments").get_by_text("raw").wait_for()
    ann.get_by_role("button", name=re.compile(r"Notifications, \d+ unread")).click()
    ann.get_by_role("button", name=re.compile(f"eve mentions you on model {name}")).click()
    ann.wait_for_url(f"**/models/{name}")
    shown = ann.get_by_role("list", name="Comments")
    shown.get_by_text("<b>raw</b>").wait_for()
    assert shown.locator("strong").inner_text() == "soon" and shown.locator(".mention").inner_text() == "@ann"
    assert ann.get_by_role("button", name="Delete the comment of eve").count() == 0
    ann.get_by_role("button", name="Notifications", exact=True).wait_for()

    # The admin's feed shows it, live; the admin may delete it, and it goes from the others' pages.
    admin.get_by_text(re.compile("eve commented on model")).first.wait_for()
    admin.get_by_role("link", name=name).first.click()
    admin.get_by_role("button", name="Delete the comment of eve").click()
    admin.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    eve.get_by_text("Nothing said yet").wait_for()

    # Taken out of the project, the viewer loses what was open at once.
    world.people["admin"].ask("RemoveMember", User="eve")
    eve.get_by_text("You are a member of no project").wait_for()
    assert eve.locator("#main").get_by_text(name).count() == 0
    assert world.people["eve"].ask("ListComments", ResourceArn=arn)["__type"] == "AccessDeniedException"
    ann.get_by_role("button", name="admin is here").wait_for()
