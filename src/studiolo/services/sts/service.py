"""The `sts` service: who am I, and keys for a while."""

from collections.abc import Mapping
from typing import Any

from studiolo.base.errors import AccessDenied
from studiolo.services.identity import Identity
from studiolo.services.request import Call, Handler

ROLE = "studiolo-execution-role"
"""The one role of every project. What a caller may do is the membership's matter, not the role's."""


def role_arn(account: str) -> str:
    return f"arn:aws:iam::{account}:role/{ROLE}"


class StsService:
    name = "sts"

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._handlers: dict[str, Handler] = {
            "GetCallerIdentity": self._who,
            "AssumeRole": self._assume,
            "GetSessionToken": self._session,
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return True

    async def _who(self, call: Call) -> Mapping[str, Any]:
        # An assumed-role ARN: the SDKs read the execution role's name out of it.
        arn = f"arn:aws:sts::{call.caller.project}:assumed-role/{ROLE}/{call.caller.user}"
        return {"UserId": f"AROA{call.caller.project}:{call.caller.user}", "Account": call.caller.project, "Arn": arn}

    def _grant(self, call: Call, default: int) -> Mapping[str, Any]:
        seconds = float(call.params.get("DurationSeconds", default))
        key = self._identity.temporary_key(call.caller, seconds)
        return {
            "AccessKeyId": key.access_key,
            "SecretAccessKey": key.secret,
            "SessionToken": key.token,
            "Expiration": key.expires,
        }

    async def _assume(self, call: Call) -> Mapping[str, Any]:
        arn = str(call.params["RoleArn"])
        if f":iam::{call.caller.project}:role/" not in arn:
            raise AccessDenied(
                f"User {call.caller.user} is not authorized to perform: sts:AssumeRole on resource: {arn}. A role of this "
                f"project is {role_arn(call.caller.project)}.",
                code="AccessDenied",
                status=403,
            )
        name = call.params["RoleSessionName"]
        session = f"arn:aws:sts::{call.caller.project}:assumed-role/{arn.rpartition('/')[2]}/{name}"
        user = {"AssumedRoleId": f"AROA{call.caller.project}:{name}", "Arn": session}
        return {"Credentials": self._grant(call, 3600), "AssumedRoleUser": user}

    async def _session(self, call: Call) -> Mapping[str, Any]:
        return {"Credentials": self._grant(call, 43_200)}
