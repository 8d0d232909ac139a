"""Tags of functions, and their resource policies, which scripts set so that a rule or a bucket may call a function. Here
whoever is in the project may call its functions: a policy is kept and shown, and opens nothing to others.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from studiolo.base.clock import Clock
from studiolo.base.errors import ApiError
from studiolo.base.record import Record
from studiolo.services.functions import names
from studiolo.services.request import Answer, Call, Handler
from studiolo.store.protocol import Missing, Stale, Store

CONDITIONS = (
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
)
MAX_TAGS = 50


def statement(arn: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """As AWS writes it. Pure."""
    principal = params["Principal"]
    kind = "Service" if principal.endswith((".amazonaws.com", ".amazon.com")) else "AWS"
    found: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {kind: principal},
        "Action": params["Action"],
        "Resource": arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for member, how, key in CONDITIONS:
        if params.get(member):
            conditions.setdefault(how, {})[key] = params[member]
    return {**found, "Condition": conditions} if conditions else found


class Policies:
    def __init__(self, find: Callable[[Call], Record], store: Store, clock: Clock) -> None:
        self._find = find
        self._store = store
        self._clock = clock

    def operations(self) -> Mapping[str, Handler]:
        return {
            "AddPermission": self.add,
            "RemovePermission": self.remove,
            "GetPolicy": self.get,
            "ListTags": self.tags,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    def _change(self, call: Call, change: Callable[[Record], dict[str, Any]]) -> Record:
        """change: gives what `write` is to set."""
        while True:
            record = self._find(call)
            try:
                return self._store.write(record, now=self._clock(), **change(record))
            except (Stale, Missing):
                continue

    # Policies.

    async def add(self, call: Call) -> Mapping[str, Any]:
        record = self._find(call)
        made = statement(names.function_arn(record.key.project, record.key.name), call.params)
        sid = made["Sid"]

        def change(record: Record) -> dict[str, Any]:
            held = record.spec.get("_policy", {})
            if sid in held:
                raise ApiError(
                    f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
                    "existing statement.",
                    code="ResourceConflictException",
                    status=409,
                )
            return {"spec": {**record.spec, "_policy": {**held, sid: made}, "_policy_revision": str(uuid.uuid4())}}

        self._change(call, change)
        return {"Statement": json.dumps(made)}

    async def remove(self, call: Call) -> Answer:
        sid = call.params["StatementId"]

        def change(record: Record) -> dict[str, Any]:
            held = record.spec.get("_policy", {})
            if sid not in held:
                raise _missing(f"Statement {sid} is not found in resource policy.")
            left = {name: one for name, one in held.items() if name != sid}
            return {"spec": {**record.spec, "_policy": left, "_policy_revision": str(uuid.uuid4())}}

        self._change(call, change)
        return Answer({}, status=204)

    async def get(self, call: Call) -> Mapping[str, Any]:
        record = self._find(call)
        held = record.spec.get("_policy")
        if not held:
            raise _missing("The resource you requested does not exist.")
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": list(held.values())}
        return {"Policy": json.dumps(policy), "RevisionId": record.spec["_policy_revision"]}

    # Tags.

    def _named(self, call: Call) -> Call:
        return replace(call, params={**call.params, "FunctionName": call.params["Resource"]})

    async def tags(self, call: Call) -> Mapping[str, Any]:
        return {"Tags": dict(self._find(self._named(call)).tags)}

    async def tag(self, call: Call) -> Answer:
        def change(record: Record) -> dict[str, Any]:
            tags = {**record.tags, **call.params["Tags"]}
            if len(tags) > MAX_TAGS:
                raise names.invalid(f"A function has at most {MAX_TAGS} tags.")
            return {"tags": tags}

        self._change(self._named(call), change)
        return Answer({}, status=204)

    async def untag(self, call: Call) -> Answer:
        gone = set(call.params["TagKeys"])
        self._change(
            self._named(call),
            lambda record: {"tags": {key: value for key, value in record.tags.items() if key not in gone}},
        )
        return Answer({}, status=204)


def _missing(message: str) -> ApiError:
    return ApiError(message, code="ResourceNotFoundException", status=404)
