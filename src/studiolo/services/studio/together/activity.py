"""The feed of the project: every change somebody made through the API, and how what was started ended.

A deed is noted where the services meet the server, so pages, boto3 and the SDKs are noted alike, and what the studio does by
itself (the jobs of a pipeline, the trials of a tuning job) is not. A deed that was refused has changed nothing and is left out.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import AccessDenied, ValidationError
from studiolo.base.record import Key, Record
from studiolo.services.platform import Platform
from studiolo.services.request import Answer, Call, Handler, Service
from studiolo.services.studio.names import FOR_STUDIO_ADMINS
from studiolo.services.studio.together.deeds import SILENT, deed
from studiolo.services.studio.together.resources import TYPES
from studiolo.store.protocol import BadToken, Index, Page, Query

KIND = "Activity"
_OWN = FOR_STUDIO_ADMINS | {"CreateAccessKey", "DeleteAccessKey", "PutComment", "PutWebhook", "DeleteWebhook"}
"""Done by those who only read, too, and yet changes."""


def index(record: Record) -> Index:
    spec = record.spec
    labels = {
        "User": str(spec.get("User", "")).casefold(),
        "Kind": spec.get("Kind"),
        "Resource": spec.get("ResourceArn"),
    }
    return Index(str(spec.get("Status", "")), {name: str(value)[:1024] for name, value in labels.items() if value})


def need_project(call: Call) -> str:
    if not call.caller.project:
        raise AccessDenied("This belongs to a project: become a member of one first.")
    return call.caller.project


def page_of(platform: Platform, query: Query) -> Page:
    try:
        return platform.store.query(query)
    except BadToken:
        raise ValidationError("This NextToken was not issued for this list: begin with the first page.") from None


class Noted:
    """A service whose changes are noted once they are done."""

    def __init__(self, service: Service, platform: Platform) -> None:
        self.service = service
        self.name = service.name
        self._platform = platform
        self._noting: dict[str, Handler] = {}

    def operations(self) -> Mapping[str, Handler]:
        return self.service.operations()

    def reads(self, operation: str) -> bool:
        return self.service.reads(operation)

    def handler(self, operation: str) -> Handler | None:
        handler = self.service.handler(operation)
        if handler is None or operation in SILENT or (self.reads(operation) and operation not in _OWN):
            return handler
        noting = self._noting.get(operation)
        if noting is None:
            noting = self._noting[operation] = self._around(handler)
        return noting

    def _around(self, handler: Handler) -> Handler:
        async def noting(call: Call) -> Mapping[str, Any] | Answer | None:
            answer = await handler(call)
            if call.caller.project:
                self._note(call, answer)
            return answer

        return noting

    def _note(self, call: Call, answer: Mapping[str, Any] | Answer | None) -> None:
        document = answer.document if isinstance(answer, Answer) else (answer or {})
        done = deed(call.operation, call.caller.project, call.params, document, TYPES)
        caller, now = call.caller, self._platform.clock()
        via = "Browser" if caller.access_key is None else "Job or space" if caller.temporary else "Access key"
        spec = {
            "User": caller.user, "Operation": done.operation, "Kind": done.kind, "Name": done.name, "Via": via,
            **({"ResourceArn": done.resource} if done.resource else {}),
        }  # fmt: skip
        key = Key(caller.project, KIND, secrets.token_hex(12))
        self._platform.store.create(key, spec, {}, now=now)


class Activity:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def list(self, call: Call) -> Mapping[str, Any]:
        params = call.params
        asked = {
            "User": params.get("User", "").casefold(),
            "Kind": params.get("Kind"),
            "Resource": params.get("ResourceArn"),
        }
        query = Query(
            KIND, need_project(call), labels={name: value for name, value in asked.items() if value},
            created_after=params.get("After"), created_before=params.get("Before"), sort="created", descending=True,
            limit=params.get("MaxResults", 50), token=params.get("NextToken"),
        )  # fmt: skip
        found = page_of(self._platform, query)
        entries = [{"ActivityId": one.key.name, "Time": one.created, **one.spec} for one in found.records]
        return {"Activities": entries, "NextToken": found.token}
