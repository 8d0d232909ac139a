"""Comments on a resource: Markdown, by every member, viewers too; mentions are of members, and checked.

A comment belongs to the thing that was there when it was written: one made later under the same name begins without.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import AccessDenied, NotFound, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Call
from studiolo.services.studio.identity import Accounts
from studiolo.services.studio.together import resources
from studiolo.services.studio.together.activity import need_project, page_of
from studiolo.services.studio.together.mentions import mentioned
from studiolo.store.protocol import AlreadyExists, Index, Missing, Query, Stale

KIND = "Comment"


def index(record: Record) -> Index:
    return Index("", {"Of": record.spec["_of"], "User": str(record.spec["User"]).casefold()})


def thread(resource: Record) -> str:
    """Names one thing for as long as it is there."""
    handle = resource.key.handle().casefold()
    return hashlib.sha256(f"{handle}/{resource.created}".encode()).hexdigest()


def shown(record: Record) -> dict[str, Any]:
    spec = {name: value for name, value in record.spec.items() if not name.startswith("_")}
    return {"CommentId": record.key.name, "CreationTime": record.created, **spec}


class Comments:
    def __init__(self, platform: Platform, accounts: Accounts) -> None:
        self._platform = platform
        self._accounts = accounts

    def _members(self, project: str) -> list[str]:
        people = [self._accounts.caller(one.key.name, project) for one in self._accounts.members(project)]
        return [one.user for one in people if one is not None]

    def _mentions(self, project: str, text: str) -> list[str]:
        if not text.strip():
            raise ValidationError("A comment says something: Text is empty.")
        found, unknown = mentioned(text, self._members(project))
        if unknown:
            raise ValidationError(
                f"There is no member named {unknown[0]} in this project; put `@{unknown[0]}` in backticks if it is no name."
            )
        return found

    def _by_person(self, call: Call) -> None:
        if call.caller.temporary:
            raise AccessDenied("A job's or a space's own key does not speak for its person: comment in the studio.")

    async def put(self, call: Call) -> Mapping[str, Any]:
        self._by_person(call)
        project, params = need_project(call), call.params
        resource = resources.find(self._platform, project, params["ResourceArn"])
        mentions = self._mentions(project, params["Text"])
        token = params.get("ClientToken")
        id = hashlib.sha256(f"{call.caller.user}/{token}".encode()).hexdigest()[:24] if token else secrets.token_hex(12)
        spec = {
            "ResourceArn": params["ResourceArn"], "Text": params["Text"], "User": call.caller.user,
            "Mentions": mentions, "_of": thread(resource), "_owner": resource.spec.get("_user") or resource.spec.get("Owner"),
            "_kind": resource.key.kind, "_name": resource.key.name,
        }  # fmt: skip
        try:
            self._platform.store.create(Key(project, KIND, id), spec, {}, now=self._platform.clock())
        except AlreadyExists:
            # The same request, sent twice.
            pass
        return {"CommentId": id, "Mentions": mentions}

    async def list(self, call: Call) -> Mapping[str, Any]:
        project, params = need_project(call), call.params
        resource = resources.find(self._platform, project, params["ResourceArn"])
        query = Query(
            KIND, project, labels={"Of": thread(resource)}, sort="created",
            limit=params.get("MaxResults", 50), token=params.get("NextToken"),
        )  # fmt: skip
        found = page_of(self._platform, query)
        return {"Comments": [shown(one) for one in found.records], "NextToken": found.token}

    def _own(self, call: Call) -> Record:
        self._by_person(call)
        try:
            record = self._platform.store.get(Key(need_project(call), KIND, call.params["CommentId"]))
        except Missing:
            raise NotFound(f"There is no comment {call.params['CommentId']} in this project.") from None
        mine = str(record.spec["User"]).casefold() == call.caller.user.casefold()
        if not mine and call.caller.role != "admin":
            raise AccessDenied(f"Only {record.spec['User']} and the project's admins change this comment.")
        return record

    async def update(self, call: Call) -> Mapping[str, Any]:
        while True:
            record, now = self._own(call), self._platform.clock()
            mentions = self._mentions(record.key.project, call.params["Text"])
            changed = {
                "Text": call.params["Text"],
                "Mentions": mentions,
                "EditedBy": call.caller.user,
                "EditedTime": now,
            }
            try:
                self._platform.store.write(record, now=now, spec={**record.spec, **changed})
            except Stale:
                continue
            except Missing:
                raise NotFound("The comment was deleted meanwhile.") from None
            return {"Mentions": mentions}

    async def delete(self, call: Call) -> Mapping[str, Any]:
        while True:
            try:
                self._platform.store.delete(self._own(call))
            except Stale:
                continue
            except Missing:
                pass
            return {}
