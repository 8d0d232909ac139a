"""Single sign-on in a real browser with a certified OpenID Connect provider: who comes in, as whom, and with which rights."""

import json
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import conftest
import pytest
from botocore.exceptions import ClientError
from test_browser import browser as browser  # noqa: PLC0414 - the fixture

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
FOLDER = Path(__file__).parent / "oidc"
CALLBACK = "/oidc/callback"


class Provider:
    def __init__(self, port, studio_url):
        self.port, self._studio_url = port, studio_url
        self._process = None

    def start(self, **people):
        """people: name to groups."""
        told = {
            "port": self.port,
            "client": "studio",
            "secret": "of-the-studio",
            "redirect": f"{self._studio_url}{CALLBACK}",
            "logout": f"{self._studio_url}/oidc/backchannel-logout",
            "people": people,
        }
        command = ["node", FOLDER / "provider.mjs", json.dumps(told)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout.readline().strip() == "ready"

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def world(tmp_path):
    """A studio and its provider, not started."""
    port = conftest.free_port()
    variables = {
        "STUDIOLO_OIDC_ISSUER": f"http://127.0.0.1:{port}",
        "STUDIOLO_OIDC_CLIENT_ID": "studio",
        "STUDIOLO_OIDC_CLIENT_SECRET": "of-the-studio",
        "STUDIOLO_OIDC_LABEL": "Acme",
    }
    studio = conftest.Studio(tmp_path / "home", variables=variables)
    provider = Provider(port, studio.url)
    studio.start()
    yield studio, provider
    provider.stop()
    conftest.end(studio)


@pytest.fixture
def person(browser):
    """Makes pages of browsers that know nobody yet."""
    contexts = []

    def new():
        contexts.append(browser.new_context())
        return contexts[-1].new_page()

    yield new
    for one in contexts:
        one.close()


def at_provider(page, name):
    """Its forms: who, and whether the studio may know."""
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")
    page.click("button[type=submit]")


def enter(page, studio, name):
    page.goto(studio.url)
    page.get_by_role("link", name="Sign in with Acme").click()
    at_provider(page, name)


def at_home(page):
    # By the browser's own report of addresses: the page's policy lets no text be evaluated in it.
    page.wait_for_url(lambda url: urlsplit(url)[2:4] == ("/", ""))


def session(page):
    answer = page.request.get(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + "/api/session")
    return answer.json()


def as_admin(studio):
    return studio.client("studio")


def refused_with(page, text):
    page.get_by_text(text).wait_for(timeout=15_000)
    assert page.context.request.get(page.url.split("?")[0] + "api/session").status == 401


@pytest.fixture
def studio_client():
    """boto3 with the studio's own model."""

    def make(studio):
        env = studio.env()
        account = boto3.Session(
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"]
        )
        account._session.get_component("data_loader").search_paths.append(
            str(Path(conftest.__file__).parents[2] / "src/studiolo/services/studio/model")
        )
        return account.client("studio", region_name=env["AWS_DEFAULT_REGION"], endpoint_url=studio.url)

    return make


def test_groups_open_projects_and_close_them(world, person, studio_client):
    studio, provider = world
    admin = studio_client(studio)
    admin.put_group_mapping(Group="science", Account=studio.account, Role="viewer")
    admin.put_group_mapping(Group="leads", Account=studio.account, Role="contributor")
    provider.start(alice=["science", "leads"])
    page = person()
    enter(page, studio, "alice")
    page.get_by_role("navigation").first.wait_for()
    known = session(page)
    assert (known["user"], known["project"]["role"], known["studioAdmin"]) == ("alice", "contributor", False)
    members = {one["User"]: one for one in admin.list_members()["Members"]}
    assert members["alice"]["FromGroups"]
    assert not members["admin"]["FromGroups"]
    # A key of hers ends with the group that let her in.
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Studio.CreateAccessKey",
               "Sec-Fetch-Site": "same-origin"}  # fmt: skip
    key = page.request.post(f"{studio.url}/api/studio", headers=headers, data="{}").json()
    hers = boto3.client(
        "sagemaker", region_name="us-east-1", endpoint_url=studio.url,
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
    )  # fmt: skip
    assert hers.list_models()["Models"] == []
    provider.stop()
    provider.start(alice=["guests"])
    again = person()
    enter(again, studio, "alice")
    at_home(again)
    assert session(again)["projects"] == []
    assert [one["User"] for one in admin.list_members()["Members"]] == ["admin"]
    with pytest.raises(ClientError) as refused:
        hers.list_models()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)


def test_a_name_that_is_taken_is_nobodys_door_but_can_be_connected(world, person, studio_client):
    studio, provider = world
    provider.start(admin=["science"])
    stranger = person()
    enter(stranger, studio, "admin")
    refused_with(stranger, "There is a user admin here already")
    owner = person()
    owner.goto(studio.sign_in_link())
    owner.get_by_role("navigation").first.wait_for()
    owner.goto(f"{studio.url}/settings")
    owner.get_by_role("link", name="Connect with Acme").click()
    at_provider(owner, "admin")
    owner.get_by_text("You can sign in with Acme.").wait_for()
    later = person()
    enter(later, studio, "admin")
    later.get_by_role("navigation").first.wait_for()
    assert session(later)["user"] == "admin"
    assert session(later)["studioAdmin"]


def test_a_killed_studio_goes_on_with_a_sign_in_and_a_code_is_good_once(world, person):
    studio, provider = world
    provider.start(bob=[])
    page = person()
    seen = []
    page.on("request", lambda request: seen.append(request.url) if CALLBACK in request.url else None)
    page.goto(studio.url)
    page.get_by_role("link", name="Sign in with Acme").click()
    page.fill("input[name=login]", "bob")
    studio.kill()
    studio.start()
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")
    page.click("button[type=submit]")
    at_home(page)
    assert session(page)["user"] == "bob"
    # The same answer again: by the same browser, and by another that has begun nothing.
    page.context.clear_cookies(name="studiolo_session")
    page.goto(seen[0])
    refused_with(page, "Acme did not confirm the sign-in")
    thief = person()
    thief.goto(seen[0])
    refused_with(thief, "The sign-in was not finished")


def test_signing_out_there_ends_the_session_here(world, person):
    studio, provider = world
    provider.start(carol=[])
    page = person()
    enter(page, studio, "carol")
    at_home(page)
    assert session(page)["user"] == "carol"
    page.goto(f"http://127.0.0.1:{provider.port}/session/end")
    page.get_by_role("button", name="Yes, sign me out").click()
    page.goto(studio.url)
    page.get_by_role("link", name="Sign in with Acme").wait_for()
    assert page.request.get(f"{studio.url}/api/session").status == 401
    forged = page.request.post(f"{studio.url}/oidc/backchannel-logout", form={"logout_token": "e30.e30.x"})
    assert forged.status == 400


def test_what_goes_wrong_is_said_at_the_door(world, person):
    studio, provider = world
    page = person()
    page.goto(studio.url)
    page.get_by_role("link", name="Sign in with Acme").click()
    refused_with(page, "Acme does not answer as it should")
    provider.start(dora=[])
    page.goto(f"{studio.url}/oidc/start?next=//evil.example/")
    at_provider(page, "dora")
    at_home(page)
    assert page.url.startswith(studio.url)
    assert session(page)["user"] == "dora"
