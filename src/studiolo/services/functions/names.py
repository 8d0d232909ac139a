"""How functions and their invocations are called. Pure."""

import re

from studiolo.base.arn import Arn
from studiolo.base.errors import ApiError
from studiolo.base.record import Key, Record
from studiolo.store.protocol import Index

FUNCTION, INVOCATION = "Function", "FunctionInvocation"
WAITING, RUNNING, ENDED = "Waiting", "Running", "Ended"
LATEST = "$LATEST"
STEP_TAG = "studiolo:step"
"""Of an invocation by a step of a pipeline: <execution>/<step>. It is metered with it."""
_NAME = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:(?P<arn>\d{12}):function:|(?:(?P<account>\d{12}):)?(?:function:)?)"
    r"(?P<name>[A-Za-z0-9_-]{1,64})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?"
)


def invalid(message: str) -> ApiError:
    return ApiError(message, code="InvalidParameterValueException", status=400)


def function_arn(project: str, name: str) -> str:
    return str(Arn("lambda", project, f"function:{name}"))


def not_found(project: str, name: str) -> ApiError:
    message = f"Function not found: {function_arn(project, name)}"
    return ApiError(message, code="ResourceNotFoundException", status=404, members={"Type": "User"})


def function_key(project: str, given: str, qualifier: str | None = None) -> Key:
    """By name, partial or whole ARN. Raises ApiError where that names another account's, or a version: there are none."""
    match = _NAME.fullmatch(given)
    if match is None:
        raise invalid(f"{given!r} is neither a function's name nor its ARN.")
    account, name = match["arn"] or match["account"] or project, match["name"]
    version = match["qualifier"] or qualifier or LATEST
    if account != project or version != LATEST:
        raise not_found(account, name if version == LATEST else f"{name}:{version}")
    return Key(project, FUNCTION, name)


def invocation_key(project: str, function: str, id: str) -> Key:
    """Begins with the function's name, so that what runs of it is found by its handle."""
    return Key(project, INVOCATION, f"{function}@{id}")


def request_id(key: Key) -> str:
    return key.name.rpartition("@")[2]


def log_group(function: str) -> str:
    return f"/aws/lambda/{function}"


def index_invocation(record: Record) -> Index:
    return Index(str(record.status["State"]), {})
