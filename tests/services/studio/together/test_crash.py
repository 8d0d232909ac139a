"""The teller and the webhooks' posts are killed before and after each of their deeds: everybody is told, and told once."""

import asyncio
import hashlib
import hmac
import http.server
import json
import threading
import time
from pathlib import Path

import pytest
from killing import ACCOUNT, Counter, Killed, Mortal

from studiolo.base.config import Config
from studiolo.base.record import Key
from studiolo.cli.wiring import indexers
from studiolo.services.platform import Platform
from studiolo.services.studio.identity import Accounts
from studiolo.services.studio.together import activity, notices, webhooks
from studiolo.services.studio.together.teller import CURSOR, Teller
from studiolo.store.memory import MemoryStore
from studiolo.store.protocol import Query


class World:
    def __init__(self, home: Path) -> None:
        self.home, self.store = home, MemoryStore(indexers())
        self.accounts = Accounts(self.store, time.time)
        for user, role in (("ann", "contributor"), ("bob", "viewer"), ("boss", "admin")):
            self.store.create(Key("", "User", user), {}, {}, now=1)
            self.accounts.put_member(ACCOUNT, user, role)
        self.teller(Counter(None)).reached(time.time())

    def platform(self, counter: Counter) -> Platform:
        store = Mortal(self.store, ("create", "write", "delete"), counter)
        return Platform(Config(self.home), time.time, store, None, None, None, None, self.accounts)  # pyright: ignore

    def teller(self, counter: Counter) -> Teller:
        return Teller(self.platform(counter), self.accounts)

    def webhook(self, name: str, url: str, scope: str = "Project", owner: str = "boss", types=()) -> None:
        spec = {"Url": url, "Scope": scope, "Owner": owner, "Types": list(types), "Secret": "s3cret"}
        self.store.create(Key(ACCOUNT, webhooks.KIND, name), spec, {}, now=time.time())

    def failed_job(self) -> None:
        now = time.time()
        status = {"TrainingJobStatus": "Failed", "FailureReason": "no", "TrainingEndTime": now}
        self.store.create(Key(ACCOUNT, "TrainingJob", "j"), {"_user": "ann"}, status, now=now)

    def commented(self) -> None:
        spec = {
            "ResourceArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/j", "Text": "@bob look", "User": "boss",
            "Mentions": ["bob"], "_of": "x", "_owner": "ann", "_kind": "TrainingJob", "_name": "j",
        }  # fmt: skip
        self.store.create(Key(ACCOUNT, "Comment", "c1"), spec, {}, now=time.time())

    def told(self) -> list[tuple[str, str]]:
        records = self.store.query(Query(notices.KIND, ACCOUNT)).records
        return sorted((one.spec["User"], one.spec["Type"]) for one in records)


def killed_once(home: Path, at: int | None) -> tuple[World, Counter]:
    """What a teller does when it starts, again and again until nothing kills it."""
    world = World(home)
    world.webhook("all", "http://127.0.0.1:9/all")
    world.webhook("bobs", "http://127.0.0.1:9/bob", "Person", "bob")
    world.webhook("approvals", "http://127.0.0.1:9/other", types=["ApprovalAsked"])
    world.failed_job()
    world.commented()
    counter = Counter(at)
    for _ in range(2):
        try:
            teller = world.teller(counter)
            for record in list(teller.missed()):
                if teller.tell(record):
                    teller.reached(record.modified)
        except Killed:
            continue
    return world, counter


def test_killed_at_any_moment_everybody_is_told_once(tmp_path_factory):
    total = killed_once(tmp_path_factory.mktemp("count"), None)[1].seen
    assert total >= 12
    for at in range(total):
        world, _ = killed_once(tmp_path_factory.mktemp(f"kill{at}"), at)
        assert world.told() == [("ann", "Comment"), ("ann", "JobFailed"), ("bob", "Mention")], at
        feed = world.store.query(Query(activity.KIND, ACCOUNT)).records
        assert [one.spec["Operation"] for one in feed] == ["JobFailed"], at
        posts = world.store.query(Query(webhooks.DELIVERY, ACCOUNT)).records
        told = sorted((one.spec["Webhook"], one.spec["Type"]) for one in posts)
        assert told == [("all", "Comment"), ("all", "JobFailed"), ("all", "Mention"), ("bobs", "Mention")], at


