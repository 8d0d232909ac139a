"""Who may come in, and how it ends: invitations, passwords, users and projects that go."""

import asyncio
import time

import pytest

from studiolo.base.config import Config
from studiolo.base.errors import AccessDenied, ConflictError
from studiolo.base.record import Key
from studiolo.cli.wiring import indexers
from studiolo.services.identity import SignInRefused
from studiolo.services.platform import Platform
from studiolo.services.request import Call, Caller
from studiolo.services.studio import names
from studiolo.services.studio.identity import Accounts
from studiolo.services.studio.people import People
from studiolo.services.studio.together import notices, views, webhooks
from studiolo.store.memory import MemoryStore
from studiolo.store.protocol import Query

ACCOUNT = "1" * 12
PASSWORD = "correct horse"


class World:
    def __init__(self, home):
        self.store = MemoryStore(indexers())
        self.accounts = Accounts(self.store, time.time)
        platform = Platform(Config(home), time.time, self.store, None, None, None, None, self.accounts)  # pyright: ignore
        self.people = People(platform, self.accounts)
        self.store.create(names.project(ACCOUNT), {"Name": "first"}, {}, now=1)
        for user, role in (("boss", "admin"), ("ann", "contributor")):
            self.store.create(names.user(user), {"Admin": user == "boss"}, {}, now=1)
            self.accounts.put_member(ACCOUNT, user, role)
            asyncio.run(self.accounts.set_password(user, PASSWORD))

    def ask(self, operation, user="boss", session="", project=ACCOUNT, **params):
        held = self.accounts.caller(user, project) or Caller(user, "", "viewer", user == "boss")
        caller = Caller(user, held.project, held.role, held.studio_admin, session=session)
        return asyncio.run(getattr(self.people, operation)(Call(caller, "studio", operation, params, "id")))

    def sign_in(self, user="ann", password=PASSWORD):
        return asyncio.run(self.accounts.sign_in(user, password, "here"))

    def invite(self, role):
        return self.ask("create_invitation", Role=role)["Token"]

    def accept(self, token, user, password=PASSWORD):
        return asyncio.run(self.accounts.accept_invitation(token, user, password, "here"))

    def role(self, user):
        return self.accounts.find(names.member(ACCOUNT, user)).spec["Role"]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_an_invitation_gives_a_role_and_takes_none(world):
    world.accept(world.invite("viewer"), "boss")
    assert world.role("boss") == "admin"
    world.accept(world.invite("admin"), "ann")
    assert world.role("ann") == "admin"
    world.accept(world.invite("viewer"), "new")
    assert world.role("new") == "viewer"


def test_an_invitation_into_a_project_that_is_gone_lets_nobody_in(world):
    token = world.invite("viewer")
    world.store.delete(world.store.get(names.project(ACCOUNT)))
    with pytest.raises(SignInRefused, match="Ask for a new one"):
        world.accept(token, "new")
    assert world.accounts.find(names.user("new")) is None


def test_only_into_a_project_of_ones_own_is_anybody_invited(world):
    with pytest.raises(AccessDenied, match="become a member of one first"):
        world.ask("create_invitation", project="2" * 12, Role="viewer")


def test_another_password_ends_the_sessions_but_the_one_it_was_set_by(world):
    here, there = world.sign_in(), world.sign_in()
    link = world.accounts.make_link("ann")
    session = world.accounts.session(here)
    world.ask("set_password", "ann", session.id, CurrentPassword=PASSWORD, NewPassword="battery staple")
    assert world.accounts.session(here) is not None and world.accounts.session(there) is None
    with pytest.raises(SignInRefused):
        asyncio.run(world.accounts.sign_in_by_token(link))
    world.ask("set_password", "boss", User="ann", NewPassword=PASSWORD)
    assert world.accounts.session(here) is None
    world.sign_in()


def test_a_first_password_ends_nothing(world):
    world.ask("create_user", User="new")
    here = world.accounts.open_session("new")
    asyncio.run(world.accounts.change_password("new", PASSWORD))
    assert world.accounts.session(here) is not None


def test_who_comes_later_under_the_same_name_is_somebody_else(world):
    cookie, link = world.sign_in(), world.accounts.make_link("ann")
    person = names.external_person("https://id.example", "ann-1")
    world.store.create(person, {"User": "Ann", "Issuer": "https://id.example", "Subject": "ann-1"}, {}, now=1)
    mine = {"User": "ann", "ListName": "Model", "ViewName": "v"}
    world.store.create(Key(ACCOUNT, notices.KIND, "ann:1"), {"User": "ann"}, {"State": notices.UNREAD}, now=1)
    world.store.create(Key(ACCOUNT, notices.PREFERENCES, "ann"), {"Muted": ["Mention"]}, {}, now=1)
    world.store.create(Key(ACCOUNT, webhooks.KIND, "w"), {"Scope": "Person", "Owner": "ann"}, {}, now=1)
    world.store.create(Key(ACCOUNT, webhooks.KIND, "all"), {"Scope": "Project", "Owner": "ann"}, {}, now=1)
    world.store.create(Key(ACCOUNT, views.KIND, "own"), {**mine, "Shared": False}, {}, now=1)
    world.store.create(Key(ACCOUNT, views.KIND, "shared"), {**mine, "Shared": True}, {}, now=1)
    world.ask("delete_user", User="ann")
    world.ask("create_user", User="ann", Password="another one")
    world.accounts.put_member(ACCOUNT, "ann", "viewer")
    assert world.accounts.session(cookie) is None and world.accounts.find(person) is None
    with pytest.raises(SignInRefused):
        asyncio.run(world.accounts.sign_in_by_token(link))
    for kind in (notices.KIND, notices.PREFERENCES):
        assert world.store.query(Query(kind, ACCOUNT)).records == []
    # What was for the project stays with it.
    left = [
        one.key.name for kind in (webhooks.KIND, views.KIND) for one in world.store.query(Query(kind, ACCOUNT)).records
    ]
    assert left == ["all", "shared"]


def test_two_projects_have_two_names(world):
    second = "2" * 12
    world.store.create(names.project(second), {"Name": "second"}, {}, now=2)
    with pytest.raises(ConflictError, match="named First exists already"):
        world.ask("update_project", Account=second, Name="First")
    world.ask("update_project", Account=ACCOUNT, Name="FIRST")
    assert world.accounts.find(names.project(ACCOUNT)).spec["Name"] == "FIRST"


def test_what_has_expired_goes(world):
    token = world.invite("viewer")
    record = world.store.get(names.invitation(token))
    world.store.write(record, now=2, spec={**record.spec, "Expires": 2.0})
    link = world.store.get(names.sign_in(world.accounts.make_link("ann")))
    world.store.write(link, now=2, spec={**link.spec, "Expires": 2.0})
    open_one = world.invite("viewer")
    Accounts(world.store, time.time)
    left = [one.key for kind in ("Invitation", "SignInToken") for one in world.store.query(Query(kind, "")).records]
    assert left == [names.invitation(open_one)]
