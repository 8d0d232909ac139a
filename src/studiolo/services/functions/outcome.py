"""What an invocation came to, and how AWS words it. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from studiolo.run.protocol import MemberState

RETRIES = (60.0, 120.0)
"""Seconds before each further try of an invocation nobody waits for."""
MAX_TAIL = 4096


def failed(kind: str, message: str) -> dict[str, Any]:
    return {"FunctionError": "Unhandled", "Response": json.dumps({"errorType": kind, "errorMessage": message})}


def outcome(id: str, timeout: float, member: MemberState | None, left: Mapping[str, Any] | None) -> dict[str, Any]:
    """Response, with FunctionError where it failed. left: what the process left, None where it ended some other way."""
    if left is not None and "Response" in left:
        return {"Response": left["Response"]}
    if left is not None:
        return {"FunctionError": "Unhandled", "Response": json.dumps(left["Error"])}
    why = member.reason if member is not None else "lost"
    if why == "timeout":
        return failed("Sandbox.Timedout", f"RequestId: {id} Error: Task timed out after {timeout:.2f} seconds")
    if why == "out_of_memory":
        return failed("Runtime.OutOfMemory", f"RequestId: {id} Error: Runtime exited with error: signal: killed")
    if why in ("lost", "start_failed"):
        said = member.message if member is not None and member.message else "The machine stopped while it ran."
        return failed("Runtime.ExitError", f"RequestId: {id} Error: {said}")
    code = member.exit_code if member is not None else 1
    return failed("Runtime.ExitError", f"RequestId: {id} Error: Runtime exited with error: exit status {code}")


def tries_again(how: str, attempt: int, ended: Mapping[str, Any]) -> float | None:
    """Seconds until the next try, None where there is none."""
    if how != "Event" or "FunctionError" not in ended or attempt > len(RETRIES):
        return None
    return RETRIES[attempt - 1]
