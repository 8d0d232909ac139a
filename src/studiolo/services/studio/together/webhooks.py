"""Web addresses that are told what happens: the project's (by its admins), or one's own notifications.

Each post is one record, made with what it tells and kept until it arrived or was given up; it is signed with the webhook's
secret, and carries the same id however often it is tried.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from studiolo.base.errors import AccessDenied, ConflictError, NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.sns.delivery import BadWebhook, Delivery, check_webhook, opener
from studiolo.services.sns.publishing import everything
from studiolo.services.studio.together.activity import need_project
from studiolo.services.studio.together.happenings import TEST, Happening
from studiolo.store.protocol import AlreadyExists, Index, Missing, Query, Stale
from studiolo.store.scan import scan

KIND, DELIVERY = "Webhook", "WebhookDelivery"
WAITING, DELIVERED, FAILED = "Waiting", "Delivered", "Failed"
MAX = 50
TIMEOUT = 15.0


def index_delivery(record: Record) -> Index:
    return Index(str(record.status["State"]), {"Webhook": str(record.spec["Webhook"]).casefold()})


def of_project(platform: Platform, project: str) -> list[Record]:
    return list(everything(platform, KIND, project))


def body_of(project: str, what: Happening, to: str | None) -> dict[str, Any]:
    document = {
        "id": what.id,
        "type": what.type,
        "time": datetime.fromtimestamp(what.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "account": project,
        "kind": what.kind,
        "name": what.name,
        "resourceArn": what.resource,
        "by": what.by,
        "to": to,
        "status": what.status,
        "text": what.text,
    }
    return {name: value for name, value in document.items() if value is not None}


def wants(webhook: Record, what: Happening, to: frozenset[str]) -> bool:
    """to: who is notified, folded. A person's own webhook hears what its person hears; the project's hears all."""
    owner, types = webhook.spec["Owner"], webhook.spec["Types"]
    return (not types or what.type in types) and (webhook.spec["Scope"] == "Project" or owner.casefold() in to)


def post_later(platform: Platform, webhook: Record, what: Happening) -> None:
    """Once, however often it is asked."""
    to = webhook.spec["Owner"] if webhook.spec["Scope"] == "Person" else None
    body = json.dumps(body_of(webhook.key.project, what, to), ensure_ascii=False)
    spec = {"Webhook": webhook.key.name, "Made": webhook.created, "Type": what.type, "Body": body}
    # A webhook made anew under the same name is another one.
    mark = hashlib.sha256(f"{webhook.key.name.casefold()}/{webhook.created}".encode()).hexdigest()[:8]
    key = Key(webhook.key.project, DELIVERY, f"{what.id}-{mark}")
    try:
        platform.store.create(key, spec, {"State": WAITING, "Attempts": 0}, now=platform.clock())
    except AlreadyExists:
        pass


def signature(secret: str, moment: int, body: str) -> str:
    signed = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


class Gone(Exception):
    """The webhook was deleted: there is nobody to tell."""


class WebhookDelivery(Delivery):
    """As notifications to SNS topics are delivered, but what was delivered is kept a while, to be shown."""

    kind = DELIVERY

    def waiting(self) -> list[Record]:
        return list(scan(self._platform.store, Query(DELIVERY, None, state=WAITING)))

    def post(self, record: Record) -> None:
        try:
            webhook = self._platform.store.get(Key(record.key.project, KIND, record.spec["Webhook"]))
        except Missing:
            raise Gone from None
        if webhook.created != record.spec["Made"]:
            raise Gone
        check_webhook(webhook.spec["Url"])
        body, moment = str(record.spec["Body"]), int(self._platform.clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "studiolo",
            "X-Studiolo-Event": str(record.spec["Type"]),
            "X-Studiolo-Delivery": record.key.name,
            "X-Studiolo-Signature": signature(webhook.spec["Secret"], moment, body),
        }
        request = urllib.request.Request(webhook.spec["Url"], body.encode(), headers, method="POST")
        with opener.open(request, timeout=TIMEOUT) as answer:
            answer.read(1)

    def done(self, record: Record) -> None:
        self._end(record, {"State": DELIVERED})

    def given_up(self, record: Record, error: Exception) -> None:
        self._end(record, {"State": FAILED, "Error": str(error)[:500]})

    def again(self, record: Record, error: Exception) -> Record:
        attempts = int(record.status["Attempts"]) + 1
        status = {"State": WAITING, "Attempts": attempts, "Error": str(error)[:500]}
        return self._platform.store.write(record, now=self._platform.clock(), status=status)

    def _end(self, record: Record, change: Mapping[str, Any]) -> None:
        status = {"Attempts": int(record.status["Attempts"]) + 1, **change}
        self._platform.store.write(record, now=self._platform.clock(), status=status)

    async def _deliver(self, key: Key) -> None:
        record = self._platform.store.get(key)
        if record.status["State"] != WAITING:
            return
        try:
            await super()._deliver(key)
        except Gone:
            self._platform.store.delete(record)


class Webhooks:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def _find(self, call: Call) -> Record:
        name = call.params["WebhookName"]
        try:
            record = self._platform.store.get(Key(need_project(call), KIND, name))
        except Missing:
            raise NotFound(f"There is no webhook {name} in this project.") from None
        self._allowed(call, record.spec["Scope"], record.spec["Owner"])
        return record

    def _allowed(self, call: Call, scope: str, owner: str) -> None:
        if call.caller.temporary:
            raise AccessDenied("A job's or a space's own key makes no webhooks: make them in the studio.")
        if scope == "Project" and call.caller.role != "admin":
            raise AccessDenied(
                "Only an admin of the project changes the project's webhooks; your own have Scope Person."
            )
        if scope == "Person" and owner.casefold() != call.caller.user.casefold():
            raise AccessDenied(f"This is a webhook of {owner}'s own.")

    async def put(self, call: Call) -> Mapping[str, Any]:
        """Makes or changes one. The secret is told when it is made, and when it is changed."""
        params, project = call.params, need_project(call)
        scope, name = params.get("Scope", "Person"), params["WebhookName"]
        self._allowed(call, scope, call.caller.user)
        try:
            await asyncio.to_thread(check_webhook, params["Url"])
        except BadWebhook as bad:
            raise ValidationError(f"{bad}") from None
        if self._platform.store.count(Query(KIND, project)) >= MAX:
            raise ConflictError(f"A project has at most {MAX} webhooks: delete some first.")
        fresh = secrets.token_urlsafe(32)
        spec: dict[str, Any] = {
            "Url": params["Url"], "Scope": scope, "Owner": call.caller.user, "Types": sorted(set(params.get("Types", ()))),
            "Secret": fresh,
        }  # fmt: skip
        while True:
            now = self._platform.clock()
            try:
                self._platform.store.create(Key(project, KIND, name), spec, {}, now=now)
                return {"Secret": fresh}
            except AlreadyExists:
                there = self._find(call)
                if there.spec["Scope"] != scope:
                    raise ConflictError(
                        f"The webhook {name} has the scope {there.spec['Scope']}: delete it first."
                    ) from None
                kept = {} if params.get("NewSecret") else {"Secret": there.spec["Secret"]}
                try:
                    self._platform.store.write(there, now=now, spec={**spec, **kept, "Owner": there.spec["Owner"]})
                except (Stale, Missing):
                    continue
                return {} if kept else {"Secret": fresh}

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The project's, for its admins, and one's own."""
        project, user = need_project(call), call.caller.user.casefold()
        seen = [
            one
            for one in of_project(self._platform, project)
            if (one.spec["Owner"].casefold() == user if one.spec["Scope"] == "Person" else call.caller.role == "admin")
        ]
        return {"Webhooks": [self._shown(one) for one in sorted(seen, key=lambda one: one.key.name.casefold())]}

    def _shown(self, record: Record) -> dict[str, Any]:
        spec = record.spec
        labels = {"Webhook": record.key.name.casefold()}
        query = Query(DELIVERY, record.key.project, labels=labels, created_after=record.created - 1, sort="created",
                      descending=True, limit=1)  # fmt: skip
        known: dict[str, Any] = {
            "WebhookName": record.key.name, "Url": spec["Url"], "Scope": spec["Scope"], "Owner": spec["Owner"],
            "Types": spec["Types"], "CreationTime": record.created,
        }  # fmt: skip
        for one in self._platform.store.query(query).records:
            last = {"Time": one.modified, "Type": one.spec["Type"], "State": one.status["State"],
                    "Attempts": one.status["Attempts"], "Error": one.status.get("Error")}  # fmt: skip
            known["LastDelivery"] = {name: value for name, value in last.items() if value is not None}
        return known

    async def delete(self, call: Call) -> Mapping[str, Any]:
        while True:
            try:
                self._platform.store.delete(self._find(call))
            except Stale:
                continue
            except Missing:
                pass
            return {}

    async def test(self, call: Call) -> Mapping[str, Any]:
        record, id = self._find(call), secrets.token_hex(16)
        arn = f"arn:aws:studio:us-east-1:{record.key.project}:webhook/{record.key.name}"
        what = Happening(id, TEST, self._platform.clock(), "Webhook", record.key.name, arn, (), call.caller.user)
        post_later(self._platform, record, what)
        return {}