def test_who_wants_none_is_told_none_and_old_news_is_none(tmp_path):
    world = World(tmp_path)
    world.store.create(Key(ACCOUNT, notices.PREFERENCES, "ann"), {"Muted": ["JobFailed"]}, {}, now=1)
    world.failed_job()
    old = {"TrainingJobStatus": "Failed", "TrainingEndTime": time.time() - 40 * 86400}
    world.store.create(Key(ACCOUNT, "TrainingJob", "old"), {"_user": "boss"}, old, now=time.time())
    teller = world.teller(Counter(None))
    for record in list(teller.missed()):
        teller.tell(record)
    assert world.told() == []


def test_a_new_studio_tells_nothing_of_the_past(tmp_path):
    world = World(tmp_path)
    world.store.delete(world.store.get(CURSOR))
    world.failed_job()
    assert list(world.teller(Counter(None)).missed()) == []


class Receiver:
    """A web server that refuses the first so many posts."""

    def __init__(self, refuse: int) -> None:
        self.heard: list[tuple[dict[str, str], str]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                outer.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(500 if len(outer.heard) <= refuse else 200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver():
    it = Receiver(refuse=1)
    yield it
    it.server.shutdown()


def test_a_post_is_signed_tried_again_and_kept_until_it_arrived(tmp_path, receiver, monkeypatch):
    monkeypatch.setattr("studiolo.services.sns.delivery.PAUSES", (0.02, 0.02))
    world = World(tmp_path)
    world.webhook("w", receiver.url)
    world.failed_job()
    teller = world.teller(Counter(None))
    for record in list(teller.missed()):
        teller.tell(record)

    async def deliver() -> None:
        delivery = webhooks.WebhookDelivery(world.platform(Counter(None)))
        await delivery.start()
        for _ in range(200):
            await asyncio.sleep(0.02)
            if not delivery.waiting():
                break
        await delivery.stop()

    asyncio.run(deliver())
    (first, body), (second, _) = receiver.heard
    assert first["x-studiolo-delivery"] == second["x-studiolo-delivery"]
    said = json.loads(body)
    assert (said["type"], said["kind"], said["name"], said["text"]) == ("JobFailed", "TrainingJob", "j", "no")
    moment, _, sign = second["x-studiolo-signature"].partition(",v1=")
    expected = hmac.new(b"s3cret", f"{moment[2:]}.{body}".encode(), hashlib.sha256).hexdigest()
    assert sign == expected
    (post,) = world.store.query(Query(webhooks.DELIVERY, ACCOUNT)).records
    assert (post.status["State"], post.status["Attempts"]) == ("Delivered", 2)


def test_posts_survive_a_kill_and_a_deleted_webhook_hears_nothing(tmp_path, receiver):
    world = World(tmp_path)
    world.webhook("w", receiver.url)
    world.failed_job()
    teller = world.teller(Counter(None))
    for record in list(teller.missed()):
        teller.tell(record)
    (post,) = world.store.query(Query(webhooks.DELIVERY, ACCOUNT)).records
    with pytest.raises(Killed):
        asyncio.run(webhooks.WebhookDelivery(world.platform(Counter(0)))._deliver(post.key))
    assert len(receiver.heard) == 1
    assert [one.key for one in webhooks.WebhookDelivery(world.platform(Counter(None))).waiting()] == [post.key]
    world.store.delete(world.store.get(Key(ACCOUNT, webhooks.KIND, "w")))
    asyncio.run(webhooks.WebhookDelivery(world.platform(Counter(None)))._deliver(post.key))
    assert len(receiver.heard) == 1 and world.store.query(Query(webhooks.DELIVERY, ACCOUNT)).records == []
