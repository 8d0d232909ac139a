"""The `iam` service, as far as the SDKs ask it: a project has one role, and members may do what their membership says."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from studiolo.base.errors import ApiError
from studiolo.services.request import Call, Handler
from studiolo.services.sts.service import ROLE, role_arn

TRUSTED = ("sagemaker", "scheduler", "events", "lambda", "states", "glue", "lakeformation", "bedrock")


class IamService:
    name = "iam"

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {
            "GetRole": self._get_role,
            "ListRoles": self._list_roles,
            "ListAttachedRolePolicies": self._policies,
            "ListRolePolicies": self._inline_policies,
            "ListRoleTags": self._tags,
            "SimulatePrincipalPolicy": self._simulate,
        }

    def operations(self) -> Mapping[str, Handler]:
        return self._handlers

    def handler(self, operation: str) -> Handler | None:
        return self._handlers.get(operation)

    def reads(self, operation: str) -> bool:
        return True

    def _check(self, call: Call) -> None:
        name = call.params["RoleName"]
        if name != ROLE:
            raise ApiError(
                f"The role with name {name} cannot be found. This project's role is {ROLE}.",
                code="NoSuchEntity",
                status=404,
            )

    def _role(self, account: str) -> dict[str, Any]:
        services = [f"{name}.amazonaws.com" for name in TRUSTED]
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}],
        }
        return {
            "Path": "/",
            "RoleName": ROLE,
            "RoleId": f"AROA{account}STUDIOLO",
            "Arn": role_arn(account),
            "CreateDate": 1704067200.0,
            "AssumeRolePolicyDocument": quote(json.dumps(trust)),
            "MaxSessionDuration": 43_200,
        }

    async def _get_role(self, call: Call) -> Mapping[str, Any]:
        self._check(call)
        return {"Role": self._role(call.caller.project)}

    async def _list_roles(self, call: Call) -> Mapping[str, Any]:
        return {"Roles": [self._role(call.caller.project)], "IsTruncated": False}

    async def _policies(self, call: Call) -> Mapping[str, Any]:
        self._check(call)
        policy = {
            "PolicyName": "AmazonSageMakerFullAccess",
            "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess",
        }
        return {"AttachedPolicies": [policy], "IsTruncated": False}

    async def _inline_policies(self, call: Call) -> Mapping[str, Any]:
        self._check(call)
        return {"PolicyNames": [], "IsTruncated": False}

    async def _tags(self, call: Call) -> Mapping[str, Any]:
        self._check(call)
        return {"Tags": [], "IsTruncated": False}

    async def _simulate(self, call: Call) -> Mapping[str, Any]:
        """A viewer may look, other members may do."""
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": "*",
                "EvalDecision": "allowed" if call.caller.may_write or _looks(action) else "implicitDeny",
            }
            for action in call.params["ActionNames"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}


def _looks(action: str) -> bool:
    return action.partition(":")[2].startswith(("Describe", "Get", "List", "Search", "Head"))
